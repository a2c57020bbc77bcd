import type { QueryClient } from '@tanstack/react-query';
import type { ControllerState } from '../api/call';

/** A command was taken, but the state did not become what it should. */
export class NoEffect extends Error {
  constructor(readonly afterMs: number) {
    super('no effect');
  }
}

/** Resolves when the live state fits; fails with {@link NoEffect} if it does not within `ms`. */
export async function until(
  client: QueryClient,
  fits: (state: ControllerState) => boolean,
  ms: number,
): Promise<void> {
  const now = () => client.getQueryData<ControllerState>(['controller', 'state']);
  await new Promise<void>((resolve, reject) => {
    const check = () => {
      const state = now();
      if (state === undefined || !fits(state)) return;
      end();
      resolve();
    };
    const timer = setTimeout(() => {
      end();
      reject(new NoEffect(ms));
    }, ms);
    const unsubscribe = client.getQueryCache().subscribe(check);
    const end = () => {
      clearTimeout(timer);
      unsubscribe();
    };
    check();
  });
}
