import { useTranslation } from 'react-i18next';
import type { Fault } from '../api/call';
import { since } from '../lib/format';
import { useAge } from '../live/context';
import styles from './FaultNote.module.css';
import { Light } from './Light';

/** One active fault: what, where, since when, and what to do first. */
export function FaultNote({ fault }: { fault: Fault }) {
  const { t, i18n } = useTranslation();
  const age = useAge();
  const where = fault.connector ? t('connector.name', { id: fault.connector }) : t('faults.cabinet');
  const facts = [
    fault.part ? `${where} · ${fault.part}` : where,
    t('health.since', { span: since(age(fault.first), i18n.language) }),
    ...(fault.count > 1 ? [t('faults.count', { count: fault.count })] : []),
    ...(fault.latched ? [t('faults.latched')] : []),
  ];
  return (
    <li className={styles.note} data-level="bad">
      <Light level="bad" />
      <div className={styles.text}>
        <p className={styles.title}>{t(`fault.${fault.code}`)}</p>
        <p className={styles.facts}>{facts.join(' · ')}</p>
        {fault.detail !== '' && <p className={styles.detail}>{fault.detail}</p>}
        {fault.remedy !== '' && <p className={styles.detail}>{fault.remedy}</p>}
      </div>
    </li>
  );
}
