import { IconShieldCheck, IconShieldQuestion } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Connector } from '../api/call';
import { amps, kilowatts, masked, NOTHING, span, text, timeOfDay, volts } from '../lib/format';
import { useAge } from '../live/context';
import { Facts, type Fact } from '../parts/Facts';
import styles from './Details.module.css';

/** Session, vehicle and safety of one connector. */
export function Details({ connector }: { connector: Connector }) {
  return (
    <div className={styles.groups}>
      <SessionFacts connector={connector} />
      <VehicleFacts connector={connector} />
      <SafetyFacts connector={connector} />
    </div>
  );
}

function SessionFacts({ connector }: { connector: Connector }) {
  const { t, i18n } = useTranslation();
  const age = useAge();
  const { session, authorisation, last_stop: lastStop } = connector;
  const who = () => {
    const word = t(`authorisation.${authorisation.state}`);
    if (authorisation.state === 'none') return word;
    const tag = masked(authorisation.id_tag);
    if (authorisation.state === 'refused')
      return `${word}: ${t(`verdict.${authorisation.verdict}`)} · ${tag}`;
    return `${word} · ${tag}`;
  };
  const facts: Fact[] = [{ name: t('connector.authorisation'), value: who() }];
  if (session) {
    facts.push(
      { name: t('connector.id'), value: session.id.slice(0, 8) },
      { name: t('connector.started'), value: timeOfDay(session.started_wall.ms, i18n.language) },
      { name: t('connector.duration'), value: span(age(session.started), i18n.language) },
    );
  } else {
    facts.push({ name: t('connector.session'), value: t('connector.noSession') });
    if (lastStop) facts.push({ name: t('connector.lastStop'), value: t(`stopReason.${lastStop}`) });
  }
  return <Facts title={t('connector.session')} facts={facts} />;
}

function VehicleFacts({ connector: { vehicle } }: { connector: Connector }) {
  const { t, i18n } = useTranslation();
  const language = i18n.language;
  if (!vehicle)
    return (
      <Facts title={t('connector.vehicle')} facts={[{ name: t('connector.noVehicle'), value: NOTHING }]} />
    );
  const { target_voltage: voltage, target_current: current, limits } = vehicle;
  const both = (a: Parameters<typeof volts>[0], b: Parameters<typeof amps>[0]) =>
    `${text(volts(a, language))} · ${text(amps(b, language))}`;
  const most = limits.max_power;
  return (
    <Facts
      title={t('connector.vehicle')}
      facts={[
        { name: t('connector.demand'), value: both(voltage, current) },
        { name: t('connector.vehicleLimit'), value: both(limits.max_voltage, limits.max_current) },
        ...(most === null || most === undefined
          ? []
          : [{ name: t('connector.power'), value: `≤ ${text(kilowatts(most, language))}` }]),
        { name: t('connector.protocol'), value: t(`protocol.${vehicle.protocol}`) },
        { name: t('connector.evccId'), value: vehicle.evcc_id },
      ]}
    />
  );
}

function SafetyFacts({ connector }: { connector: Connector }) {
  const { t } = useTranslation();
  const { contactors, isolation, pilot, locked } = connector;
  const facts: Fact[] = contactors.map((contactor) => ({
    name: t('connector.contactor', { id: contactor.id }),
    value: (
      <span className={styles.contactor}>
        <span>
          {t(`contactor.${contactor.feedback}`)} ({t(`purpose.${contactor.granted}`)})
        </span>
        <span className={styles.gate} data-level={contactor.verified ? 'ok' : 'warn'}>
          {contactor.verified ? (
            <IconShieldCheck size={17} aria-hidden />
          ) : (
            <IconShieldQuestion size={17} aria-hidden />
          )}
          {t(contactor.verified ? 'connector.verified' : 'connector.unverified')}
        </span>
      </span>
    ),
  }));
  const word = t(`isolation.${isolation.state}`);
  facts.push(
    {
      name: t('connector.isolation'),
      value: 'resistance' in isolation ? `${word} · ${Math.round(isolation.resistance / 1_000)} kΩ` : word,
    },
    { name: t('connector.pilot'), value: pilot === 'UNKNOWN' ? NOTHING : pilot },
    { name: t('connector.lock'), value: t(locked ? 'connector.locked' : 'connector.unlocked') },
  );
  return <Facts title={t('connector.safety')} facts={facts} />;
}
