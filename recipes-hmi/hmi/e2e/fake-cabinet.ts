import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ControllerState } from '../src/api/call';
import { controllerState, ocppState, sessions, systemState } from '../tests/fixture';

const BINARY = resolve(process.env.HMI_BINARY ?? '../../rust/target/ci/hmi');
const ASSETS = resolve('dist');

/** The real `hmi` daemon in front of daemons that say what a test wants: states that a cabinet seldom is in. */
export class FakeCabinet {
  state: ControllerState = controllerState();
  /** What was asked of the controller, as `METHOD path`. */
  readonly commands: string[] = [];
  onCommand: (path: string) => void = () => undefined;

  readonly #dir = mkdtempSync(join(tmpdir(), 'jp-hmi-'));
  readonly #streams = new Set<ServerResponse>();
  readonly #servers: Server[] = [];
  #heartbeat: NodeJS.Timeout | undefined;
  #daemon: ChildProcess | undefined;
  #address = '';

  get url(): string {
    return `https://${this.#address}`;
  }

  get password(): string {
    return readFileSync(join(this.#dir, 'state/initial-password'), 'utf8').trim();
  }

  async start(): Promise<void> {
    mkdirSync(join(this.#dir, 'run'));
    await this.startController();
    await this.#serve('ocpp', () => ocppState());
    await this.#serve('system', () => systemState());
    const args = ['--run-dir', 'run', '--state-dir', 'state', '--listen', '127.0.0.1:0', '--assets', ASSETS];
    this.#daemon = spawn(BINARY, args, { cwd: this.#dir, stdio: ['ignore', 'ignore', 'pipe'] });
    this.#address = await new Promise((found, failed) => {
      let log = '';
      this.#daemon?.on('error', failed);
      this.#daemon?.on('exit', () => {
        failed(new Error(log));
      });
      this.#daemon?.stderr?.on('data', (data: Buffer) => {
        log += data.toString();
        const address = /listening.*address=(\S+)/.exec(log)?.[1];
        if (address !== undefined) found(address);
      });
    });
  }

  async startController(): Promise<void> {
    const controller = await this.#serve('controller', () => this.state);
    this.#heartbeat = setInterval(() => {
      for (const stream of this.#streams) stream.write(': heartbeat\n\n');
    }, 500);
    controller.on('close', () => {
      clearInterval(this.#heartbeat);
    });
  }

  /** The controller dies. */
  stopController(): void {
    this.#servers.shift()?.close();
    clearInterval(this.#heartbeat);
    for (const stream of this.#streams) stream.destroy();
    this.#streams.clear();
  }

  /** Tells all pages what is so now. */
  say(change: Partial<ControllerState>): void {
    this.state = { ...this.state, ...change, rev: this.state.rev + 1, at: this.state.at + 0.2e9 };
    for (const stream of this.#streams) this.#tell(stream);
  }

  async stop(): Promise<void> {
    this.stopController();
    for (const server of this.#servers) server.close();
    if (this.#daemon?.exitCode === null) {
      this.#daemon.removeAllListeners('exit');
      this.#daemon.kill();
      await once(this.#daemon, 'exit');
    }
    rmSync(this.#dir, { recursive: true });
  }

  #tell(stream: ServerResponse): void {
    stream.write(`event: state\ndata: ${JSON.stringify(this.state)}\n\n`);
  }

  async #serve(name: string, state: () => unknown): Promise<Server> {
    const server = createServer((request, response) => {
      const path = request.url ?? '';
      if (path === '/v1/events') {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        this.#streams.add(response);
        response.on('close', () => this.#streams.delete(response));
        this.#tell(response);
        return;
      }
      response.setHeader('content-type', 'application/json');
      if (request.method === 'POST') {
        this.commands.push(`POST ${path}`);
        response.end('{"command_id":"x"}');
        this.onCommand(path);
        return;
      }
      response.end(JSON.stringify(path.startsWith('/v1/sessions') ? sessions() : state()));
    });
    server.listen(join(this.#dir, `run/${name}.sock`));
    await once(server, 'listening');
    if (name === 'controller') this.#servers.unshift(server);
    else this.#servers.push(server);
    return server;
  }
}
