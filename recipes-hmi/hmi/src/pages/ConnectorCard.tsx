import { IconPlayerStopFilled, IconRefreshAlert } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { may, type Connector, type Fault, type Me } from '../api/call';
import { amps, degrees, kilowattHours, kilowatts, since, span, volts, type Quantity } from '../lib/format';
import { canStop, inUse, phaseLevel } from '../lib/phase';
import { useAge, useLink } from '../live/context';
import { ActionButton } from '../parts/ActionButton';
import { FaultNote } from '../parts/FaultNote';
import { Ladder } from '../parts/Ladder';
import { PhaseBadge } from '../parts/PhaseBadge';
import { Ring } from '../parts/Ring';
import { Value } from '../parts/Value';
import styles from './ConnectorCard.module.css';
import { Details } from './Details';

/** A reading older than this shows its age. */
const OLD_MS = 2_000;

type Props = { connector: Connector; faults: Fault[]; me: Me };

export function ConnectorCard({ connector, faults, me }: Props) {
  const { t, i18n } = useTranslation();
  const language = i18n.language;
  const age = useAge();
  const stale = useLink() !== 'live';
  const { id, phase, present, session, vehicle } = connector;
  // Nobody measures what is not in use.
  const measured = typeof present.at === 'number' && inUse(connector) ? age(present.at) : undefined;
  const operator = may(me.role, 'operator');
  const latched = faults.some((fault) => fault.latched) || phase === 'faulted';

  const readings: { key: string; name: string; value: Quantity }[] = [
    { key: 'voltage', name: t('connector.voltage'), value: volts(present.voltage, language) },
    { key: 'current', name: t('connector.current'), value: amps(present.current, language) },
    { key: 'energy', name: t('connector.energy'), value: kilowattHours(session?.energy_wh, language) },
    { key: 'temperature', name: t('connector.temperature'), value: degrees(connector.temperature, language) },
  ];

  return (
    <article
      className={`card ${styles.card}`}
      aria-labelledby={`connector-${id}`}
      data-connector={id}
      data-level={phaseLevel(phase)}
    >
      <header className={styles.head}>
        <div>
          <h2 id={`connector-${id}`} className={styles.name}>
            {t('connector.name', { id })}
          </h2>
          <p className={styles.sub}>
            {connector.evse_id} · {t('connector.chain', { id: connector.chain })}
          </p>
        </div>
        <div className={styles.phase}>
          <PhaseBadge phase={phase} />
          <p className={styles.sub}>
            {t('connector.since', { span: since(age(connector.since), language) })}
          </p>
        </div>
      </header>

      {faults.length > 0 && (
        <ul className={styles.faults}>
          {faults.map((fault) => (
            <FaultNote key={`${fault.code}-${fault.part ?? ''}`} fault={fault} />
          ))}
        </ul>
      )}

      <div className={styles.hero}>
        <Ring
          soc={vehicle?.soc ?? null}
          power={kilowatts(present.power, language)}
          label={t('connector.power')}
        />
        <dl className={styles.readings}>
          {readings.map(({ key, name, value }) => (
            <div key={key} data-testid={key}>
              <dt>{name}</dt>
              <dd>
                <Value of={value} />
              </dd>
            </div>
          ))}
        </dl>
      </div>
      {measured !== undefined && measured > OLD_MS && (
        <p className={styles.old}>{t('connector.old', { age: span(measured, language) })}</p>
      )}

      <div className={styles.actions}>
        <ActionButton
          path={`controller/v1/connectors/${id}/stop`}
          body={{ reason: 'local' }}
          fits={(state) => !state.connectors.some((other) => other.id === id && canStop(other.phase))}
          texts={{
            idle: t('action.stop'),
            confirm: t('action.stopConfirm'),
            pending: t('action.stopping'),
            done: (took) => t('action.stopped', { span: took }),
          }}
          disabled={stale || !operator || !canStop(phase)}
          icon={<IconPlayerStopFilled size={20} aria-hidden />}
          color="red.8"
        />
        <ActionButton
          path={`controller/v1/connectors/${id}/clear-fault`}
          fits={(state) =>
            !state.faults.some((fault) => fault.connector === id && fault.latched) &&
            !state.connectors.some((other) => other.id === id && other.phase === 'faulted')
          }
          texts={{
            idle: t('action.clear'),
            pending: t('action.clearing'),
            done: (took) => t('action.cleared', { span: took }),
          }}
          disabled={stale || !operator || !latched}
          icon={<IconRefreshAlert size={20} aria-hidden />}
          variant="default"
        />
      </div>
      {!operator && <p className={styles.sub}>{t('action.needs', { role: t('role.operator') })}</p>}
      <Ladder connector={connector} />
      <Details connector={connector} />
    </article>
  );
}
