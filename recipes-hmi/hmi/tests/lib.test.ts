import i18next from 'i18next';
import { describe, expect, it } from 'vitest';
import { energyOfDay } from '../src/lib/energy';
import * as format from '../src/lib/format';
import { chainHealth, controllerHealth, csmsHealth, systemHealth } from '../src/lib/health';
import { EventParser } from '../src/live/events';
import { controllerState, fault, ocppState, sessions, systemState } from './fixture';

const t = i18next.getFixedT('en');
const age = (mono: number) => 100_000 - mono / 1e6;
const live = { link: 'live', silence: 10 } as const;

describe('numbers', () => {
  it('carry their unit and the digits of the language', () => {
    expect(format.text(format.volts(400_149, 'en'))).toBe('400.1 V');
    expect(format.text(format.volts(400_149, 'de'))).toBe('400,1 V');
    expect(format.text(format.kilowatts(12_345_600, 'en'))).toBe('12,345.6 kW');
    expect(format.text(format.degrees(-7, 'en'))).toBe('-1 °C');
    expect(format.text(format.amps(-20, 'en'))).toBe('0.0 A');
    expect(format.text(format.amps(null, 'en'))).toBe('– A');
    expect(format.amps(1_000, 'hi').number).toBe('1.0');
  });

  it('show watt-hours of a small charge', () => {
    expect(format.text(format.kilowattHours(7, 'en'))).toBe('0.007 kWh');
    expect(format.text(format.kilowattHours(45_678, 'en'))).toBe('45.7 kWh');
  });

  it('show spans in their largest units', () => {
    expect(format.span(3_400, 'en')).toBe('3 sec');
    expect(format.span(65_000, 'en')).toBe('1 min 5 sec');
    expect(format.span(3_600_000 * 2 + 60_000, 'en')).toBe('2 hr 1 min');
    expect(format.span(86_400_000 * 3, 'en')).toBe('3 days 0 hr');
    expect(format.span(-5, 'en')).toBe('0 sec');
    expect(format.since(65_000, 'en')).toBe('1 min');
    expect(format.since(7_400, 'de')).toBe('7 Sek.');
  });

  it('hide most of a card', () => {
    expect(format.masked('04A1B2C3D4E5F6')).toBe('•••• E5F6');
    expect(format.masked('E5F6')).toBe('E5F6');
  });
});

it('adds up the energy of a day from floored registers, and from what runs', () => {
  const noon = new Date(2026, 10, 23, 12);
  const register = (digits: number) => ({ digits, exponent: -1, meter: 'meter1' });
  const session = (id: string, hoursAgo: number, from: number, to: number) => ({
    ...(sessions().sessions[0] ?? never()),
    id,
    started: {
      boot: 'b',
      mono: 0,
      wall: { ms: noon.getTime() - hoursAgo * 3_600_000, quality: 'unset' as const },
    },
    meter_start: register(from),
    meter_last: register(to),
  });
  const all = {
    sessions: [
      session('runs', 1, 109, 200),
      session('ended', 11, 0, 109),
      session('yesterday', 13, 0, 9_999),
    ],
  };
  expect(energyOfDay(all, [], noon)).toBe(10 + 10);
  const running = {
    id: 'runs',
    started: 0,
    started_wall: { ms: noon.getTime(), quality: 'unset' as const },
    energy_wh: 25,
  };
  expect(energyOfDay(all, [running], noon)).toBe(25 + 10);
  expect(energyOfDay({ sessions: [] }, [running], noon)).toBe(25);
});

function never(): never {
  throw new Error('the fixture has none');
}

describe('a stream', () => {
  it('is cut into events wherever the network cuts it', () => {
    const text =
      ': heartbeat\n\nevent: state\ndata: {"a":1}\n\nevent: state\r\ndata: {"a":\r\ndata: 2}\r\n\r\n';
    for (let at = 0; at <= text.length; at += 1) {
      const parser = new EventParser();
      const events = [...parser.push(text.slice(0, at)), ...parser.push(text.slice(at))];
      expect(events.map((event) => event.name)).toEqual(['state', 'state']);
      expect(events.map((event) => JSON.parse(event.data) as unknown)).toEqual([{ a: 1 }, { a: 2 }]);
    }
  });
});

