import { useTranslation } from 'react-i18next';
import type { Phase } from '../api/call';
import { phaseLevel } from '../lib/phase';
import styles from './PhaseBadge.module.css';

export function PhaseBadge({ phase }: { phase: Phase }) {
  const { t } = useTranslation();
  return (
    <span className={styles.badge} data-level={phaseLevel(phase)} data-phase={phase}>
      <span className={styles.dot} aria-hidden />
      {t(`phase.${phase}`)}
    </span>
  );
}
