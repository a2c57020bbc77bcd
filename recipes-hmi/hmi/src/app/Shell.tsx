import { IconLayoutDashboard, IconPlug, type Icon } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link, Redirect, Route, Router, Switch } from 'wouter';
import { useHashLocation } from 'wouter/use-hash-location';
import type { Me } from '../api/call';
import { forget } from '../api/queries';
import { LiveProvider, useControllerState, useLink } from '../live/context';
import { Connectors } from '../pages/Connectors';
import { Overview } from '../pages/Overview';
import { Logo } from '../parts/Logo';
import { AccountMenu } from './AccountMenu';
import styles from './Shell.module.css';
import { StaleBanner } from './StaleBanner';

/** The pages that there are. */
const PAGES: { path: string; key: 'overview' | 'connectors'; icon: Icon }[] = [
  { path: '/', key: 'overview', icon: IconLayoutDashboard },
  { path: '/connectors', key: 'connectors', icon: IconPlug },
];

export function Shell({ me }: { me: Me }) {
  const client = useQueryClient();
  return (
    <LiveProvider
      onSignedOut={() => {
        forget(client);
      }}
    >
      <Router hook={useHashLocation}>
        <Frame me={me} />
      </Router>
    </LiveProvider>
  );
}

function Frame({ me }: { me: Me }) {
  const { t } = useTranslation();
  return (
    <div className={styles.frame}>
      <a className={styles.skip} href="#main" onClick={focusMain}>
        {t('app.skip')}
      </a>
      <header className={styles.header}>
        <Logo />
        <SiteName />
        <AccountMenu me={me} />
      </header>
      <nav className={styles.nav} aria-label={t('app.navigation')}>
        {PAGES.map(({ path, key, icon: PageIcon }) => (
          <NavLink key={key} path={path} label={t(`nav.${key}`)}>
            <PageIcon size={24} aria-hidden />
          </NavLink>
        ))}
      </nav>
      <div className={styles.body}>
        <StaleBanner />
        <main id="main" tabIndex={-1} className={styles.main}>
          <Switch>
            <Route path="/">
              <Overview />
            </Route>
            <Route path="/connectors">
              <Connectors me={me} />
            </Route>
            <Redirect to="/" />
          </Switch>
        </main>
      </div>
    </div>
  );
}

/** The address is a hash already: the link moves the focus itself. */
function focusMain(event: { preventDefault: () => void }): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

function NavLink({ path, label, children }: { path: string; label: string; children: React.ReactNode }) {
  const [location] = useHashLocation();
  const current = location === path;
  return (
    <Link href={path} className={styles.link ?? ''} aria-current={current ? 'page' : undefined}>
      {children}
      <span>{label}</span>
    </Link>
  );
}

function SiteName() {
  const { t } = useTranslation();
  const state = useControllerState();
  const live = useLink() === 'live';
  return (
    <p className={styles.site}>
      <span className={styles.siteName}>{state?.site.name}</span>
      {live && (
        <span className={styles.live} data-level="ok">
          <span className={styles.dot} aria-hidden />
          {t('app.live')}
        </span>
      )}
    </p>
  );
}
