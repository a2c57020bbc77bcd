import { useQuery, type QueryClient } from '@tanstack/react-query';
import {
  call,
  Refusal,
  type DataState,
  type Me,
  type OcppState,
  type Sessions,
  type SystemState,
} from './call';

/** How often what has no stream is asked for. */
const POLL_MS = 5_000;
const SESSIONS_MS = 15_000;
/** More sessions than a cabinet has in a day. */
const SESSIONS = 200;

export const ME = ['me'] as const;
export const DATA = ['data'] as const;

/** Nobody is signed in any more: shows the sign-in and forgets what the last user saw. */
export function forget(client: QueryClient): void {
  client.setQueryData(ME, null);
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== ME[0] });
}

/** Who is signed in; null if nobody is. */
export function useMe() {
  return useQuery<Me | null>({
    queryKey: ME,
    queryFn: async () => {
      try {
        return await call<Me>('GET', 'me');
      } catch (error) {
        if (error instanceof Refusal && error.status === 401) return null;
        throw error;
      }
    },
    staleTime: Infinity,
  });
}

/** Whether the unit's data is open; asked for before anybody signs in. */
export function useData() {
  return useQuery({
    queryKey: DATA,
    queryFn: () => call<DataState>('GET', 'data'),
    refetchInterval: POLL_MS,
  });
}

export function useOcpp() {
  return useQuery({
    queryKey: ['ocpp'],
    queryFn: () => call<OcppState>('GET', 'ocpp/v1/state'),
    refetchInterval: POLL_MS,
  });
}

export function useSystem() {
  return useQuery({
    queryKey: ['system'],
    queryFn: () => call<SystemState>('GET', 'system/v1/state'),
    refetchInterval: POLL_MS,
  });
}

export function useSessions() {
  return useQuery({
    queryKey: ['sessions'],
    queryFn: () => call<Sessions>('GET', `controller/v1/sessions?limit=${SESSIONS}`),
    refetchInterval: SESSIONS_MS,
  });
}
