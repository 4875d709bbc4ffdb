// The platform's HTTP endpoints. Every error has a text for people, which says what to do.

import { login } from '../../examples/websocket.js';

/** @typedef {import('./session.js').Session} Session */
/** @typedef {Record<string, unknown>} Item */
/** @typedef {{ items: Item[], page: number, pageSize: number, total: number }} Page */
/** @typedef {{ name: string, title: string, sockets: boolean, people: { id: string, hint: string }[], hint: string }} App */

const LONGEST_WAIT_MS = 20_000;

export class ApiError extends Error {
  /** @param {string} message @param {boolean} sessionNeeded */
  constructor(message, sessionNeeded = false) {
    super(message);
    this.sessionNeeded = sessionNeeded;
  }
}

const UNREACHABLE = 'The platform does not answer. See that it runs, then try again.';

/**
 * @param {string} path
 * @param {RequestInit} [options]
 */
async function ask(path, options) {
  let answer;
  let said;
  try {
    answer = await fetch(path, { ...options, signal: AbortSignal.timeout(LONGEST_WAIT_MS) });
    // An error may come without JSON; a good answer may not.
    said = await (answer.ok ? answer.json() : answer.json().catch(() => null));
  } catch {
    throw new ApiError(UNREACHABLE);
  }
  const failed = !answer.ok || (typeof said?.status === 'string' && said.status.toUpperCase() === 'ERROR');
  if (failed) {
    const msg = typeof said?.msg === 'string' && said.msg !== '' ? said.msg : `HTTP ${answer.status}`;
    if (answer.status === 403) throw new ApiError(`The platform wants a session that is good: ${msg}.`, true);
    if (answer.status === 429) throw new ApiError('Too many requests at once. Wait a moment, then try again.');
    throw new ApiError(`The platform refused: ${msg}.`);
  }
  return said;
}

/**
 * @param {Session | null} who
 * @param {Record<string, string | number>} [more]
 */
function query(who, more = {}) {
  const all = { appID: who?.app ?? '', sessionID: who?.id ?? '', ...more };
  return new URLSearchParams(Object.entries(all).map(([key, value]) => [key, String(value)])).toString();
}

/**
 * Calls an endpoint of a data structure with an object, and gives the result.
 * @param {Session} who @param {string} structure @param {string} method @param {Item} object
 * @returns {Promise<unknown[]>}
 */
export async function call(who, structure, method, object) {
  const said = await ask(`./good/api/v5/data/${structure}/${method}?${query(who)}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(object),
  });
  return Array.isArray(said?.result) ? said.result : [];
}

/**
 * Reads an endpoint of a data structure.
 * @param {Session} who @param {string} structure @param {string} endpoint @param {{ page?: number, pageSize?: number }} [part]
 * @returns {Promise<Page>}
 */
export async function read(who, structure, endpoint, { page = 0, pageSize = 20 } = {}) {
  const said = await ask(`./good/api/v5/data/${structure}/${endpoint}?${query(who, { page, pageSize })}`);
  const items = Array.isArray(said?.payload) ? said.payload.filter((/** @type {unknown} */ one) => typeof one === 'object' && one !== null) : [];
  const total = Number(said?.pageInfo?.totalElements ?? items.length);
  return { items, page, pageSize, total: Number.isFinite(total) ? total : items.length };
}

/**
 * Logs in. @param {string} app @param {string} user @param {string} password
 * @returns {Promise<Session>}
 */
export async function logIn(app, user, password) {
  try {
    return { app, user, id: await login('.', app, user, password) };
  } catch (error) {
    // What fetch throws is no answer; what the platform says is one.
    if (error instanceof TypeError || error instanceof SyntaxError) throw new ApiError(UNREACHABLE);
    const said = error instanceof Error ? error.message : '';
    throw new ApiError(`${said || 'The platform refused the login'}. See that app, user and password are right, then try again.`);
  }
}

/** Logs out. That nobody answers does not matter: this tab forgets the session. @param {Session} who */
export async function logOut(who) {
  await ask(`./good/api/v4/auth/logout?${query(who)}`).catch(() => undefined);
}

/**
 * Whether a session is good; `null`: nobody answered.
 * @param {Session} who
 * @returns {Promise<boolean | null>}
 */
export async function isGood(who) {
  try {
    const said = await ask(`./good/api/v4/auth/check?${query(who)}`);
    const result = said?.result;
    return (typeof result === 'object' && result !== null ? result.result : result) === true;
  } catch (error) {
    return error instanceof ApiError && error.sessionNeeded ? false : null;
  }
}

/** @param {unknown} value */
const text = (value) => (typeof value === 'string' ? value : '');

/**
 * What the platform tells of its apps. None, if it tells nothing.
 * @returns {Promise<App[]>}
 */
export async function apps() {
  const said = await ask('./platform.json');
  if (!Array.isArray(said?.apps)) return [];
  return said.apps
    .filter((/** @type {any} */ app) => typeof app?.name === 'string')
    .map((/** @type {any} */ app) => ({
      name: app.name,
      title: text(app.title) || app.name,
      sockets: app.sockets !== false,
      hint: text(app.hint),
      people: (Array.isArray(app.people) ? app.people : [])
        .map((/** @type {any} */ one) => {
          const id = text(one) || text(one?.id);
          const hints = typeof app.hint === 'object' && app.hint !== null && Object.hasOwn(app.hint, id) ? app.hint[id] : undefined;
          return { id, hint: text(one?.hint) || text(hints) };
        })
        .filter((/** @type {{ id: string }} */ one) => one.id !== ''),
    }));
}