describe('health', () => {
  it('of the controller names the worst reason', () => {
    const of = (change: Parameters<typeof controllerState>[0]) =>
      controllerHealth(controllerState(change), live, age, t);
    expect(of({})).toEqual({ level: 'ok', reason: '', lasting: 96_000 });
    const { mcu, modules } = controllerState();
    expect(of({ mcu: { ...mcu, emergency_stop: true } }).reason).toContain('emergency stop');
    expect(of({ mcu: { ...mcu, link: { up: false, since: 99e9 } } })).toEqual({
      level: 'bad',
      reason: 'The MCU is silent',
      lasting: 1_000,
    });
    const silent = modules.map((module, n) => ({ ...module, link: { up: n > 0, since: 98e9 } }));
    expect(of({ modules: silent })).toMatchObject({ level: 'warn', reason: '1 power module is silent' });
    expect(of({ faults: [fault()] })).toMatchObject({ level: 'warn', lasting: 10_000 });
  });

  it('of a silent controller is bad whatever was last said', () => {
    const stale = { link: 'stale', silence: 4_000 } as const;
    expect(controllerHealth(controllerState(), stale, age, t)).toMatchObject({
      level: 'bad',
      lasting: 4_000,
    });
  });

  it('of a chain is that of its worst connector', () => {
    const chain = controllerState().chains[0];
    if (chain === undefined) throw new Error('no chain');
    expect(chainHealth(chain, age, t).level).toBe('ok');
    const [first, second] = chain.health;
    if (first === undefined || second === undefined) throw new Error('no connectors');
    const health = [first, { ...second, health: 'faulty' as const, reason: 'no modem', since: 97e9 }];
    expect(chainHealth({ ...chain, health }, age, t)).toEqual({
      level: 'bad',
      reason: 'Connector 2: no modem',
      lasting: 3_000,
    });
    expect(chainHealth({ ...chain, link: { up: false, since: 90e9 } }, age, t).level).toBe('bad');
    expect(chainHealth({ ...chain, health: [] }, age, t).level).toBe('unknown');
  });

  it('of the CSMS follows connection, then registration, then queue', () => {
    const { wall } = controllerState();
    const of = (change: Parameters<typeof ocppState>[0]) =>
      csmsHealth({ data: ocppState(change) }, wall.ms, t);
    expect(of({})).toEqual({ level: 'ok', reason: '', lasting: 60_000 });
    expect(of({ boot: 'rejected' }).level).toBe('bad');
    const connection = { ...ocppState().connection, status: 'waiting' as const };
    const trouble = { message: 'connection refused', at: wall };
    expect(of({ connection, last_error: trouble }).reason).toContain('connection refused');
    expect(of({ queue: { depth: 40, cursor: 1, given_up: 0 } })).toMatchObject({
      level: 'warn',
      reason: '40 messages wait to be sent',
    });
    const down = csmsHealth({ error: new Error('ocpp does not answer') }, wall.ms, t);
    expect(down).toEqual({ level: 'bad', reason: 'ocpp does not answer' });
  });

  it('of the system looks at network, clock, memory and disk', () => {
    const of = (change: Parameters<typeof systemState>[0]) => systemHealth({ data: systemState(change) }, t);
    expect(of({})).toEqual({ level: 'ok', reason: 'eth0 192.0.2.7/24', lasting: 100_000 });
    expect(of({ network: [{ name: 'eth0', link: 'down', addresses: [] }] }).level).toBe('bad');
    expect(of({ wall: { ms: 0, quality: 'unset' } }).level).toBe('warn');
    expect(of({ memory: { total_kib: 100, available_kib: 4 } }).level).toBe('warn');
    expect(of({ disk: { path: '/', total_kib: 100, free_kib: 4 } }).level).toBe('warn');
  });
});
