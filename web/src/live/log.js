// The tab's log of events, and what watches it. However fast events come, the page is drawn a few times a second.

import { EventLog, asJson } from '../pure/events.js';
import { Store } from './store.js';

/** @typedef {{ number: number, at: number, text: string }} Note */

const DRAW_MS = 100;
const MOST_MESSAGES = 50;
const LONGEST_MESSAGE = 2000;

export const log = new EventLog();

/** Counts up whenever the log is to be drawn again. */
export const drawn = new Store(0);

/** What came as `message`, newest first. @type {Store<Note[]>} */
export const messages = new Store(/** @type {Note[]} */ ([]));

/** @type {Note[]} */
let kept = [];
let numbered = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;

function soon() {
  waiting ??= setTimeout(() => {
    waiting = undefined;
    messages.set(kept);
    drawn.update((n) => n + 1);
  }, DRAW_MS);
}

/** @param {string} name @param {unknown[]} args */
export function happened(name, args) {
  log.add(Date.now(), name, args);
  soon();
}

/** @param {unknown} message */
export function said(message) {
  numbered += 1;
  const text = typeof message === 'string' ? message : asJson([message]);
  const note = { number: numbered, at: Date.now(), text: text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)}…` : text };
  kept = [note, ...kept].slice(0, MOST_MESSAGES);
  soon();
}

export function clearLog() {
  log.clear();
  soon();
}

export function clearMessages() {
  kept = [];
  soon();
}

/** Forgets all: another user has come. */
export function forget() {
  log.clear();
  log.received = 0;
  clearMessages();
}
