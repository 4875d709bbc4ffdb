// The messenger's state and its way to the platform.

import { EMPTY, answered, asMessage, readAck, received, sending } from '../pure/chat.js';
import { Store } from './store.js';

/** @typedef {import('socket.io-client').Socket} Socket */

const ACK_WITHIN_MS = 10_000;

export const chat = new Store(EMPTY);

/** Who has written something that was not looked at. @type {Store<string[]>} */
export const unread = new Store(/** @type {string[]} */ ([]));

/** Whom the user looks at. @type {string | null} */
let open = null;
let key = 0;

/** Says whose messages are looked at; `null`: nobody's. @param {string | null} peer */
export function lookAt(peer) {
  open = peer;
  if (peer !== null) unread.update((all) => (all.includes(peer) ? all.filter((one) => one !== peer) : all));
}

/** A push of the event `chat`. @param {unknown} value @param {string} me */
export function came(value, me) {
  const message = asMessage(value, Date.now());
  if (message === null) return;
  chat.update((all) => received(all, [message]));
  const { from } = message;
  if (from !== me && from !== open) unread.update((all) => (all.includes(from) ? all : [...all, from]));
}

/** What the platform has kept. @param {unknown[]} items */
export function loaded(items) {
  const messages = items.map((one) => asMessage(one, Date.now())).filter((one) => one !== null);
  chat.update((all) => received(all, messages));
}

/**
 * Sends a message as a socket event, and waits for the ack.
 * @param {Socket} socket @param {string} to @param {string} text @param {number} [again] The one that failed before.
 */
export function send(socket, to, text, again) {
  const mine = again ?? (key += 1);
  chat.update((all) => sending(all, { key: mine, to, text, state: 'sending' }));
  if (!socket.connected) {
    // socket.io-client would keep it and send it some time; a person wants to know now.
    chat.update((all) => answered(all, mine, { ok: false, why: 'there is no connection' }));
    return;
  }
  socket.timeout(ACK_WITHIN_MS).emit('chat', { to, text }, (/** @type {Error | null} */ error, /** @type {unknown} */ ack) => {
    const said = error ? { ok: /** @type {const} */ (false), why: 'the platform has not answered' } : readAck(ack, Date.now());
    chat.update((all) => answered(all, mine, said));
  });
}

/** Forgets all: another user has come. */
export function forget() {
  chat.set(EMPTY);
  unread.set([]);
}
