// What every page of a signed-in user needs.

import { createContext, useContext } from 'react';

/** @typedef {import('./api.js').Item} Item */
/** @typedef {import('./api.js').Page} Page */
/**
 * @typedef {object} Here
 * @property {import('./session.js').Session} who
 * @property {import('./connection.js').Line} line
 * @property {import('./connection.js').Connection} connection
 * @property {(structure: string, method: string, object: Item) => Promise<unknown[]>} call
 * @property {(structure: string, endpoint: string, part?: { page?: number, pageSize?: number }) => Promise<Page>} read
 * @property {() => void} forgetAll
 */

export const here = createContext(/** @type {Here | null} */ (null));

export function useHere() {
  const value = useContext(here);
  if (value === null) throw new Error('used outside of a signed-in page');
  return value;
}
