// Routes of the page: names with slashes between them, such as `profile/notifications`. The address shows one behind `#/`.

/** @typedef {{ route: string } | 'back' | null} Redirect */

export const HOME = 'home';

/** The most characters of a route. Longer ones are nobody's page. */
const LONGEST = 200;

/**
 * A route without what does not matter: slashes and `#` at its ends, white space. The root is `home`.
 * @param {string} text
 */
export function tidy(text) {
  const route = text
    .trim()
    .replace(/^#+/, '')
    .split('/')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .join('/');
  return route === '' ? HOME : route;
}

/**
 * The route that an address's hash stands for.
 * @param {string} hash
 */
export function fromHash(hash) {
  const text = hash.replace(/^#/, '');
  try {
    return tidy(decodeURIComponent(text));
  } catch {
    // A percent sign that encodes nothing.
    return tidy(text);
  }
}

/**
 * The hash of a route.
 * @param {string} route
 */
export function toHash(route) {
  return `#/${route.split('/').map(encodeURIComponent).join('/')}`;
}

/**
 * Whether a page filter lets something show at this route. The filter is a list with commas; each entry covers its sub-pages. No filter: everywhere.
 * @param {string[] | null} filter
 * @param {string} route
 */
export function covers(filter, route) {
  if (filter === null) return true;
  return filter.some((page) => route === page || route.startsWith(`${page}/`));
}

/**
 * Reads a page filter. `null`: none, or none that can be read.
 * @param {unknown} value
 * @returns {string[] | null}
 */
export function pageFilter(value) {
  const texts = Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [value];
  const pages = texts
    .flatMap((text) => (typeof text === 'string' ? text.split(',') : []))
    .filter((text) => text.trim() !== '')
    .map(tidy);
  return pages.length > 0 ? pages.slice(0, 100) : null;
}

/**
 * Where a push of the event `redirect` leads from a route: `<=` back, `../` up (as often as it stands there), `/param` appended, anything else is a
 * route. `null`: nowhere; addresses of other sites are none of the page's routes.
 * @param {unknown} message
 * @param {string} here
 * @returns {Redirect}
 */
export function redirect(message, here) {
  if (typeof message !== 'string') return null;
  let text = message.trim();
  // Control characters have no place in a name, and `javascript:` and `https:` are no routes.
  if (text === '' || text.length > LONGEST || /[\u0000-\u001f\u007f]/.test(text)) return null;
  if (text === '<=') return 'back';
  if (/^[a-z][a-z0-9+.-]*:/i.test(text) || text.startsWith('//') || text.includes('\\')) return null;
  if (text === '..' || text.startsWith('../')) {
    const parts = here.split('/');
    while (text === '..' || text.startsWith('../')) {
      parts.pop();
      text = text.slice(3);
    }
    return { route: tidy([...parts, text].join('/')) };
  }
  const param = text.startsWith('/');
  const route = tidy(param && text !== '/' ? `${here}/${text}` : text);
  return route.length > LONGEST ? null : { route };
}
