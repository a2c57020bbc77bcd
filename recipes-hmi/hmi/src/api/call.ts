import type { components as Controller } from './schema/controller';
import type { components as Hmi } from './schema/hmi';
import type { components as Ocpp } from './schema/ocpp';
import type { components as System } from './schema/system';

type C = Controller['schemas'];
export type ControllerState = C['ControllerState'];
export type Connector = C['Connector'];
export type Chain = C['Chain'];
export type Fault = C['Fault'];
export type Phase = C['Phase'];
export type RunningSession = C['RunningSession'];
export type Sessions = C['Sessions'];
export type Session = C['Session'];
export type Taken = C['Taken'];
export type Problem = C['Problem'];
export type OcppState = Ocpp['schemas']['OcppState'];
export type SystemState = System['schemas']['SystemState'];
export type Me = Hmi['schemas']['Me'];
export type DataState = Hmi['schemas']['DataState'];
export type LockReason = Hmi['schemas']['LockReason'];
export type Unlocked = Hmi['schemas']['Unlocked'];
export type Role = Hmi['schemas']['Role'];

/** What a daemon or the gateway refused, in its own words. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** Seconds to wait, if it said. */
    readonly retryAfter?: number | undefined,
  ) {
    super(message);
  }
}

/** One request to the gateway. The caller names the type that the daemon's OpenAPI document promises. */
export async function call<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json', 'x-joulepoint': '1' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  const response = await fetch(`/api/${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw await refusal(response);
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

export async function refusal(response: Response): Promise<Refusal> {
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
  const wait = Number(response.headers.get('retry-after') ?? NaN);
  return new Refusal(
    response.status,
    problem.code ?? String(response.status),
    problem.message ?? response.statusText,
    Number.isFinite(wait) ? wait : undefined,
  );
}

/** Whether `role` may do what needs `least`. */
export function may(role: Role, least: Role): boolean {
  const order: Role[] = ['viewer', 'operator', 'service', 'oem'];
  return order.indexOf(role) >= order.indexOf(least);
}
