// Shows alerts, where and as they say.

import toast from 'react-hot-toast';
import { alertBeside, parseAlert } from '../pure/alert.js';
import { covers } from '../pure/routes.js';
import { route } from './router.js';
import { Store } from './store.js';

/** @typedef {{ number: number, at: number, text: string, icon: string, pages: string[] | null, shown: boolean }} Past */

const MOST_PAST = 20;
const MOST_LIMITED = 100;
export const DURATION_MS = 4000;

/** The alerts that came, those for other pages too; newest first. @type {Store<Past[]>} */
export const past = new Store(/** @type {Past[]} */ ([]));
let numbered = 0;

/** For what pages a toast that shows is. @type {Map<string, { pages: string[], toasterId: string | undefined }>} */
const limited = new Map();

/** @param {import('../pure/alert.js').Alert | null} alert */
function show(alert) {
  if (alert === null) return;
  const shown = covers(alert.pages, route.get());
  numbered += 1;
  const { icon = '', iconTheme, toasterId } = alert.parameters;
  past.update((all) => [{ number: numbered, at: Date.now(), text: alert.text, icon, pages: alert.pages, shown }, ...all].slice(0, MOST_PAST));
  if (!shown) return;
  // Colours of the icon want an icon: react-hot-toast has its own.
  const make = iconTheme && icon === '' ? toast.success : toast;
  const id = make(alert.text, { duration: DURATION_MS, ...alert.parameters });
  limited.delete(id);
  if (alert.pages) limited.set(id, { pages: alert.pages, toasterId });
  // Those that went by themselves are still in there; react-hot-toast shows 20 at the most.
  for (const oldest of limited.keys()) {
    if (limited.size <= MOST_LIMITED) break;
    limited.delete(oldest);
  }
}

/** A push of the event `alert`. @param {unknown} message */
export function alerted(message) {
  show(parseAlert(message));
}

/** A push at a Refresher, which may carry an alert besides. @param {unknown} message */
export function refreshed(message) {
  show(alertBeside(message));
}

// What is for some pages goes when the user leaves them.
route.watch(() => {
  for (const [id, { pages, toasterId }] of limited) {
    if (covers(pages, route.get())) continue;
    toast.dismiss(id, toasterId);
    limited.delete(id);
  }
});

/** Takes all toasts away: their user is gone. */
export function forget() {
  toast.removeAll();
  toast.removeAll('page');
  limited.clear();
  past.set([]);
}
