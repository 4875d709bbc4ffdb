// What a push of the event `alert` shows: a text, or an object (or its JSON) with text, page and the parameters of react-hot-toast.

import { pageFilter } from './routes.js';
import { safeClasses, safeColour, safeStyle } from './style.js';

/** @typedef {import('react-hot-toast').ToastPosition} Position */
/**
 * @typedef {object} Parameters What counts of the parameters. All of them are checked; what is no good is left out.
 * @property {string} [id]
 * @property {string} [icon]
 * @property {number} [duration] Milliseconds.
 * @property {{ role: 'status' | 'alert', 'aria-live': 'assertive' | 'off' | 'polite' }} [ariaProps]
 * @property {string} [className]
 * @property {Record<string, string | number>} [style]
 * @property {Position} [position]
 * @property {{ primary: string, secondary: string }} [iconTheme]
 * @property {number} [removeDelay] Milliseconds.
 * @property {string} [toasterId]
 */
/** @typedef {{ text: string, pages: string[] | null, parameters: Parameters }} Alert */

/** The places where toasts show, beside the main one which has no name. */
export const TOASTERS = ['page'];

export const POSITIONS = /** @type {const} */ ([
  'top-left',
  'top-center',
  'top-right',
  'bottom-left',
  'bottom-center',
  'bottom-right',
]);

const LONGEST_TEXT = 1000;
const LONGEST_ICON = 8;
const LONGEST_ID = 100;
const LONGEST_DURATION_MS = 24 * 60 * 60 * 1000;
const LONGEST_REMOVAL_MS = 60 * 1000;

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * What the text is as JSON, if it is an object or array; else the value itself.
 * @param {unknown} value
 */
function read(value) {
  if (typeof value !== 'string' || !/^\s*[{[]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/**
 * @param {string} text
 * @param {number} most
 */
function shortened(text, most) {
  const letters = Array.from(text);
  return letters.length <= most ? text : `${letters.slice(0, most).join('')}…`;
}

/**
 * A text that can be shown; '' for what says nothing.
 * @param {unknown} value
 */
function asText(value) {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return '';
  }
}

/**
 * A number of milliseconds, a text with one too.
 * @param {unknown} value
 * @param {number} least
 * @param {number} most
 */
function milliseconds(value, least, most) {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || Number.isNaN(number) || number < least) return undefined;
  return number === Infinity ? Infinity : Math.min(number, most);
}

/**
 * @template T
 * @param {unknown} value
 * @param {readonly T[]} allowed
 * @returns {T | undefined}
 */
function oneOf(value, allowed) {
  return allowed.find((one) => one === value);
}

/** @param {unknown} value */
function id(value) {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text !== '' && text.length <= LONGEST_ID ? text : undefined;
}

/** @param {unknown} value */
function icon(value) {
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  // What one sees as one character, a flag or a family, may be several.
  return text !== '' && Array.from(text).length <= LONGEST_ICON ? text : undefined;
}

/** @param {unknown} value */
function ariaProps(value) {
  if (!isObject(value)) return undefined;
  const role = oneOf(value.role, /** @type {const} */ (['status', 'alert']));
  const live = oneOf(value['aria-live'], /** @type {const} */ (['assertive', 'off', 'polite']));
  if (role === undefined && live === undefined) return undefined;
  return { role: role ?? 'status', 'aria-live': live ?? 'polite' };
}

/** @param {unknown} value */
function iconTheme(value) {
  if (!isObject(value)) return undefined;
  const primary = safeColour(value.primary);
  const secondary = safeColour(value.secondary);
  return primary && secondary ? { primary, secondary } : undefined;
}

/**
 * @param {unknown} given
 * @returns {Parameters}
 */
export function parameters(given) {
  const value = read(given);
  if (!isObject(value)) return {};
  const removeDelay = milliseconds(value.removeDelay, 0, LONGEST_REMOVAL_MS);
  const all = {
    id: id(value.id),
    icon: icon(value.icon),
    duration: milliseconds(value.duration, 1, LONGEST_DURATION_MS),
    ariaProps: ariaProps(value.ariaProps),
    className: safeClasses(value.className),
    style: safeStyle(value.style),
    position: oneOf(value.position, POSITIONS),
    iconTheme: iconTheme(value.iconTheme),
    removeDelay: removeDelay === Infinity ? LONGEST_REMOVAL_MS : removeDelay,
    // Elsewhere it would show nowhere.
    toasterId: oneOf(value.toasterId, TOASTERS),
  };
  return Object.fromEntries(Object.entries(all).filter(([, one]) => one !== undefined));
}

/**
 * What a message shows. `null`: it says nothing.
 * @param {unknown} message
 * @returns {Alert | null}
 */
export function parseAlert(message) {
  let value = read(message);
  // Some clients put the one argument into an array.
  if (Array.isArray(value) && value.length === 1) value = read(value[0]);
  const complex = isObject(value) && 'message' in value ? value : null;
  const text = shortened(asText(complex ? complex.message : value), LONGEST_TEXT);
  if (text === '') return null;
  return {
    text,
    pages: complex ? pageFilter(complex.page) : null,
    parameters: complex ? parameters(complex.parameters) : {},
  };
}

/**
 * The alert that a push for a Refresher carries besides. Data for other clients is none.
 * @param {unknown} message
 */
export function alertBeside(message) {
  const value = read(message);
  const isAlert = typeof value === 'string' || (isObject(value) && 'message' in value);
  return isAlert ? parseAlert(value) : null;
}
