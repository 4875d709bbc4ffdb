// The tab's socket and how it is with it.

import { open } from '../../examples/websocket.js';
import { isGood } from './api.js';
import { Store } from './store.js';

/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('socket.io-client').Socket} Socket */
/**
 * @typedef {{ state: 'connecting' }
 *   | { state: 'connected', transport: string, socketID: string }
 *   | { state: 'reconnecting', attempt: number, why: string }
 *   | { state: 'refused', why: string }
 *   | { state: 'ended' }} Connection
 */

/** Reasons of socket.io-client, for people. @type {Record<string, string>} */
const REASONS = {
  'io server disconnect': 'the platform closed the socket',
  'ping timeout': 'the platform has been silent for too long',
  'transport close': 'the connection was closed',
  'transport error': 'the connection broke',
  'parse error': 'the platform sent what is no packet',
};

/**
 * What an event carries. Where the platform recovers connections, each event has its offset behind that, and socket.io-client hands it to listeners too.
 * @param {Socket} socket @param {unknown[]} args
 */
export function carried(socket, args) {
  const recovers = /** @type {any} */ (socket)._pid !== undefined;
  return recovers && typeof args.at(-1) === 'string' ? args.slice(0, -1) : args;
}

/** How long to wait before a socket that the platform closed is opened again. */
const AGAIN_MS = 1000;

/** One session's socket. `close` it before another one is made. */
export class Line {
  /** @type {Store<Connection>} */
  state = new Store(/** @type {Connection} */ ({ state: 'connecting' }));
  /** @type {Socket} */
  socket;
  #who;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #again;
  #closed = false;

  /** @param {Session} who */
  constructor(who) {
    this.#who = who;
    this.socket = open(undefined, who.app, who.id);
    this.socket.io.reconnectionDelayMax(5000);
    this.socket.on('connect', () => this.#connected());
    this.socket.on('disconnect', (reason) => this.#disconnected(reason));
    this.socket.on('connect_error', (error) => this.#failed(error));
    this.socket.io.on('reconnect_attempt', (attempt) => {
      const before = this.state.get();
      this.state.set({ state: 'reconnecting', attempt, why: before.state === 'reconnecting' ? before.why : '' });
    });
  }

  connect() {
    this.state.set({ state: 'connecting' });
    this.socket.connect();
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#again);
    this.socket.offAny();
    this.socket.off();
    this.socket.disconnect();
  }

  #connected() {
    const { engine } = this.socket.io;
    const tell = () => this.state.set({ state: 'connected', transport: engine.transport.name, socketID: this.socket.id ?? '' });
    tell();
    engine.once('upgrade', () => {
      if (this.socket.connected) tell();
    });
  }

  /** @param {string} reason */
  #disconnected(reason) {
    if (this.#closed) return;
    const why = REASONS[reason] ?? reason;
    this.state.set({ state: 'reconnecting', attempt: 0, why });
    // Otherwise socket.io-client comes back by itself.
    if (reason === 'io server disconnect') void this.#whetherGood(why, () => this.#later());
  }

  /** @param {Error} error */
  #failed(error) {
    if (this.#closed) return;
    if (this.socket.active) {
      const before = this.state.get();
      const attempt = before.state === 'reconnecting' ? before.attempt : 0;
      this.state.set({ state: 'reconnecting', attempt, why: 'the platform does not answer' });
    } else {
      // The platform has answered, and said no. Whether to the session or to the socket, the session's check tells.
      void this.#whetherGood(error.message, () => this.state.set({ state: 'refused', why: error.message }));
    }
  }

  /** @param {string} why @param {() => void} ifGood */
  async #whetherGood(why, ifGood) {
    const good = await isGood(this.#who);
    if (this.#closed) return;
    if (good === false || (good === null && why === 'not authorized')) this.state.set({ state: 'ended' });
    else ifGood();
  }

  /** Asks whether the session is still good, for whoever has reason to doubt it. */
  check() {
    return this.#whetherGood('', () => undefined);
  }

  #later() {
    this.#again = setTimeout(() => this.socket.connect(), AGAIN_MS);
  }
}
