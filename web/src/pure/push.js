// The form of the step *Send PUSH-message*: what it asks for, or what is wrong with it.

import { brokenAt } from './json.js';

/** @typedef {{ audience: 'user' | 'everyone', user: string, event: string, kind: 'text' | 'json', message: string }} Draft */
/** @typedef {{ user?: string, event?: string, message?: string }} Problems */

/** Names that Socket.IO keeps to itself. */
const RESERVED = ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'];

/**
 * Where in a text its JSON is broken, for people.
 * @param {string} text
 */
function whereBroken(text) {
  const at = brokenAt(text);
  if (at === null) return 'it is nested too deeply';
  if (text.slice(at).trim() === '') return 'it ends too early';
  const before = text.slice(0, at).split('\n');
  return `look at line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
}

/**
 * The request that a draft makes.
 * @param {Draft} draft
 * @returns {{ body: Record<string, unknown>, problems: null } | { body: null, problems: Problems }}
 */
export function asRequest(draft) {
  /** @type {Problems} */
  const problems = {};
  const everyone = draft.audience === 'everyone';
  const user = draft.user.trim();
  const event = draft.event.trim();
  if (!everyone && user === '') problems.user = 'Name the user, or choose “Everyone”.';
  if (event === '') problems.event = 'Name the event, such as alert or message.';
  else if (RESERVED.includes(event)) problems.event = `Socket.IO keeps the name ${event} to itself. Choose another one.`;
  /** @type {Record<string, unknown>} */
  const body = { userID: everyone ? '*' : user, eventName: event };
  const text = draft.message;
  if (draft.kind === 'text') {
    if (text !== '') body.message = text;
  } else if (text.trim() !== '') {
    try {
      body.message = JSON.parse(text);
    } catch {
      problems.message = `This is not JSON: ${whereBroken(text)}. Or choose “Text”.`;
    }
  }
  return Object.keys(problems).length > 0 ? { body: null, problems } : { body, problems: null };
}
