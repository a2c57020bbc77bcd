import { useTranslation } from 'react-i18next';
import { percent, text, type Quantity } from '../lib/format';
import { Value } from './Value';
import styles from './Ring.module.css';

const RADIUS = 54;
const ROUND = 2 * Math.PI * RADIUS;

/** The car's battery as a ring around the power that goes into it. */
export function Ring({ soc, power, label }: { soc: number | null; power: Quantity; label: string }) {
  const { t, i18n } = useTranslation();
  const told =
    soc === null ? t('connector.socUnknown') : `${t('connector.soc')}: ${text(percent(soc, i18n.language))}`;
  return (
    <div className={styles.ring}>
      <svg viewBox="0 0 128 128" role="img" aria-label={told}>
        <circle cx="64" cy="64" r={RADIUS} className={styles.track} />
        {soc !== null && (
          <circle
            cx="64"
            cy="64"
            r={RADIUS}
            className={styles.fill}
            strokeDasharray={`${(Math.min(100, Math.max(0, soc)) / 100) * ROUND} ${ROUND}`}
          />
        )}
      </svg>
      <div className={styles.middle}>
        <span className={styles.power} data-testid="power">
          <Value of={power} />
        </span>
        <span className={styles.label}>{soc === null ? label : text(percent(soc, i18n.language))}</span>
      </div>
    </div>
  );
}
