import { HISTORY_MS, type Sample } from '../live/stream';
import styles from './Sparkline.module.css';

const WIDTH = 300;
const HEIGHT = 56;

/** The shape of the last minutes. The numbers stand beside it: this is for the eye only. */
export function Sparkline({ samples, top }: { samples: Sample[]; top: number }) {
  const end = samples.at(-1)?.at ?? 0;
  const x = (at: number) => WIDTH - ((end - at) / HISTORY_MS) * WIDTH;
  const y = (watts: number) => HEIGHT - 2 - (Math.max(0, watts) / Math.max(1, top)) * (HEIGHT - 4);
  const line = samples.map(({ at, watts }) => `${x(at).toFixed(1)},${y(watts).toFixed(1)}`).join(' ');
  const first = x(samples[0]?.at ?? end);
  return (
    <svg className={styles.picture} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden>
      <line x1="0" x2={WIDTH} y1={HEIGHT - 1} y2={HEIGHT - 1} className={styles.base} />
      {samples.length > 1 && (
        <>
          <polygon
            points={`${first.toFixed(1)},${HEIGHT} ${line} ${WIDTH},${HEIGHT}`}
            className={styles.area}
          />
          <polyline points={line} className={styles.line} />
        </>
      )}
    </svg>
  );
}
