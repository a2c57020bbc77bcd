import { useTranslation } from 'react-i18next';
import type { Connector } from '../api/call';
import { kilowatts } from '../lib/format';
import { Value } from './Value';
import styles from './Ladder.module.css';

const STEPS = ['requested', 'offered', 'allowed', 'assigned'] as const;

/** From what the car asks for to what the modules were told, with what was measured as a mark across all. */
export function Ladder({ connector }: { connector: Connector }) {
  const { t, i18n } = useTranslation();
  const { allocation, present } = connector;
  const top = Math.max(1, present.power, ...STEPS.map((step) => allocation[step]));
  const share = (watts: number) => `${(Math.max(0, watts) / top) * 100}%`;
  const bound = allocation.bound_by;
  return (
    <section className={styles.ladder} aria-label={t('ladder.title')}>
      <dl className={styles.steps}>
        {STEPS.map((step) => (
          <div key={step} className={styles.step} data-step={step}>
            <dt>{t(`ladder.${step}`)}</dt>
            <dd className={styles.track} aria-hidden>
              <span className={styles.bar} style={{ width: share(allocation[step]) }} />
              <span
                className={styles.mark}
                style={{ insetInlineStart: `min(${share(present.power)}, calc(100% - 2px))` }}
              />
            </dd>
            <dd className={styles.value}>
              <Value of={kilowatts(allocation[step], i18n.language)} />
            </dd>
          </div>
        ))}
      </dl>
      <p className={styles.bound}>
        {bound ? t('ladder.boundBy', { what: t(`constraint.${bound}`) }) : t('ladder.unbound')}
        <span className={styles.legend}>
          <span className={styles.key} aria-hidden />
          {t('ladder.measured')}
        </span>
      </p>
    </section>
  );
}
