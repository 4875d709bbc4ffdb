// Where a text stops being JSON. Browsers say it each in another way, or not at all.

const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const DEEPEST = 500;

/**
 * The place of what is not JSON, the text's end among them; `null`: nothing is wrong, or it is nested too deeply to tell.
 * @param {string} text
 */
export function brokenAt(text) {
  let at = 0;

  /** @param {RegExp} pattern */
  function take(pattern) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at = pattern.lastIndex;
    return found !== null;
  }

  /** Takes one character, with the space around it. @param {string} one */
  function takeOne(one) {
    take(SPACE);
    if (text[at] !== one) return false;
    at += 1;
    take(SPACE);
    return true;
  }

  /** @param {number} depth @returns {boolean} */
  function value(depth) {
    if (depth > DEEPEST) throw new RangeError('too deep');
    take(SPACE);
    const object = text[at] === '{';
    if (!object && text[at] !== '[') return take(STRING) || take(SCALAR);
    const close = object ? '}' : ']';
    takeOne(object ? '{' : '[');
    if (takeOne(close)) return true;
    do {
      if (object && !(take(STRING) && takeOne(':'))) return false;
      if (!value(depth + 1)) return false;
    } while (takeOne(','));
    return takeOne(close);
  }

  try {
    const whole = value(0);
    take(SPACE);
    return whole && at === text.length ? null : at;
  } catch {
    return null;
  }
}
