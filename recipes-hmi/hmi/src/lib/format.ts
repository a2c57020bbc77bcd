/** A number as it is shown, with its unit apart, so that both can be set in their own size. */
export type Quantity = { number: string; unit: string };

export const NOTHING = '–';

/** Digits are European ones in every language: they stand beside units on a small screen. */
export function decimal(value: number, digits: number, language: string): string {
  return new Intl.NumberFormat(language, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    numberingSystem: 'latn',
  }).format(value);
}

function quantity(
  value: number | null | undefined,
  scale: number,
  digits: number,
  unit: string,
  language: string,
): Quantity {
  if (value === null || value === undefined) return { number: NOTHING, unit };
  // No minus before a zero.
  const scaled = value / scale;
  const rounded = Math.abs(scaled) < 0.5 * 10 ** -digits ? 0 : scaled;
  return { number: decimal(rounded, digits, language), unit };
}

type Maybe = number | null | undefined;

export const volts = (mv: Maybe, language: string) => quantity(mv, 1e3, 1, 'V', language);
export const amps = (ma: Maybe, language: string) => quantity(ma, 1e3, 1, 'A', language);
export const kilowatts = (w: Maybe, language: string) => quantity(w, 1e3, 1, 'kW', language);
export const degrees = (tenths: Maybe, language: string) => quantity(tenths, 10, 0, '°C', language);
export const percent = (value: Maybe, language: string) => quantity(value, 1, 0, '%', language);

/** Small charges show watt-hours in the third decimal, large ones do not. */
export function kilowattHours(wh: Maybe, language: string): Quantity {
  return quantity(wh, 1e3, (wh ?? 0) < 10_000 ? 3 : 1, 'kWh', language);
}

export function text({ number, unit }: Quantity): string {
  return `${number} ${unit}`;
}

type Part = [value: number, unit: 'day' | 'hour' | 'minute' | 'second'];

/** The one or two largest units of a time span. */
function units(ms: number): Part[] {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600),
    Math.floor(seconds / 60),
  ];
  if (days > 0)
    return [
      [days, 'day'],
      [hours % 24, 'hour'],
    ];
  if (hours > 0)
    return [
      [hours, 'hour'],
      [minutes % 60, 'minute'],
    ];
  if (minutes > 0)
    return [
      [minutes, 'minute'],
      [seconds % 60, 'second'],
    ];
  return [[seconds, 'second']];
}

function unit([value, name]: Part, language: string): string {
  const options = { style: 'unit', unit: name, unitDisplay: 'short', numberingSystem: 'latn' } as const;
  return new Intl.NumberFormat(language, options).format(value);
}

/** A time span in its one or two largest units. */
export function span(ms: number, language: string): string {
  return units(ms)
    .map((part) => unit(part, language))
    .join(' ');
}

/** How long something has been so: only the largest unit, which does not flicker. */
export function since(ms: number, language: string): string {
  const [largest] = units(ms);
  return largest === undefined ? '' : unit(largest, language);
}

/** How long something took, with a decimal for what is short. */
export function took(ms: number, language: string): string {
  return text({ number: decimal(ms / 1_000, 1, language), unit: 's' });
}

export function timeOfDay(ms: number, language: string): string {
  return new Intl.DateTimeFormat(language, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    numberingSystem: 'latn',
  }).format(ms);
}

/** Enough of a card's number to recognise one's own. */
export function masked(tag: string): string {
  return tag.length <= 4 ? tag : `•••• ${tag.slice(-4)}`;
}
