// The smallest client: log in, open the socket, listen. Copy it into any app that has socket.io-client; the page itself uses it.
import { io } from 'socket.io-client';

/**
 * Logs a user in and gives the session id. `url` is where the platform is, such as http://127.0.0.1:3000.
 * @param {string} url @param {string} appID @param {string} username @param {string} password @returns {Promise<string>}
 */
export async function login(url, appID, username, password) {
  const answer = await fetch(`${url}/good/api/v5/auth?appID=${encodeURIComponent(appID)}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ provider: 'rest', username, password }),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.msg);
  return said.result.token;
}

/**
 * A socket of that session; no `url` means the server that the page came from. It is not connected yet: put listeners on it, then call `connect()`, and
 * no event is missed.
 * @param {string | undefined} url @param {string} appID @param {string} sessionID
 */
export function open(url, appID, sessionID) {
  const socket = io(url, { autoConnect: false });
  socket.auth = { app_id: appID, session_id: sessionID };
  return socket;
}

/**
 * Writes what comes.
 * @param {import('socket.io-client').Socket} socket @param {(text: string) => void} write
 */
export function listen(socket, write = console.log) {
  // Any event: its name and what it carries.
  socket.onAny((eventName, args) => write(`${eventName}: ${JSON.stringify(args)}`));
  // Events of one name alone.
  socket.on('message', (msg) => write(`a message: ${JSON.stringify(msg)}`));
}
