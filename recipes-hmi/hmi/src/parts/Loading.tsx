import { Loader } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import styles from './Loading.module.css';

export function Loading() {
  const { t } = useTranslation();
  return (
    <div className={styles.loading} role="status">
      <Loader type="dots" />
      <span className="sr">{t('stale.connecting')}</span>
    </div>
  );
}
