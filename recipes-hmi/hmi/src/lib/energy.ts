import type { RunningSession, Sessions } from '../api/call';

type Register = { digits: number; exponent: number };

/** Whole watt-hours of a meter's register, rounded down as the controller does it. */
function floorWh({ digits, exponent }: Register): number {
  return Math.floor(digits * 10 ** exponent);
}

/**
 * Energy of the sessions that began on the day of `now`, in Wh. The list is some seconds old: for the sessions that
 * run, `live` knows better.
 */
export function energyOfDay({ sessions }: Sessions, live: RunningSession[], now: Date): number {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const energy = new Map<string, number>();
  for (const { id, started, meter_start: start, meter_last: last } of sessions)
    if (started.wall.ms >= midnight) energy.set(id, Math.max(0, floorWh(last) - floorWh(start)));
  for (const { id, started_wall: started, energy_wh: wh } of live)
    if (started.ms >= midnight) energy.set(id, Math.max(wh, energy.get(id) ?? 0));
  return [...energy.values()].reduce((sum, wh) => sum + wh, 0);
}
