import type { Connector, Phase } from '../api/call';

export type PhaseLevel = 'ok' | 'active' | 'warn' | 'bad' | 'unknown';

/** The colour of a phase. */
export function phaseLevel(phase: Phase): PhaseLevel {
  switch (phase) {
    case 'available':
      return 'ok';
    case 'matching':
    case 'authorising':
    case 'preparing':
    case 'cable_check':
    case 'pre_charge':
    case 'charging':
      return 'active';
    case 'stopping':
    case 'welding_check':
    case 'finishing':
      return 'warn';
    case 'faulted':
      return 'bad';
    case 'unavailable':
      return 'unknown';
  }
}

/** Whether there is a charge to stop. */
export function canStop(phase: Phase): boolean {
  return ['authorising', 'preparing', 'cable_check', 'pre_charge', 'charging'].includes(phase);
}

/** Whether somebody is plugged in or being served. */
export function inUse(connector: Connector): boolean {
  return !['available', 'faulted', 'unavailable'].includes(connector.phase);
}
