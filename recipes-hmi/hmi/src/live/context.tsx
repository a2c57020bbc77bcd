import { skipToken, useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, use, useEffect, useState, useSyncExternalStore, type ReactNode } from 'react';
import type { ControllerState } from '../api/call';
import { LiveStream, type Link, type Sample } from './stream';

/** Where the newest controller state is in the query cache. */
const STATE = ['controller', 'state'] as const;

const Context = createContext<LiveStream | null>(null);

/** Keeps the stream open as long as it is mounted. */
export function LiveProvider({ onSignedOut, children }: { onSignedOut: () => void; children: ReactNode }) {
  const client = useQueryClient();
  const [stream] = useState(
    () =>
      new LiveStream({
        onState: (state) => client.setQueryData(STATE, state),
        onSignedOut,
      }),
  );
  useEffect(() => stream.start(), [stream]);
  return <Context value={stream}>{children}</Context>;
}

function useStream(): LiveStream {
  const stream = use(Context);
  if (stream === null) throw new Error('outside of LiveProvider');
  return stream;
}

/** The newest state; undefined until the first one came. */
export function useControllerState(): ControllerState | undefined {
  // The stream alone writes it; nothing is ever fetched.
  const { data } = useQuery<ControllerState>({ queryKey: STATE, queryFn: skipToken, staleTime: Infinity });
  return data;
}

export function useLink(): Link {
  const stream = useStream();
  return useSyncExternalStore(stream.subscribe, stream.link);
}

/** Runs the component again each second. */
function useTick(): void {
  const [, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => {
      setTick((tick) => tick + 1);
    }, 1_000);
    return () => {
      clearInterval(timer);
    };
  }, []);
}

/** Gives the age in ms of an instant on the controller's clock (ns), fresh each second. */
export function useAge(): (mono: number) => number {
  useTick();
  const stream = useStream();
  return (mono) => Math.max(0, (stream.now() ?? mono / 1e6) - mono / 1e6);
}

/** For how long nothing was heard, in ms, fresh each second. */
export function useSilence(): number | undefined {
  useTick();
  return useStream().silence();
}

export function useHistory(): Sample[] {
  useTick();
  return useStream().history;
}
