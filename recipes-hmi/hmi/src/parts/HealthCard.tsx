import { useTranslation } from 'react-i18next';
import { since } from '../lib/format';
import type { Health } from '../lib/health';
import { Light } from './Light';
import styles from './HealthCard.module.css';

export function HealthCard({ title, health }: { title: string; health: Health }) {
  const { t, i18n } = useTranslation();
  return (
    <li className={`card ${styles.card}`} data-level={health.level}>
      <Light level={health.level} />
      <div className={styles.text}>
        <h3 className="cardTitle">{title}</h3>
        <p className={styles.word}>
          <span>{t(`health.word.${health.level}`)}</span>
          {health.lasting !== undefined && (
            <span className={styles.since}>
              {t('health.since', { span: since(health.lasting, i18n.language) })}
            </span>
          )}
        </p>
        {health.reason !== '' && <p className={styles.reason}>{health.reason}</p>}
      </div>
    </li>
  );
}
