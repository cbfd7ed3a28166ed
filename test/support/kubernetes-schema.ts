/**
 * The parts of the Kubernetes API that the sample manifests use, as JSON schemas: a field that is not named
 * here is refused, as a misspelt one would be ignored by a cluster.
 */
interface Schema {
  readonly [keyword: string]: unknown;
}

const text: Schema = { type: 'string', minLength: 1 };
const count: Schema = { type: 'integer', minimum: 0 };
const flag: Schema = { type: 'boolean' };
const port: Schema = { type: 'integer', minimum: 1, maximum: 65_535 };
const name: Schema = { type: 'string', pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$', maxLength: 63 };
const portName: Schema = { type: 'string', pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$', maxLength: 15 };
const texts: Schema = { type: 'object', additionalProperties: { type: 'string' }, minProperties: 1 };
const quantity: Schema = { type: 'string', pattern: '^[0-9]+(m|Mi|Gi)?$' };

const oneOf = (...values: (string | number)[]): Schema => ({ enum: values });
const list = (items: Schema): Schema => ({ type: 'array', items, minItems: 1 });

/** An object; a field whose name ends in `!` is required. */
function fields(shape: Readonly<Record<string, Schema>>): Schema {
  const entries = Object.entries(shape);
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(entries.map(([key, schema]) => [key.replace('!', ''), schema])),
    required: entries.filter(([key]) => key.endsWith('!')).map(([key]) => key.slice(0, -1)),
  };
}

const metadata = fields({ 'name!': name, labels: texts });
const selector = fields({ 'matchLabels!': texts });
const quantities = fields({ cpu: quantity, memory: quantity, storage: quantity });

const probe = fields({
  'httpGet!': fields({ 'path!': text, 'port!': { anyOf: [port, portName] }, scheme: oneOf('HTTP', 'HTTPS') }),
  periodSeconds: count,
  timeoutSeconds: count,
  failureThreshold: count,
});

const container = fields({
  'name!': name,
  'image!': { type: 'string', pattern: '^[a-z0-9./-]+:[\\w.-]+$' },
  command: list(text),
  args: list(text),
  env: list(
    fields({
      'name!': text,
      value: text,
      valueFrom: fields({ 'fieldRef!': fields({ 'fieldPath!': oneOf('metadata.name', 'status.podIP') }) }),
    }),
  ),
  ports: list(fields({ 'name!': portName, 'containerPort!': port })),
  startupProbe: probe,
  readinessProbe: probe,
  livenessProbe: probe,
  'resources!': fields({ 'requests!': quantities, 'limits!': quantities }),
  'securityContext!': fields({
    allowPrivilegeEscalation: flag,
    readOnlyRootFilesystem: flag,
    capabilities: fields({ 'drop!': list(text) }),
  }),
  volumeMounts: list(fields({ 'name!': name, 'mountPath!': text, subPath: text, readOnly: flag })),
});

const podSpec = fields({
  automountServiceAccountToken: flag,
  terminationGracePeriodSeconds: count,
  topologySpreadConstraints: list(
    fields({
      'maxSkew!': count,
      'topologyKey!': text,
      'whenUnsatisfiable!': oneOf('ScheduleAnyway', 'DoNotSchedule'),
      labelSelector: selector,
    }),
  ),
  securityContext: fields({
    runAsNonRoot: flag,
    runAsUser: count,
    runAsGroup: count,
    fsGroup: count,
    fsGroupChangePolicy: oneOf('OnRootMismatch', 'Always'),
    seccompProfile: fields({ 'type!': oneOf('RuntimeDefault') }),
  }),
  'containers!': list(container),
  volumes: list(
    fields({
      'name!': name,
      configMap: fields({ 'name!': name }),
      secret: fields({ 'secretName!': name, defaultMode: count }),
      emptyDir: fields({ sizeLimit: quantity }),
    }),
  ),
});

const claim = fields({
  'metadata!': metadata,
  'spec!': fields({
    'accessModes!': list(oneOf('ReadWriteOnce')),
    'resources!': fields({ 'requests!': quantities }),
  }),
});

/** A manifest's schema, by its `apiVersion kind`. */
export const KUBERNETES_SCHEMAS: ReadonlyMap<string, Schema> = new Map(
  Object.entries({
    'v1 ConfigMap': { 'data!': texts },
    'v1 Service': {
      'spec!': fields({
        clusterIP: oneOf('None'),
        publishNotReadyAddresses: flag,
        'selector!': texts,
        'ports!': list(fields({ 'name!': portName, 'port!': port, targetPort: { anyOf: [port, portName] } })),
      }),
    },
    'policy/v1 PodDisruptionBudget': {
      'spec!': fields({ maxUnavailable: count, minAvailable: count, 'selector!': selector }),
    },
    'apps/v1 StatefulSet': {
      'spec!': fields({
        'serviceName!': name,
        replicas: count,
        podManagementPolicy: oneOf('Parallel', 'OrderedReady'),
        'selector!': selector,
        'template!': fields({ 'metadata!': fields({ 'labels!': texts }), 'spec!': podSpec }),
        volumeClaimTemplates: list(claim),
      }),
    },
  }).map(([key, rest]) => [
    key,
    fields({
      'apiVersion!': text,
      'kind!': text,
      'metadata!': metadata,
      ...(rest as Record<string, Schema>),
    }),
  ]),
);
