import { IconChevronRight } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { Connector, ControllerState } from '../api/call';
import { useOcpp, useSessions, useSystem } from '../api/queries';
import { energyOfDay } from '../lib/energy';
import { decimal, kilowattHours, kilowatts, NOTHING, percent, text } from '../lib/format';
import { chainHealth, controllerHealth, csmsHealth, systemHealth } from '../lib/health';
import { inUse } from '../lib/phase';
import { useAge, useControllerState, useHistory, useLink, useSilence } from '../live/context';
import { FaultNote } from '../parts/FaultNote';
import { HealthCard } from '../parts/HealthCard';
import { PhaseBadge } from '../parts/PhaseBadge';
import { Sparkline } from '../parts/Sparkline';
import { Value } from '../parts/Value';
import styles from './Overview.module.css';

/** HMI-1: the whole cabinet at one glance. */
export function Overview() {
  const { t } = useTranslation();
  const state = useControllerState();
  return (
    <>
      <h1 className="sr">{t('nav.overview')}</h1>
      <HealthRow state={state} />
      {state !== undefined && (
        <div className={styles.columns}>
          <SitePower state={state} />
          <div className={styles.side}>
            <section className="card" aria-labelledby="overview-connectors">
              <h2 className="cardTitle" id="overview-connectors">
                {t('overview.connectors')}
              </h2>
              <ul className={styles.rows}>
                {state.connectors.map((connector) => (
                  <ConnectorRow key={connector.id} connector={connector} />
                ))}
              </ul>
            </section>
            <section className="card" aria-labelledby="overview-faults">
              <h2 className="cardTitle" id="overview-faults">
                {t('overview.faults')}
              </h2>
              {state.faults.length === 0 ? (
                <p className={styles.calm}>{t('overview.noFaults')}</p>
              ) : (
                <ul className={styles.faults}>
                  {state.faults.map((fault) => (
                    <FaultNote
                      key={`${fault.code}-${fault.connector ?? 0}-${fault.part ?? ''}`}
                      fault={fault}
                    />
                  ))}
                </ul>
              )}
            </section>
          </div>
        </div>
      )}
    </>
  );
}

function HealthRow({ state }: { state: ControllerState | undefined }) {
  const { t } = useTranslation();
  const stream = { link: useLink(), silence: useSilence() };
  const age = useAge();
  const now = state === undefined ? undefined : state.wall.ms + age(state.at);
  const ocpp = useOcpp();
  const system = useSystem();
  return (
    <section aria-label={t('health.title')}>
      <ul className={styles.health}>
        <HealthCard title={t('health.controller')} health={controllerHealth(state, stream, age, t)} />
        <HealthCard title={t('health.csms')} health={csmsHealth(ocpp, now, t)} />
        {state?.chains.map((chain) => (
          <HealthCard
            key={chain.id}
            title={t('health.chain', { id: chain.id })}
            health={chainHealth(chain, age, t)}
          />
        ))}
        <HealthCard title={t('health.system')} health={systemHealth(system, t)} />
      </ul>
    </section>
  );
}

function SitePower({ state }: { state: ControllerState }) {
  const { t, i18n } = useTranslation();
  const language = i18n.language;
  const history = useHistory();
  const { data: sessions } = useSessions();
  const { site, connectors, faults } = state;
  const share = (watts: number) => `${Math.min(100, (Math.max(0, watts) / Math.max(1, site.limit)) * 100)}%`;
  const used = (Math.max(0, site.drawn) / Math.max(1, site.limit)) * 100;
  const running = connectors.flatMap(({ session }) => session ?? []);
  const energy = sessions === undefined ? undefined : energyOfDay(sessions, running, new Date(state.wall.ms));
  const count = (value: number) => decimal(value, 0, language);
  return (
    <section className={`card ${styles.site}`} aria-labelledby="overview-site">
      <div className={styles.siteHead}>
        <div>
          <h2 className="cardTitle" id="overview-site">
            {t('site.drawn')}
          </h2>
          <p className={styles.drawn} data-testid="drawn">
            <Value of={kilowatts(site.drawn, language)} />
          </p>
        </div>
        <div className={styles.limit}>
          <p className="cardTitle">{t('site.limit')}</p>
          <p className={styles.limitValue}>
            <Value of={kilowatts(site.limit, language)} />
          </p>
        </div>
      </div>
      <div className={styles.bar} aria-hidden>
        <span className={styles.assigned} style={{ width: share(site.assigned) }} />
        <span className={styles.used} style={{ width: share(site.drawn) }} />
      </div>
      <p className={styles.share}>
        <span>{t('site.ofLimit', { percent: text(percent(used, language)) })}</span>
        <span>
          {t('site.assigned')} {text(kilowatts(site.assigned, language))}
        </span>
      </p>
      <Sparkline samples={history} top={site.limit} />
      <p className={styles.caption}>{t('site.history')}</p>
      <dl className={styles.stats}>
        <div>
          <dt>{t('site.sessions')}</dt>
          <dd className="number">{count(running.length)}</dd>
        </div>
        <div>
          <dt>{t('site.connectors')}</dt>
          <dd className="number">
            {count(connectors.filter(inUse).length)}
            <span className="unit">{t('site.ofCount', { count: connectors.length })}</span>
          </dd>
        </div>
        <div data-testid="energy-today">
          <dt>{t('site.energyToday')}</dt>
          <dd>{energy === undefined ? NOTHING : <Value of={kilowattHours(energy, language)} />}</dd>
        </div>
        <div data-level={faults.length > 0 ? 'bad' : undefined}>
          <dt>{t('site.faults')}</dt>
          <dd className={`number ${styles.count}`}>{count(faults.length)}</dd>
        </div>
      </dl>
    </section>
  );
}

function ConnectorRow({ connector }: { connector: Connector }) {
  const { t, i18n } = useTranslation();
  const { id, phase, present, vehicle, session } = connector;
  const soc = vehicle?.soc;
  return (
    <li>
      <Link href="/connectors" className={styles.row}>
        <span className={styles.badge} aria-hidden>
          {id}
        </span>
        <span className={styles.rowText}>
          <span className="sr">{t('connector.name', { id })}</span>
          <PhaseBadge phase={phase} />
          <span className={styles.rowSub}>
            {soc !== null && soc !== undefined && `${text(percent(soc, i18n.language))} · `}
            {session ? text(kilowattHours(session.energy_wh, i18n.language)) : t('connector.noSession')}
          </span>
        </span>
        <span className={styles.rowPower} data-testid={`power-${id}`}>
          <Value of={kilowatts(present.power, i18n.language)} />
        </span>
        <IconChevronRight size={20} color="var(--muted)" aria-hidden />
      </Link>
    </li>
  );
}
