// Light or dark: as the system says, until somebody chooses.

import { Store } from './store.js';

/** @typedef {'system' | 'light' | 'dark'} Theme */

const KEY = 'pushproof.theme';
/** @type {readonly Theme[]} */
export const THEMES = ['system', 'light', 'dark'];

/** @returns {Theme} */
function stored() {
  try {
    return THEMES.find((one) => one === localStorage.getItem(KEY)) ?? 'system';
  } catch {
    return 'system';
  }
}

export const theme = new Store(stored());

export function applyTheme() {
  const value = theme.get();
  if (value === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = value;
}

/** @param {Theme} value */
export function choose(value) {
  theme.set(value);
  applyTheme();
  try {
    localStorage.setItem(KEY, value);
  } catch {
    // No storage: it lasts until the page is loaded again.
  }
}

/** The other one of light and dark. */
export function toggle() {
  const value = theme.get();
  const dark = value === 'system' ? matchMedia('(prefers-color-scheme: dark)').matches : value === 'dark';
  choose(dark ? 'light' : 'dark');
}
