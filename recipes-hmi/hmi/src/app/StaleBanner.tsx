import { IconPlugConnectedX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { span } from '../lib/format';
import { useLink, useSilence } from '../live/context';
import styles from './StaleBanner.module.css';

/** Says that what is shown is old. Nothing on this page may look live when it is not. */
export function StaleBanner() {
  const { t, i18n } = useTranslation();
  const lost = useLink() === 'stale';
  const silence = useSilence();
  return (
    <div role="alert" className={lost ? styles.banner : undefined}>
      {lost && (
        <>
          <IconPlugConnectedX size={22} aria-hidden />
          <span>
            {silence === undefined
              ? t('stale.lostFirst')
              : t('stale.lost', { age: span(silence, i18n.language) })}
          </span>
        </>
      )}
    </div>
  );
}
