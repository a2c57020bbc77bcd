import { Alert, Button, Textarea } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SyntheticEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { call, Refusal, type LockReason, type Unlocked } from '../api/call';
import { DATA } from '../api/queries';
import { LanguageMenu } from '../app/LanguageMenu';
import { Logo } from '../parts/Logo';
import styles from './SignIn.module.css';

/** The data is locked: nothing charges and nobody can sign in until somebody enters the recovery key (D18). */
export function NoData({ reason }: { reason: LockReason }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [key, setKey] = useState('');
  const unlock = useMutation({
    mutationFn: () => call<Unlocked>('POST', 'data/unlock', { recovery_key: key }),
    onSuccess: () => {
      setKey('');
      void client.invalidateQueries({ queryKey: DATA });
    },
  });

  const problem = (error: Error): string => {
    if (error instanceof Refusal && error.code === 'wrong_recovery_key')
      return t('noData.wrong_recovery_key');
    if (error instanceof Refusal && error.code === 'no_recovery_key') return t('noData.no_recovery_key');
    if (error instanceof Refusal && error.code === 'too_many_attempts')
      return t('signIn.too_many_attempts', { seconds: error.retryAfter ?? 2 });
    return t('signIn.other', { message: error.message });
  };

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    unlock.mutate();
  };

  return (
    <main className={styles.page}>
      <form className={`card ${styles.form}`} onSubmit={submit} aria-labelledby="no-data">
        <Logo />
        <div>
          <h1 id="no-data" className={styles.title}>
            {t('noData.title')}
          </h1>
          <p className="muted">
            {reason === 'tpm_refuses' || reason === 'tpm_absent'
              ? t('noData.enter')
              : t('noData.broken', { reason })}
          </p>
        </div>
        <Textarea
          label={t('noData.key')}
          name="recovery-key"
          size="md"
          rows={3}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          required
          withAsterisk={false}
          value={key}
          onChange={(event) => {
            setKey(event.currentTarget.value);
          }}
        />
        {unlock.isError && (
          <Alert color="red" variant="light" role="alert">
            {problem(unlock.error)}
          </Alert>
        )}
        {unlock.isSuccess && (
          <Alert color="green" variant="light" role="status">
            {t('noData.opened')}
          </Alert>
        )}
        <Button type="submit" size="md" h={52} radius="lg" loading={unlock.isPending}>
          {t('noData.submit')}
        </Button>
      </form>
      <LanguageMenu />
    </main>
  );
}
