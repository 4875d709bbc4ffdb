// The messenger's two lists: what the platform has, and what is on its way there.

/** @typedef {{ id: string, from: string, to: string, text: string, at: number }} Message `at`: ms since 1970. */
/** @typedef {{ key: number, to: string, text: string, state: 'sending' | 'sent' | 'failed', why?: string }} Pending */
/** @typedef {{ messages: Message[], pending: Pending[] }} Chat */

/** The most messages that are kept here. */
const MOST = 500;

/** @type {Chat} */
export const EMPTY = { messages: [], pending: [] };

/**
 * A message, if it is one.
 * @param {unknown} value
 * @param {number} now
 * @returns {Message | null}
 */
export function asMessage(value, now) {
  if (typeof value !== 'object' || value === null) return null;
  const { id, from, to, text, '@when': when } = /** @type {Record<string, unknown>} */ (value);
  if ((typeof id !== 'string' && typeof id !== 'number') || typeof from !== 'string' || typeof to !== 'string') return null;
  if (typeof text !== 'string') return null;
  return { id: String(id), from, to, text, at: typeof when === 'number' ? when : now };
}

/**
 * Takes messages in: each id once, in the order of their times.
 * @param {Chat} chat
 * @param {Message[]} news
 * @returns {Chat}
 */
export function received(chat, news) {
  const known = new Set(chat.messages.map((one) => one.id));
  const fresh = news.filter((one) => !known.has(one.id) && known.add(one.id));
  if (fresh.length === 0) return chat;
  // What comes back to its sender is on its way no more.
  let pending = chat.pending;
  for (const one of fresh) {
    const mine = pending.find((p) => p.state !== 'failed' && p.to === one.to && p.text === one.text);
    if (mine) pending = pending.filter((p) => p !== mine);
  }
  const messages = [...chat.messages, ...fresh].sort((a, b) => a.at - b.at).slice(-MOST);
  return { messages, pending };
}

/**
 * What an ack says: the platform took it, with the message if it told it, or why not.
 * @param {unknown} ack
 * @param {number} now
 * @returns {{ ok: true, message: Message | null } | { ok: false, why: string }}
 */
export function readAck(ack, now) {
  if (typeof ack === 'object' && ack !== null && !Array.isArray(ack)) {
    const { status, msg, error, result } = /** @type {Record<string, unknown>} */ (ack);
    if ((typeof status === 'string' && status.toLowerCase() === 'error') || error !== undefined) {
      return { ok: false, why: typeof msg === 'string' ? msg : typeof error === 'string' ? error : 'the platform refused it' };
    }
    if (result !== undefined) return readAck(result, now);
    return { ok: true, message: asMessage(ack, now) };
  }
  return { ok: true, message: Array.isArray(ack) ? asMessage(ack[0], now) : null };
}

/**
 * @param {Chat} chat
 * @param {Pending} one
 * @returns {Chat}
 */
export function sending(chat, one) {
  return { ...chat, pending: [...chat.pending.filter((p) => p.key !== one.key), one] };
}

/**
 * What came of a message on its way.
 * @param {Chat} chat
 * @param {number} key
 * @param {ReturnType<typeof readAck>} said
 * @returns {Chat}
 */
export function answered(chat, key, said) {
  if (!said.ok) {
    const pending = chat.pending.map((p) => (p.key === key ? { ...p, state: /** @type {const} */ ('failed'), why: said.why } : p));
    return { ...chat, pending };
  }
  if (said.message) {
    // Of two that say the same it is the other's push that clears the other.
    const { messages } = received({ ...chat, pending: [] }, [said.message]);
    return { messages, pending: chat.pending.filter((p) => p.key !== key) };
  }
  const pending = chat.pending.map((p) => (p.key === key ? { ...p, state: /** @type {const} */ ('sent') } : p));
  return { ...chat, pending };
}

/**
 * Of a chat, what is between two users.
 * @param {Chat} chat
 * @param {string} me
 * @param {string} peer
 */
export function between(chat, me, peer) {
  const messages = chat.messages.filter((one) => (one.from === me && one.to === peer) || (one.from === peer && one.to === me));
  return { messages, pending: chat.pending.filter((one) => one.to === peer) };
}
