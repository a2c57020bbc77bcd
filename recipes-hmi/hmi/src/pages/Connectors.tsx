import { useTranslation } from 'react-i18next';
import type { Me } from '../api/call';
import { useControllerState } from '../live/context';
import { Loading } from '../parts/Loading';
import { ConnectorCard } from './ConnectorCard';
import styles from './Connectors.module.css';

/** HMI-2: every connector live. */
export function Connectors({ me }: { me: Me }) {
  const { t } = useTranslation();
  const state = useControllerState();
  if (state === undefined) return <Loading />;
  return (
    <>
      <h1 className="sr">{t('connector.list')}</h1>
      {state.connectors.length === 0 && <p className="muted">{t('connector.none')}</p>}
      <div className={styles.grid}>
        {state.connectors.map((connector) => (
          <ConnectorCard
            key={connector.id}
            connector={connector}
            faults={state.faults.filter((fault) => fault.connector === connector.id)}
            me={me}
          />
        ))}
      </div>
    </>
  );
}
