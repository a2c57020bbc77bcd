import type { Quantity } from '../lib/format';

/** A number with its unit. */
export function Value({ of, size }: { of: Quantity; size?: string | undefined }) {
  return (
    <span className="number" style={size === undefined ? undefined : { fontSize: size }}>
      {of.number}
      <span className="unit">{of.unit}</span>
    </span>
  );
}
