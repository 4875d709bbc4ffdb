// The log of events: bounded, whatever comes.

/** @typedef {{ number: number, at: number, name: string, json: string }} Entry `at`: ms since 1970. `number`: from 1, never used again. */

/** The most entries that are kept, and the most characters of all of them. The oldest go. */
export const MOST_ENTRIES = 10_000;
export const MOST_CHARACTERS = 8_000_000;
/** The most characters of one entry. */
export const LONGEST_ENTRY = 100_000;

/** @param {string} _key @param {unknown} value */
function plain(_key, value) {
  if (value instanceof ArrayBuffer) return `<${value.byteLength} bytes>`;
  if (ArrayBuffer.isView(value)) return `<${value.byteLength} bytes>`;
  return value;
}

/**
 * An event's arguments as JSON, one after the other. '' for none.
 * @param {unknown[]} args
 */
export function asJson(args) {
  const text = args
    .map((arg) => {
      try {
        return JSON.stringify(arg, plain) ?? 'undefined';
      } catch {
        return '"(cannot be shown)"';
      }
    })
    .join(', ');
  return text.length <= LONGEST_ENTRY ? text : `${text.slice(0, LONGEST_ENTRY)}…`;
}

/** Entries in the order in which they came. */
export class EventLog {
  /** @type {Entry[]} */
  #entries = [];
  #characters = 0;
  /** How many came in all, those which are gone too. */
  received = 0;

  /** @param {number} mostEntries @param {number} mostCharacters */
  constructor(mostEntries = MOST_ENTRIES, mostCharacters = MOST_CHARACTERS) {
    this.mostEntries = mostEntries;
    this.mostCharacters = mostCharacters;
  }

  /** @param {number} at @param {string} name @param {unknown[]} args */
  add(at, name, args) {
    this.received += 1;
    const entry = { number: this.received, at, name: String(name), json: asJson(args) };
    this.#entries.push(entry);
    this.#characters += entry.name.length + entry.json.length;
    if (this.#entries.length > this.mostEntries || this.#characters > this.mostCharacters) this.#shorten();
  }

  // A tenth at a time: an array that loses its first element at each event would be copied each time.
  #shorten() {
    let gone = 0;
    const keep = Math.floor(this.mostEntries * 0.9);
    const characters = this.mostCharacters * 0.9;
    for (const entry of this.#entries) {
      if (this.#entries.length - gone <= keep && this.#characters <= characters) break;
      this.#characters -= entry.name.length + entry.json.length;
      gone += 1;
    }
    this.#entries = this.#entries.slice(gone);
  }

  clear() {
    this.#entries = [];
    this.#characters = 0;
  }

  get length() {
    return this.#entries.length;
  }

  /**
   * The newest entries up to one, newest first, that have a text in name or arguments.
   * @param {{ most: number, filter?: string, upTo?: number }} wanted
   */
  newest({ most, filter = '', upTo = Infinity }) {
    const text = filter.trim().toLowerCase();
    /** @type {Entry[]} */
    const found = [];
    for (let i = this.#entries.length - 1; i >= 0 && found.length < most; i -= 1) {
      const entry = this.#entries[i];
      if (entry === undefined || entry.number > upTo) continue;
      const fits = text === '' || entry.name.toLowerCase().includes(text) || entry.json.toLowerCase().includes(text);
      if (fits) found.push(entry);
    }
    return found;
  }

  /** All that is kept, one JSON object to a line, oldest first. */
  asLines() {
    return this.#entries
      .map(({ number, at, name, json }) => JSON.stringify({ number, at: new Date(at).toISOString(), event: name, args: json }))
      .join('\n');
  }
}
