import { useTranslation } from 'react-i18next';
import styles from './Logo.module.css';

export function Logo() {
  const { t } = useTranslation();
  return (
    <span className={styles.logo}>
      <svg viewBox="0 0 32 32" width="32" height="32" aria-hidden>
        <rect width="32" height="32" rx="9" fill="#087a57" />
        <path d="M18.4 5.5 8.6 17.6h6.1l-1.6 8.9 10-12.6h-6.3z" fill="#fff" />
      </svg>
      <span className={styles.name}>{t('app.name')}</span>
    </span>
  );
}
