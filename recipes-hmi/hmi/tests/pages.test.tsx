import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { ReactNode } from 'react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ControllerState, Me } from '../src/api/call';
import { setLanguage } from '../src/i18n';
import { LiveProvider } from '../src/live/context';
import { until } from '../src/live/until';
import { App } from '../src/app/App';
import { Connectors } from '../src/pages/Connectors';
import { SignIn } from '../src/pages/SignIn';
import { charging, controllerState, fault, idle } from './fixture';

const me = (role: Me['role']): Me => ({ user: 'eva', role, expires_in_s: 100, version: '0.1.0' });

/** Answers for requests by path; the stream says one state and then heartbeats. */
let answers: Record<string, () => Response>;
let stream: ReadableStreamDefaultController<Uint8Array>;
const calls: { path: string; init: RequestInit | undefined }[] = [];

function say(state: ControllerState): void {
  stream.enqueue(new TextEncoder().encode(`event: state\ndata: ${JSON.stringify(state)}\n\n`));
}

const problem = (status: number, code: string, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify({ code, message: `the words of ${code}` }), { status, headers });

beforeEach(() => {
  calls.length = 0;
  answers = {};
  vi.stubGlobal('fetch', (path: string, init?: RequestInit) => {
    calls.push({ path, init });
    if (path.endsWith('/events')) {
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          stream = controller;
        },
      });
      return Promise.resolve(new Response(body));
    }
    return Promise.resolve(answers[path]?.() ?? problem(503, 'upstream_unavailable'));
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

function show(page: ReactNode) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <MantineProvider>
      <QueryClientProvider client={client}>{page}</QueryClientProvider>
    </MantineProvider>,
  );
  return client;
}

async function showConnectors(role: Me['role'], state: ControllerState) {
  show(
    <LiveProvider onSignedOut={vi.fn()}>
      <Connectors me={me(role)} />
    </LiveProvider>,
  );
  await act(async () => {
    await Promise.resolve();
    say(state);
  });
  return screen.findByRole('article', { name: 'Connector 1' });
}

const button = (card: HTMLElement, name: string) =>
  within(card).getByRole<HTMLButtonElement>('button', { name });

it('sends the password once, in the body, with the mark of this page', async () => {
  answers['/api/sign-in'] = () => new Response(JSON.stringify(me('viewer')));
  const client = show(<SignIn />);
  await userEvent.type(screen.getByLabelText('User'), 'eva');
  await userEvent.type(screen.getByLabelText('Password'), 'secret words');
  await userEvent.click(screen.getByRole('button', { name: 'Sign in' }));
  await vi.waitFor(() => {
    expect(client.getQueryData(['me'])).toEqual(me('viewer'));
  });
  expect(calls).toHaveLength(1);
  expect(calls[0]?.init?.body).toBe('{"user":"eva","password":"secret words"}');
  expect(calls[0]?.init?.headers).toMatchObject({ 'x-joulepoint': '1' });
});

it.each([
  [401, 'wrong_credentials', {}, 'No such user with this password.'],
  [429, 'too_many_attempts', { 'retry-after': '9' }, 'Too many failed attempts. Wait 9 s.'],
  [503, 'unavailable', {}, 'The charger does not answer: the words of unavailable'],
])('explains a refused sign-in: %i %s', async (status, code, headers, words) => {
  answers['/api/sign-in'] = () => problem(status, code, headers);
  show(<SignIn />);
  await userEvent.type(screen.getByLabelText('User'), 'eva');
  await userEvent.type(screen.getByLabelText('Password'), 'secret words');
  await userEvent.click(screen.getByRole('button', { name: 'Sign in' }));
  expect((await screen.findByRole('alert')).textContent).toBe(words);
});

it('lets a viewer look and not act', async () => {
  const card = await showConnectors('viewer', controllerState());
  expect(button(card, 'Stop charging').disabled).toBe(true);
  expect(card.textContent).toContain('Needs the role Operator');
});

it('offers only what makes sense', async () => {
  const card = await showConnectors('operator', controllerState());
  expect(button(card, 'Stop charging').disabled).toBe(false);
  expect(button(card, 'Clear fault').disabled).toBe(true);
  const other = screen.getByRole('article', { name: 'Connector 2' });
  expect(button(other, 'Stop charging').disabled).toBe(true);
  act(() => {
    say(controllerState({ faults: [fault(2)] }));
  });
  await vi.waitFor(() => {
    expect(button(other, 'Clear fault').disabled).toBe(false);
  });
});

it('says in place what became of a stop, and why it was refused', async () => {
  const card = await showConnectors('operator', controllerState());
  const path = '/api/controller/v1/connectors/1/stop';
  answers[path] = () => problem(409, 'conflict');
  await userEvent.click(button(card, 'Stop charging'));
  await userEvent.click(button(card, 'Press again to stop'));
  expect(await within(card).findByText('Not done: the words of conflict')).toBeTruthy();

  answers[path] = () => new Response('{"command_id":"x"}');
  await userEvent.click(button(card, 'Stop charging'));
  await userEvent.click(button(card, 'Press again to stop'));
  const sent = JSON.parse(calls.at(-1)?.init?.body as string) as Record<string, unknown>;
  expect(sent).toMatchObject({ reason: 'local' });
  expect(sent.command_id).toMatch(/^[0-9a-f-]{36}$/);
  act(() => {
    say(controllerState({ connectors: [{ ...charging(1), phase: 'stopping' }, idle(2)] }));
  });
  expect(await within(card).findByText(/^Stopped after \d+\.\d s$/)).toBeTruthy();
});

it('speaks German and Hindi', async () => {
  const card = await showConnectors('operator', controllerState());
  await act(() => setLanguage('de'));
  expect(card.textContent).toContain('Begrenzt durch die Anschlussgrenze');
  expect(card.textContent).toContain('400,1V');
  await act(() => setLanguage('hi'));
  expect(card.textContent).toContain('चार्ज हो रहा है');
  await act(() => setLanguage('en'));
});

it('gives up waiting for an effect', async () => {
  const client = new QueryClient();
  await expect(until(client, () => false, 10)).rejects.toThrow('no effect');
});

it('takes the recovery key of a charger whose data is locked, and then lets people sign in', async () => {
  let partition: object = { kind: 'locked', reason: 'tpm_refuses', message: 'why' };
  answers = {
    '/api/me': () => problem(401, 'not_signed_in'),
    '/api/data': () => new Response(JSON.stringify({ partition, recovery_key: 'made' })),
    '/api/data/unlock': () => problem(403, 'wrong_recovery_key'),
  };
  show(<App />);
  const field = await screen.findByLabelText('Recovery key');
  await userEvent.type(field, 'wrong');
  await userEvent.click(screen.getByRole('button', { name: 'Open' }));
  expect((await screen.findByRole('alert')).textContent).toContain('does not open');
  answers['/api/data/unlock'] = () => {
    partition = { kind: 'open' };
    return new Response(JSON.stringify({ sealing: { kind: 'renewed' } }));
  };
  await userEvent.click(screen.getByRole('button', { name: 'Open' }));
  await screen.findByLabelText('Password');
  const sent = calls.filter(({ path }) => path === '/api/data/unlock').map(({ init }) => init?.body);
  expect(sent).toEqual([
    JSON.stringify({ recovery_key: 'wrong' }),
    JSON.stringify({ recovery_key: 'wrong' }),
  ]);
});
