import type { Connector, ControllerState, Fault, OcppState, Sessions, SystemState } from '../src/api/call';

/** A cabinet with a car at connector 1, 100 s after its boot. */
const NOW = 100e9;
const WALL = { ms: Date.UTC(2026, 10, 23, 10, 0, 0), quality: 'synchronised' } as const;

export function idle(id: number): Connector {
  return {
    id,
    chain: 'main',
    evse_id: `DE*JPT*E1*${id}`,
    phase: 'available',
    since: 10e9,
    pilot: 'A',
    plug_in_epoch: 0,
    v2g_epoch: null,
    present: { voltage: 0, current: 0, power: 0, at: NOW },
    temperature: 243,
    vehicle: null,
    authorisation: { state: 'none' },
    session: null,
    allocation: { requested: 0, offered: 30_000, allowed: 30_000, assigned: 0, bound_by: null },
    contactors: [{ id, asked: 'open', granted: 'open', feedback: 'open', verified: true }],
    isolation: { state: 'unknown' },
    locked: false,
    last_stop: null,
  };
}

export function charging(id: number): Connector {
  return {
    ...idle(id),
    phase: 'charging',
    since: 70e9,
    pilot: 'C',
    plug_in_epoch: 1,
    v2g_epoch: 1,
    present: { voltage: 400_100, current: 62_500, power: 25_006, at: NOW },
    temperature: 412,
    vehicle: {
      protocol: 'iso15118_part2',
      evcc_id: '02:00:00:00:00:01',
      soc: 46,
      limits: { max_voltage: 420_000, max_current: 125_000, max_power: 50_000 },
      target_voltage: 400_000,
      target_current: 100_000,
    },
    authorisation: { state: 'granted', id_tag: '04A1B2C3D4E5F6' },
    session: {
      id: '6f1c2f3e-9a55-4b0e-9d67-0d8a5a6f0b11',
      started: 72e9,
      started_wall: { ...WALL, ms: WALL.ms - 28_000 },
      energy_wh: 1_234,
    },
    allocation: { requested: 40_000, offered: 30_000, allowed: 27_500, assigned: 25_000, bound_by: 'site' },
    contactors: [{ id, asked: 'energy', granted: 'energy', feedback: 'closed', verified: false }],
    isolation: { state: 'valid', resistance: 1_850_000 },
    locked: true,
  };
}

export function fault(connector: number | null = 1): Fault {
  return {
    code: 'cable_check_fault',
    connector,
    part: 'imd1',
    detail: 'resistance 12 kΩ, expected at least 100 kΩ',
    remedy: 'Look at cable and inlet for damage and water, try another car.',
    first: 90e9,
    first_wall: WALL,
    last: 95e9,
    count: 2,
    latched: true,
    cleared: null,
  };
}

export function controllerState(change: Partial<ControllerState> = {}): ControllerState {
  const module = (id: number) => ({
    id: `m${id}`,
    driver: 'infypower',
    serial: null,
    link: { up: true, since: 5e9 },
    connector: id + 1,
    voltage: 0,
    current: 0,
    set_voltage: 0,
    set_current: 0,
    on: false,
    faults: [],
  });
  return {
    rev: 1,
    at: NOW,
    wall: WALL,
    boot_id: '5b1f0c3e-0000-4000-8000-000000000001',
    version: '0.1.0',
    config_version: 1,
    site: { name: 'Bench', limit: 60_000, drawn: 25_006, assigned: 25_000 },
    mcu: {
      link: { up: true, since: 4e9 },
      version: 1,
      emergency_stop: false,
      lease_remaining_ms: 1_400,
      modules_inhibited: false,
    },
    chains: [
      {
        id: 'main',
        link: { up: true, since: 6e9 },
        power_cap: 60_000,
        drawn: 25_006,
        health: [1, 2].map((connector) => ({
          connector,
          health: 'healthy' as const,
          reason: '',
          since: 6e9,
          slac: 'unmatched' as const,
          modem: null,
          attenuation_db: null,
          plug_in_epoch: 0,
          v2g_epoch: null,
          soc: null,
          dropped: { slac: 0, sdp: 0, v2g: 0 },
        })),
      },
    ],
    connectors: [charging(1), idle(2)],
    modules: [module(0), module(1)],
    faults: [],
    dropped: { can: 0, mcu: 0, modbus: 0, rfid: 0, link: 0, http: 0 },
    ...change,
  };
}

export function ocppState(change: Partial<OcppState> = {}): OcppState {
  return {
    version: '0.1.0',
    config_version: 1,
    controller: 'yes',
    connection: {
      status: 'connected',
      since: { ...WALL, ms: WALL.ms - 60_000 },
      url: 'ws://csms.example/CP/JP-BENCH-1',
      csms_clock_ahead_ms: 3,
    },
    boot: 'accepted',
    last_error: null,
    queue: { depth: 0, cursor: 12, given_up: 0 },
    dropped: { frames: 0, answers: 0, calls: 0, errors: 0, timeouts: 0, controller: 0 },
    transactions: [],
    ...change,
  };
}

export function systemState(change: Partial<SystemState> = {}): SystemState {
  return {
    version: '0.1.0',
    build: null,
    slot: { side: 'a', source: 'efi', message: 'side a, by the EFI firmware' },
    boot_id: '5b1f0c3e-0000-4000-8000-000000000001',
    uptime_s: 100,
    wall: WALL,
    host: { name: 'jp-bench', kernel: '6.12.0', os: 'Joulepoint' },
    memory: { total_kib: 1_000_000, available_kib: 600_000 },
    load_centi: [12, 10, 8],
    disk: { path: '/var/lib/joulepoint', total_kib: 500_000, free_kib: 400_000 },
    network: [{ name: 'eth0', link: 'up', addresses: ['192.0.2.7/24'] }],
    services: [],
    tpm: { kind: 'present', version: 2 },
    lacking: [],
    ...change,
  };
}

export function sessions(): Sessions {
  const stamp = (ms: number) => ({ boot: 'b', mono: 0, wall: { ...WALL, ms } });
  const register = (digits: number) => ({ digits, exponent: 1, meter: 'meter1' });
  const session = (id: string, ms: number, from: number, to: number) => ({
    id,
    connector: 1,
    chain: 'main',
    id_tag: '04A1B2C3D4E5F6',
    started: stamp(ms),
    meter_start: register(from),
    meter_last: register(to),
    meter_last_at: stamp(ms),
    stopped: stamp(ms),
    reason: 'vehicle' as const,
  });
  return {
    sessions: [
      session('now', WALL.ms - 28_000, 1_000, 1_123),
      session('today', WALL.ms - 3_600_000, 500, 1_000),
      session('yesterday', WALL.ms - 36 * 3_600_000, 0, 500),
    ],
  };
}
