/** The one place where the wire's shapes and the model's meet. */
import type * as wire from './generated/idl/health.js';
import { Status as WireStatus } from './generated/idl/health.js';
import type { Peer as WirePeer } from './generated/idl/service.js';
import type { Inference, Metric, Observation, Panorama, Peer, Report, Timestamp, View } from './model.js';
import { HviewError } from '../runtime/errors.js';
import { Status, statusName } from './model.js';

/** A number from the wire as a status; what this version does not know counts as INVALID. */
export function statusFromWire(status: number): Status {
  return status >= Status.INVALID && status <= Status.DEAD ? (status as Status) : Status.INVALID;
}

function metricsFromWire(metrics: { readonly [name: string]: wire.Metric }): Metric[] {
  // In a plain object the key `__proto__` is no entry: it would vanish without a word.
  if (Object.getPrototypeOf(metrics) !== Object.prototype) {
    throw new HviewError('REQUEST_INVALID', 'a metric is named __proto__');
  }
  // The map's key is the name; the copy inside the metric is for the reader's convenience and may be empty.
  return Object.entries(metrics).map(([name, metric]) => ({
    name,
    status: statusFromWire(metric.value?.status ?? Status.INVALID),
    score: metric.value?.score ?? 0,
  }));
}

/** Null when the message has no time: without one an observation cannot be placed. */
export function observationFromWire(message: wire.Observation | undefined): Observation | null {
  if (message?.ts === undefined) return null;
  return { time: message.ts, metrics: metricsFromWire(message.metrics) };
}

export function observationToWire(observation: Observation): wire.Observation {
  const metrics: Record<string, wire.Metric> = {};
  for (const { name, status, score } of observation.metrics)
    metrics[name] = { name, value: { status: WireStatus[statusName(status)], score } };
  return { ts: timestampToWire(observation.time), metrics };
}

export function timestampToWire(time: Timestamp): { seconds: number; nanos: number } {
  return { seconds: time.seconds, nanos: time.nanos };
}

/** A report as it came in, before anyone has checked it: the observation may be missing. */
export interface UncheckedReport {
  readonly observer: string;
  readonly subject: string;
  readonly observation: Observation | null;
}

export function reportFromWire(message: wire.Report): UncheckedReport {
  return {
    observer: message.observer,
    subject: message.subject,
    observation: observationFromWire(message.observation),
  };
}

export function reportToWire(report: Report): wire.Report {
  return {
    observer: report.observer,
    subject: report.subject,
    observation: observationToWire(report.observation),
  };
}

export function viewFromWire(message: wire.View): View {
  const observations = message.observations.map(observationFromWire);
  return {
    observer: message.observer,
    subject: message.subject,
    observations: observations.filter((observation) => observation !== null),
  };
}

export function viewToWire(view: View): wire.View {
  return {
    observer: view.observer,
    subject: view.subject,
    observations: view.observations.map(observationToWire),
  };
}

export function panoramaFromWire(message: wire.Panorama): Panorama {
  const views = Object.entries(message.views).map(
    ([observer, view]) => [observer, viewFromWire(view)] as const,
  );
  return { subject: message.subject, views: new Map(views) };
}

export function panoramaToWire(panorama: Panorama): wire.Panorama {
  const views: Record<string, wire.View> = {};
  for (const [observer, view] of panorama.views) views[observer] = viewToWire(view);
  return { subject: panorama.subject, views };
}

export function inferenceFromWire(message: wire.Inference): Inference {
  return {
    subject: message.subject,
    observers: message.observers,
    observation: observationFromWire(message.observation) ?? { time: { seconds: 0, nanos: 0 }, metrics: [] },
  };
}

export function inferenceToWire(inference: Inference): wire.Inference {
  return {
    subject: inference.subject,
    observers: [...inference.observers],
    observation: observationToWire(inference.observation),
  };
}

export function peerFromWire(message: WirePeer | undefined): Peer {
  return { id: message?.id ?? '', address: message?.addr ?? '' };
}

export function peerToWire(peer: Peer): WirePeer {
  return { id: peer.id, addr: peer.address };
}

/** A wire map as a Map, each value converted. */
export function mapFromWire<From, To>(
  entries: { readonly [key: string]: From },
  convert: (value: From) => To,
): ReadonlyMap<string, To> {
  return new Map(Object.entries(entries).map(([key, value]) => [key, convert(value)] as const));
}

/** The reverse of mapFromWire. */
export function mapToWire<From, To>(
  entries: ReadonlyMap<string, From>,
  convert: (value: From) => To,
): { [key: string]: To } {
  const result: Record<string, To> = {};
  for (const [key, value] of entries) result[key] = convert(value);
  return result;
}
