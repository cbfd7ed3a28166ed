import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Ajv } from 'ajv';
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { loadAgentConfig } from '../../agent/sources/agent-config.js';
import { packageFile, packageVersion } from '../../runtime/package-root.js';
import { loadConfig } from '../../server/config.js';
import { KUBERNETES_SCHEMAS } from '../support/kubernetes-schema.js';
import { endCommands, runCommandLine } from '../support/spawn-command.js';
import type { CommandName } from '../support/spawn-command.js';

// Programs start slowly on a busy machine.
jest.setTimeout(30_000);

afterEach(endCommands);

type Labels = Readonly<Record<string, string>>;

interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly securityContext: {
    readonly allowPrivilegeEscalation: boolean;
    readonly readOnlyRootFilesystem?: boolean;
    readonly capabilities: { readonly drop: readonly string[] };
  };
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly subPath?: string }[];
}

interface Probe {
  readonly httpGet: { readonly port: string };
}

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Labels };
  readonly data: Labels;
  readonly spec: {
    readonly serviceName: string;
    readonly replicas: number;
    readonly selector: Labels & { readonly matchLabels: Labels };
    readonly ports: readonly { readonly name: string; readonly targetPort?: string }[];
    readonly template: {
      readonly metadata: { readonly labels: Labels };
      readonly spec: {
        readonly securityContext: Readonly<Record<string, unknown>>;
        readonly containers: readonly Container[];
        readonly volumes: readonly { readonly name: string; readonly configMap?: { readonly name: string } }[];
      };
    };
    readonly volumeClaimTemplates: readonly { readonly metadata: { readonly name: string } }[];
  };
}

const PROGRAM = /^hview-(?:server|logtail)$/;
const ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false });

describe.each(['aggregator.yaml', 'sidecar.yaml'])('the manifests in %s', (file) => {
  const documents = parseAllDocuments(
    readFileSync(packageFile('samples', 'deploy', 'kubernetes', file), 'utf8'),
  );
  const manifests = documents.map((document) => document.toJS() as Manifest);
  const ofKind = (kind: string): Manifest[] => manifests.filter((manifest) => manifest.kind === kind);
  const sets = ofKind('StatefulSet');
  const containersOf = ({ spec }: Manifest): readonly Container[] => spec.template.spec.containers;

  it('are YAML without errors or warnings', () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
    expect(sets).toHaveLength(1);
  });

  it.each(manifests)('have only fields that there are: $kind $metadata.name', (manifest) => {
    const schema = KUBERNETES_SCHEMAS.get(`${manifest.apiVersion} ${manifest.kind}`);
    const validate = ajv.compile(schema ?? false);
    validate(manifest);
    expect((validate.errors ?? []).map(({ instancePath, message, params }) => ({ instancePath, message, params }))).toEqual([]);
  });

  it('name each other rightly: labels, ports, services', () => {
    for (const { metadata, spec } of sets) {
      const { labels } = spec.template.metadata;
      expect(labels).toMatchObject(spec.selector.matchLabels);
      expect(ofKind('Service').map((service) => service.metadata.name)).toContain(spec.serviceName);
      for (const service of ofKind('Service')) {
        expect(labels).toMatchObject(service.spec.selector);
        const open = containersOf({ spec } as Manifest).flatMap(({ ports = [] }) => ports.map((port) => port.name));
        for (const { name, targetPort = name } of service.spec.ports) expect(open).toContain(targetPort);
      }
      for (const budget of ofKind('PodDisruptionBudget')) {
        expect(labels).toMatchObject(budget.spec.selector.matchLabels);
      }
      expect(metadata.name).not.toBe('');
    }
  });

  it('mount what there is, and probe ports that are open', () => {
    for (const set of sets) {
      const { volumes } = set.spec.template.spec;
      const claims = set.spec.volumeClaimTemplates.map(({ metadata }) => metadata.name);
      const mounted = new Set<string>();
      for (const { ports = [], volumeMounts, ...container } of containersOf(set)) {
        for (const { name, subPath } of volumeMounts) {
          mounted.add(name);
          const volume = volumes.find((candidate) => candidate.name === name);
          expect(volume !== undefined || claims.includes(name)).toBe(true);
          if (subPath === undefined) continue;
          const source = ofKind('ConfigMap').find(({ metadata }) => metadata.name === volume?.configMap?.name);
          expect(Object.keys(source?.data ?? {})).toContain(subPath);
        }
        for (const probe of [container.startupProbe, container.readinessProbe, container.livenessProbe]) {
          if (probe !== undefined) expect(ports.map(({ name }) => name)).toContain(probe.httpGet.port);
        }
      }
      expect([...mounted].sort()).toEqual([...volumes.map(({ name }) => name), ...claims].sort());
    }
  });

  it('may run where only restricted pods may', () => {
    for (const set of sets) {
      expect(set.spec.template.spec.securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      for (const { securityContext } of containersOf(set)) {
        expect(securityContext).toMatchObject({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } });
      }
    }
  });

  it('run hview in its present version, with flags that it has, on a file system that it cannot write', async () => {
    const ours = sets.flatMap(containersOf).filter(({ name }) => PROGRAM.test(name));
    expect(ours).toHaveLength(1);
    for (const { image, args, securityContext } of ours) {
      expect(image).toBe(`hview:${packageVersion()}`);
      expect(securityContext.readOnlyRootFilesystem).toBe(true);
      const [program, ...words] = args;
      const { stdout } = await runCommandLine(program as CommandName, ['--help']);
      for (const word of words.filter((candidate) => candidate.startsWith('-'))) {
        expect(stdout).toContain(`\n  ${word.split('=')[0] ?? ''} `);
      }
    }
  });

  it('hold configurations that can be used', () => {
    const [set] = sets;
    for (const { data } of ofKind('ConfigMap')) {
      const { 'server.json': server, 'agent.json': agent } = data;
      if (server !== undefined) {
        for (let index = 0; index < (set?.spec.replicas ?? 0); index += 1) {
          const id = `${set?.metadata.name ?? ''}-${index}`;
          const config = loadConfig(server, 'server.json', id);
          expect(config).toMatchObject({ id, listen: '0.0.0.0:6688', databaseFile: '/var/lib/hview/hview.db' });
          expect(config.address).toMatch(new RegExp(`^${id}\\.${set?.spec.serviceName ?? ''}\\.`));
          expect(config.security.cert).toBe('/etc/hview/tls/tls.crt');
        }
      }
      if (agent !== undefined) expect(loadAgentConfig(agent, '/etc/hview/agent.json').warnings).toEqual([]);
      expect(server ?? agent).toBeDefined();
    }
  });
});
