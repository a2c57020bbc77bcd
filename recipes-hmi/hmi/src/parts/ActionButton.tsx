import { Button, type ButtonProps } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { call, type ControllerState, type Taken } from '../api/call';
import { took } from '../lib/format';
import { NoEffect, until } from '../live/until';
import styles from './ActionButton.module.css';

/** A charge is ramped down, opened and unlocked within this time. */
const EFFECT_MS = 20_000;
/** A second press counts for this long. */
const ARMED_MS = 4_000;

type Texts = { idle: string; confirm?: string; pending: string; done: (span: string) => string };

type Props = {
  /** Below `/api`. */
  path: string;
  body?: Record<string, unknown>;
  /** Whether the state shows that it worked. */
  fits: (state: ControllerState) => boolean;
  texts: Texts;
  disabled: boolean;
  icon: ReactNode;
  color?: ButtonProps['color'];
  variant?: ButtonProps['variant'];
};

/** Asks the controller for something and shows, in place, what became of it and after how long. */
export function ActionButton({ path, body, fits, texts, disabled, icon, color, variant = 'filled' }: Props) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const [armed, setArmed] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const action = useMutation({
    mutationFn: async () => {
      const begun = performance.now();
      await call<Taken>('POST', path, { command_id: crypto.randomUUID(), ...body });
      await until(client, fits, EFFECT_MS);
      return performance.now() - begun;
    },
  });

  const press = () => {
    clearTimeout(timer.current);
    if (texts.confirm !== undefined && !armed) {
      action.reset();
      setArmed(true);
      timer.current = setTimeout(() => {
        setArmed(false);
      }, ARMED_MS);
      return;
    }
    setArmed(false);
    action.mutate();
  };

  const result = () => {
    if (action.isSuccess) return texts.done(took(action.data, i18n.language));
    if (action.error instanceof NoEffect)
      return t('action.noEffect', { span: took(action.error.afterMs, i18n.language) });
    if (action.isError) return t('action.failed', { message: action.error.message });
    return '';
  };

  return (
    <div className={styles.action}>
      <Button
        fullWidth
        size="md"
        h={56}
        radius="lg"
        leftSection={icon}
        variant={armed ? 'filled' : variant}
        {...(color === undefined ? {} : { color })}
        disabled={disabled}
        loading={action.isPending}
        loaderProps={{ children: texts.pending }}
        onClick={press}
      >
        {armed ? texts.confirm : texts.idle}
      </Button>
      <p className={styles.result} role="status" data-failed={action.isError || undefined}>
        {result()}
      </p>
    </div>
  );
}
