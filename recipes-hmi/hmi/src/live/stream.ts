import { refusal, Refusal, type ControllerState } from '../api/call';
import { EventParser } from './events';

/** So long without a byte, and what is shown counts as old. */
export const STALE_MS = 3_000;
/** So long, and the connection is given up and made anew. */
const DEAD_MS = 12_000;
/** How far the picture of the site's power goes back. */
export const HISTORY_MS = 5 * 60_000;
const SAMPLE_MS = 1_000;

/** Whether the other end is heard. */
export type Link = 'connecting' | 'live' | 'stale';

export type Sample = { at: number; watts: number };

type Handlers = { onState: (state: ControllerState) => void; onSignedOut: () => void };

/** Keeps one stream of controller states open, and knows how old the newest is. */
export class LiveStream {
  #link: Link = 'connecting';
  #listeners = new Set<() => void>();
  #heard: number | undefined;
  #stopped = new AbortController();
  /** The controller's clock minus ours, in ms: the largest seen is the one with the least delay. */
  #ahead: number | undefined;
  #boot: string | undefined;
  history: Sample[] = [];

  constructor(private readonly handlers: Handlers) {}

  start(): () => void {
    this.#stopped = new AbortController();
    const check = setInterval(() => {
      this.#check();
    }, 250);
    void this.#run(this.#stopped.signal);
    return () => {
      clearInterval(check);
      this.#stopped.abort();
    };
  }

  /** For `useSyncExternalStore`. */
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  link = (): Link => this.#link;

  /** Now on the controller's monotonic clock, in ms; undefined before the first state. */
  now(): number | undefined {
    return this.#ahead === undefined ? undefined : performance.now() + this.#ahead;
  }

  /** For how long nothing was heard, in ms; undefined if there never was a word. */
  silence(): number | undefined {
    return this.#heard === undefined ? undefined : performance.now() - this.#heard;
  }

  async #run(stopped: AbortSignal): Promise<void> {
    for (let failures = 0; !stopped.aborted; failures += 1) {
      const connection = new AbortController();
      const give = () => {
        connection.abort();
      };
      stopped.addEventListener('abort', give);
      const dead = setInterval(() => {
        if (this.#heard !== undefined && performance.now() - this.#heard > DEAD_MS) give();
      }, 1_000);
      try {
        await this.#listen(connection.signal);
        failures = 0;
      } catch (error) {
        if (error instanceof Refusal && error.status === 401) this.handlers.onSignedOut();
      } finally {
        clearInterval(dead);
        stopped.removeEventListener('abort', give);
      }
      // Jitter, so that many screens do not all come back at once.
      const longest = Math.min(4_000, 500 * 2 ** failures);
      await pause(longest * (0.5 + Math.random() / 2), stopped);
    }
  }

  async #listen(signal: AbortSignal): Promise<void> {
    const response = await fetch('/api/controller/v1/events', {
      headers: { accept: 'text/event-stream' },
      signal,
    });
    if (!response.ok || response.body === null) throw await refusal(response);
    const parser = new EventParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      this.#heard = performance.now();
      for (const event of parser.push(value)) {
        if (event.name === 'state') this.#take(JSON.parse(event.data) as ControllerState);
      }
      this.#check();
    }
  }

  #take(state: ControllerState): void {
    const arrived = performance.now();
    const at = state.at / 1e6;
    if (this.#boot !== state.boot_id) {
      this.#boot = state.boot_id;
      this.#ahead = undefined;
      this.history = [];
    }
    this.#ahead = Math.max(this.#ahead ?? -Infinity, at - arrived);
    const last = this.history.at(-1);
    if (last === undefined || arrived - last.at >= SAMPLE_MS) {
      this.history = this.history.filter((sample) => arrived - sample.at <= HISTORY_MS);
      this.history.push({ at: arrived, watts: state.site.drawn });
    }
    this.handlers.onState(state);
  }

  #check(): void {
    const age = this.#heard === undefined ? Infinity : performance.now() - this.#heard;
    const next: Link = age <= STALE_MS ? 'live' : 'stale';
    if (next === this.#link) return;
    // Before the first word there is a moment's grace.
    if (this.#heard === undefined && performance.now() - this.#born < STALE_MS) return;
    this.#link = next;
    for (const listener of this.#listeners) listener();
  }

  #born = performance.now();
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
