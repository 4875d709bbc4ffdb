// Who this tab is. It is kept in the tab's own storage: other tabs are other users, a reload is the same one.

import { Store } from './store.js';

/** @typedef {{ app: string, user: string, id: string }} Session `id`: the session id, a secret. */

const KEY = 'pushproof.session';

/** @returns {Session | null} */
function stored() {
  try {
    const { app, user, id } = JSON.parse(sessionStorage.getItem(KEY) ?? '');
    return [app, user, id].every((one) => typeof one === 'string' && one !== '') ? { app, user, id } : null;
  } catch {
    return null;
  }
}

/** The session of this tab. @type {Store<Session | null>} */
export const session = new Store(stored());

/** The session that ended without being asked to, for its user to come back. @type {Store<Session | null>} */
export const ended = new Store(/** @type {Session | null} */ (null));

/** @param {Session | null} value */
function keep(value) {
  try {
    if (value === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, JSON.stringify(value));
  } catch {
    // No storage: the session lasts until the page is loaded again.
  }
  session.set(value);
}

/** @param {Session} value */
export function begin(value) {
  ended.set(null);
  keep(value);
}

/** Forgets the session: the user has asked for it, or it has ended by itself. */
export function end({ byItself = false } = {}) {
  const last = session.get();
  if (last === null) return;
  ended.set(byItself ? last : null);
  keep(null);
}
