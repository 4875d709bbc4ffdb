// What a push may say of looks. It comes from anybody who may push: it can colour and size a toast, not cover the page, move, or fetch anything.

/** The properties that count. None of them takes an address or places anything. */
const PROPERTIES = new Set([
  'background',
  'backgroundColor',
  'border',
  'borderBottom',
  'borderColor',
  'borderLeft',
  'borderRadius',
  'borderRight',
  'borderStyle',
  'borderTop',
  'borderWidth',
  'boxShadow',
  'color',
  'fontFamily',
  'fontSize',
  'fontStyle',
  'fontWeight',
  'letterSpacing',
  'lineHeight',
  'maxWidth',
  'minWidth',
  'opacity',
  'padding',
  'paddingBlock',
  'paddingBottom',
  'paddingInline',
  'paddingLeft',
  'paddingRight',
  'paddingTop',
  'textAlign',
  'textDecoration',
  'textTransform',
  'whiteSpace',
  'width',
  'wordBreak',
]);

/** Functions that make a colour, a gradient or a number, and no more. */
const FUNCTIONS = new Set([
  'rgb',
  'rgba',
  'hsl',
  'hsla',
  'hwb',
  'lab',
  'lch',
  'oklab',
  'oklch',
  'linear-gradient',
  'radial-gradient',
  'conic-gradient',
  'calc',
  'min',
  'max',
  'clamp',
]);

const LONGEST_VALUE = 200;
const LARGEST_NUMBER = 2000;
const LONGEST_CLASSES = 100;

/** @param {string} name */
function camelCase(name) {
  return name.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());
}

/**
 * A value of CSS that is safe, or `null`.
 * @param {unknown} value
 * @returns {string | number | null}
 */
export function safeValue(value) {
  if (typeof value === 'number') {
    return Number.isFinite(value) && Math.abs(value) <= LARGEST_NUMBER ? value : null;
  }
  if (typeof value !== 'string') return null;
  const text = value.trim();
  // Nothing that could end the declaration, escape, quote, or begin another one.
  if (text === '' || text.length > LONGEST_VALUE || !/^[\w\s#%.,()+*/-]+$/.test(text)) return null;
  if (text.includes('/*')) return null;
  for (const [, name] of text.matchAll(/([\w-]*)\(/g)) {
    if (name !== '' && !FUNCTIONS.has((name ?? '').toLowerCase())) return null;
  }
  if (/(?<![#\w])[\d.]+e[+-]?\d/i.test(text)) return null;
  for (const [number] of text.matchAll(/(?<![#\w.])\d+/g)) {
    if (Number(number) > LARGEST_NUMBER) return null;
  }
  return text;
}

/**
 * What of a push's style counts; `undefined` if nothing does.
 * @param {unknown} value
 * @returns {Record<string, string | number> | undefined}
 */
export function safeStyle(value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  /** @type {Record<string, string | number>} */
  const style = {};
  for (const [key, given] of Object.entries(value).slice(0, 100)) {
    const name = camelCase(key);
    const safe = PROPERTIES.has(name) ? safeValue(given) : null;
    if (safe !== null) style[name] = safe;
  }
  return Object.keys(style).length > 0 ? style : undefined;
}

/**
 * A colour, or `undefined`.
 * @param {unknown} value
 */
export function safeColour(value) {
  const safe = typeof value === 'string' ? safeValue(value) : null;
  return typeof safe === 'string' && /^(#[0-9a-f]{3,8}|[a-z]+|[a-z]+\([^()]*\))$/i.test(safe) ? safe : undefined;
}

/**
 * Names of classes, or `undefined`. The page's own classes are out of their reach: they count only inside of `#root`, and toasts stand beside it.
 * @param {unknown} value
 */
export function safeClasses(value) {
  if (typeof value !== 'string' || value.length > LONGEST_CLASSES) return undefined;
  const names = value.trim().split(/\s+/);
  return names.every((name) => /^[a-z_][\w-]*$/i.test(name)) ? names.join(' ') : undefined;
}
