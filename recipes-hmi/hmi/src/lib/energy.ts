import type { Sessions } from '../api/call';

type Register = { digits: number; exponent: number };

/** Whole watt-hours of a meter's register, rounded down as the controller does it. */
function floorWh({ digits, exponent }: Register): number {
  return Math.floor(digits * 10 ** exponent);
}

/** Energy of the sessions that began on the day of `now`, in Wh. */
export function energyOfDay({ sessions }: Sessions, now: Date): number {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  return sessions
    .filter((session) => session.started.wall.ms >= midnight)
    .reduce(
      (sum, { meter_start, meter_last }) => sum + Math.max(0, floorWh(meter_last) - floorWh(meter_start)),
      0,
    );
}
