// Which page is shown: the address's hash.

import { HOME, fromHash, toHash } from '../pure/routes.js';
import { Store } from './store.js';

export const route = new Store(fromHash(location.hash));

/** How many of the page's own entries of the history lie behind this one. Beyond them is another site. */
let behind = 0;

function read() {
  const known = history.state?.behind;
  if (typeof known === 'number') {
    behind = known;
  } else {
    // A link or the address line: a new entry.
    behind += 1;
    history.replaceState({ behind }, '');
  }
  route.set(fromHash(location.hash));
}

/** Begins to follow the address. */
export function follow() {
  if (typeof history.state?.behind === 'number') behind = history.state.behind;
  else history.replaceState({ behind }, '');
  addEventListener('popstate', read);
}

/** @param {string} to */
export function go(to) {
  if (to === route.get()) return;
  try {
    history.pushState({ behind: behind + 1 }, '', toHash(to));
    behind += 1;
  } catch {
    // Browsers take only so many entries in a while. The page changes all the same.
  }
  route.set(to);
}

/** The page before this one; home, if there is none. */
export function back() {
  if (behind > 0) history.back();
  else go(HOME);
}
