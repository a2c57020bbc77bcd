import { Alert, Button, PasswordInput, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SyntheticEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { call, Refusal, type Me } from '../api/call';
import { ME } from '../api/queries';
import { LanguageMenu } from '../app/LanguageMenu';
import { Logo } from '../parts/Logo';
import styles from './SignIn.module.css';

export function SignIn() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const signIn = useMutation({
    mutationFn: () => call<Me>('POST', 'sign-in', { user, password }),
    onSuccess: (me) => {
      client.setQueryData(ME, me);
    },
  });

  const problem = (error: Error): string => {
    if (error instanceof Refusal && error.code === 'wrong_credentials') return t('signIn.wrong_credentials');
    if (error instanceof Refusal && error.code === 'too_many_attempts')
      return t('signIn.too_many_attempts', { seconds: error.retryAfter ?? 1 });
    return t('signIn.other', { message: error.message });
  };

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    signIn.mutate();
  };

  return (
    <main className={styles.page}>
      <form className={`card ${styles.form}`} onSubmit={submit} aria-labelledby="sign-in">
        <Logo />
        <div>
          <h1 id="sign-in" className={styles.title}>
            {t('signIn.title')}
          </h1>
          <p className="muted">{t('signIn.hint')}</p>
        </div>
        <TextInput
          label={t('signIn.user')}
          name="user"
          size="md"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          withAsterisk={false}
          value={user}
          onChange={(event) => {
            setUser(event.currentTarget.value);
          }}
        />
        <PasswordInput
          label={t('signIn.password')}
          name="password"
          size="md"
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={password}
          onChange={(event) => {
            setPassword(event.currentTarget.value);
          }}
        />
        {signIn.isError && (
          <Alert color="red" variant="light" role="alert">
            {problem(signIn.error)}
          </Alert>
        )}
        <Button type="submit" size="md" h={52} radius="lg" loading={signIn.isPending}>
          {t('signIn.submit')}
        </Button>
      </form>
      <LanguageMenu />
    </main>
  );
}
