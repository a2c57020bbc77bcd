import type { TFunction } from 'i18next';
import type { Chain, ControllerState, OcppState, SystemState } from '../api/call';
import type { Link } from '../live/stream';

export type Level = 'ok' | 'warn' | 'bad' | 'unknown';

/** One traffic light: how something is, why, and since when. */
export type Health = {
  level: Level;
  /** Why it is not healthy; empty if it is. */
  reason: string;
  /** For how long, in ms; undefined if that is not known. */
  lasting?: number | undefined;
};

/** What a query against a daemon came to. */
export type Asked<T> = { data?: T | undefined; error?: Error | null | undefined };

/** Less than this share left is too little. */
const SCARCE = 0.05;

type Age = (mono: number) => number;

/** Whether the live data still come, and for how long they have not. */
export type Stream = { link: Link; silence: number | undefined };

export function controllerHealth(
  state: ControllerState | undefined,
  { link, silence }: Stream,
  age: Age,
  t: TFunction,
): Health {
  if (link === 'stale') return { level: 'bad', reason: t('health.reason.noData'), lasting: silence };
  if (state === undefined) return { level: 'unknown', reason: t('health.reason.waiting') };
  const { mcu, modules, faults } = state;
  if (mcu.emergency_stop) {
    const fault = faults.find(({ code }) => code === 'emergency_stop');
    return {
      level: 'bad',
      reason: t('health.reason.emergencyStop'),
      lasting: fault === undefined ? undefined : age(fault.first),
    };
  }
  if (!mcu.link.up)
    return { level: 'bad', reason: t('health.reason.mcuSilent'), lasting: age(mcu.link.since) };
  const silent = modules.filter((module) => !module.link.up);
  if (silent.length > 0) {
    return {
      level: silent.length === modules.length ? 'bad' : 'warn',
      reason: t('health.reason.modulesSilent', { count: silent.length }),
      lasting: Math.max(...silent.map((module) => age(module.link.since))),
    };
  }
  if (faults.length > 0) {
    return {
      level: 'warn',
      reason: t('health.reason.faults', { count: faults.length }),
      lasting: Math.max(...faults.map((fault) => age(fault.first))),
    };
  }
  return { level: 'ok', reason: '', lasting: age(mcu.link.since) };
}

const WORST: Chain['health'][number]['health'][] = ['faulty', 'degraded', 'unknown', 'healthy'];
const LEVEL = { faulty: 'bad', degraded: 'warn', unknown: 'unknown', healthy: 'ok' } as const;

/** A chain is as well as the worst of its connectors' power lines. */
export function chainHealth(chain: Chain, age: Age, t: TFunction): Health {
  if (!chain.link.up)
    return { level: 'bad', reason: t('health.reason.chainDown'), lasting: age(chain.link.since) };
  for (const health of WORST) {
    const found = chain.health.find((connector) => connector.health === health);
    if (found === undefined) continue;
    const where = chain.health.length > 1 && found.reason !== '';
    return {
      level: LEVEL[health],
      reason: where ? `${t('connector.name', { id: found.connector })}: ${found.reason}` : found.reason,
      lasting: age(health === 'healthy' ? chain.link.since : found.since),
    };
  }
  return { level: 'unknown', reason: t('health.reason.chainQuiet'), lasting: age(chain.link.since) };
}

/** `now` is the charger's wall clock in ms, not the browser's. */
export function csmsHealth({ data, error }: Asked<OcppState>, now: number | undefined, t: TFunction): Health {
  if (error) return { level: 'bad', reason: error.message };
  if (data === undefined) return { level: 'unknown', reason: t('health.reason.waiting') };
  const { connection, boot, queue, last_error: trouble } = data;
  const lasting = now === undefined ? undefined : Math.max(0, now - connection.since.ms);
  const because = (text: string) => (trouble ? `${text}: ${trouble.message}` : text);
  switch (connection.status) {
    case 'off':
      return { level: 'unknown', reason: t('health.reason.csmsOff') };
    case 'refused':
      return { level: 'bad', reason: because(t('health.reason.csmsRefused')), lasting };
    case 'waiting':
      return { level: 'bad', reason: because(t('health.reason.csmsWaiting')), lasting };
    case 'connecting':
      return { level: 'warn', reason: t('health.reason.csmsConnecting'), lasting };
    case 'connected':
      break;
  }
  switch (boot) {
    case 'unanswered':
      return { level: 'warn', reason: t('health.reason.csmsUnanswered'), lasting };
    case 'pending':
      return { level: 'warn', reason: t('health.reason.csmsPending'), lasting };
    case 'rejected':
      return { level: 'bad', reason: t('health.reason.csmsRejected'), lasting };
    case 'accepted':
      break;
  }
  // A few are always under way.
  if (queue.depth > 10)
    return { level: 'warn', reason: t('health.reason.csmsQueue', { count: queue.depth }), lasting };
  return { level: 'ok', reason: '', lasting };
}

export function systemHealth({ data, error }: Asked<SystemState>, t: TFunction): Health {
  if (error) return { level: 'bad', reason: error.message };
  if (data === undefined) return { level: 'unknown', reason: t('health.reason.waiting') };
  const { network, wall, memory, disk, uptime_s: uptime } = data;
  const lasting = uptime * 1_000;
  if (network.every(({ link }) => link === 'down'))
    return { level: 'bad', reason: t('health.reason.networkDown') };
  if (wall.quality === 'unset') return { level: 'warn', reason: t('health.reason.clockUnset'), lasting };
  if (memory && memory.available_kib < memory.total_kib * SCARCE)
    return { level: 'warn', reason: t('health.reason.memoryLow') };
  if (disk && disk.free_kib < disk.total_kib * SCARCE)
    return { level: 'warn', reason: t('health.reason.diskLow') };
  const up = network.find(({ link, addresses }) => link !== 'down' && addresses.length > 0);
  return { level: 'ok', reason: up === undefined ? '' : `${up.name} ${up.addresses[0] ?? ''}`, lasting };
}
