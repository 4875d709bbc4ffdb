// A push platform on socket.io, written from the platform's contract alone: login over HTTP, sockets that prove their
// session in the CONNECT packet, one HTTP call that pushes an event to one user or to everyone of an app.
// It shares no code with pushproof; pushproof's tests use it as the server that is right, or wrong on purpose.
//
//   node server.mjs [--port 0] [--apps demo,other] [--ping-interval MS] [--ping-timeout MS] [--fault NAME=K]...
//
// Users of every app: `user-<n>` with the password `password-<n>`. Prints `listening on http://127.0.0.1:PORT` when ready.
// Ends on SIGTERM, SIGINT, and when its standard input closes (so it never outlives whoever started it).
//
// Beyond the contract: a client's `echo` event is sent back with the same arguments and acked with them; every other event
// that asks for an ack is acked with no arguments. `GET /truth` tells how many deliveries there were and how many were harmed.
//
// Faults. A delivery is one (push, socket). They are counted from 1 over the server's life; every K-th one is harmed:
//   drop-every=K       never sent
//   duplicate-every=K  sent twice
//   rename-every=K     sent under the event name with `-renamed` appended
//   corrupt-every=K    one character of one string in the message replaced. Never inside a key `pp`, where tests keep their
//                      tags. If the message is a string: inside the JSON if it holds an object or array, else its last character
//   leak-every=K       (targeted pushes only) sent to one socket of another user of the app as well
//   cross-app-every=K  sent to one socket of another app as well
//   phantom-every=K    followed by an event that nobody asked for: the same name, the message {"note":"nobody sent this"}
//   swap-every=K       held back until the next delivery to the same socket has been sent
// A delivery suffers one fault at most: of those due, the first in this list that can be done. Harm that cannot be done (no
// string to corrupt, nobody to leak to) is not counted. What swap holds when nothing follows stays unsent: `held` in /truth.

import { createServer } from "node:http";
import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { Server } from "socket.io";

const FAULTS = ["drop", "duplicate", "rename", "corrupt", "leak", "cross-app", "phantom", "swap"];
const MAX_BODY_BYTES = 16 * 1024 * 1024;

const { values: flags } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    apps: { type: "string", default: "demo,other" },
    "ping-interval": { type: "string", default: "25000" },
    "ping-timeout": { type: "string", default: "20000" },
    fault: { type: "string", multiple: true, default: [] },
  },
});

const apps = new Set(flags.apps.split(","));
const everyK = parseFaults(flags.fault);
const sessions = new Map(); // session id -> { app, user }
const truth = { pushes: 0, deliveries: 0, emitted: 0, held: 0, faults: Object.fromEntries(FAULTS.map((f) => [f, 0])) };

function parseFaults(specs) {
  const found = new Map();
  for (const spec of specs.flatMap((s) => s.split(","))) {
    const [, name, k] = /^([a-z-]+)-every=([1-9]\d*)$/.exec(spec) ?? [];
    if (!FAULTS.includes(name)) {
      console.error(`unknown fault ${spec}; known: ${FAULTS.map((f) => `${f}-every=K`).join(", ")}`);
      process.exit(2);
    }
    found.set(name, Number(k));
  }
  return found;
}

// ---- HTTP ----------------------------------------------------------------------------------------------------------

class Refusal extends Error {
  constructor(status, msg, code = 0) {
    super(msg);
    this.status = status;
    this.body = { msg, code, httpCode: status, typeError: "ERROR", errorVariables: {}, payload: null, status: "ERROR" };
  }
}

const routes = {
  "POST /good/api/v5/auth": login,
  "GET /good/api/v4/auth/check": check,
  "GET /good/api/v4/auth/logout": logout,
  "POST /good/api/v5/data/push/send": pushSend,
  "GET /truth": () => truth,
};

function login({ query, body }) {
  const app = query.get("appID");
  const n = /^user-(\d+)$/.exec(body?.username)?.[1];
  if (!apps.has(app) || n === undefined || body.password !== `password-${n}`) {
    throw new Refusal(400, "User or password incorrect", 108);
  }
  const token = randomUUID();
  sessions.set(token, { app, user: body.username });
  return { result: { token, username: body.username, role: "" }, status: "ok" };
}

function sessionOf(query) {
  const token = query.get("sessionID") ?? "";
  const session = sessions.get(token);
  return session?.app === query.get("appID") ? { token, ...session } : undefined;
}

function check({ query }) {
  const session = sessionOf(query);
  if (!session) return { result: { result: false, token: null } };
  return { result: { result: true, token: { token: session.token, username: session.user, role: "" } } };
}

function logout({ query }) {
  const session = sessionOf(query);
  if (session) {
    sessions.delete(session.token);
    io.in(room("session", session.token)).disconnectSockets(true);
  }
  return { result: { result: true } };
}

function pushSend({ query, body }) {
  const app = query.get("appID");
  if (!apps.has(app)) throw new Refusal(400, "no such app");
  if (query.get("sessionID") && !sessionOf(query)) throw new Refusal(403, "session needed");
  const { userID, eventName } = body ?? {};
  if (typeof userID !== "string" || typeof eventName !== "string") throw new Refusal(400, "userID and eventName are needed");
  if (RESERVED_EVENTS.has(eventName)) throw new Refusal(400, `${eventName} is a reserved event name`);
  const args = "message" in body ? [body.message] : [];
  return { result: [{ sockets: push(app, userID, eventName, args) }], status: "ok" };
}

async function readJson(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Refusal(413, "body too large");
    chunks.push(chunk);
  }
  try {
    return size === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new Refusal(400, "body is not JSON");
  }
}

const http = createServer(async (request, response) => {
  const url = new URL(request.url, "http://localhost");
  let status = 200;
  let body;
  try {
    const route = routes[`${request.method} ${url.pathname}`];
    if (!route) throw new Refusal(400, "no such endpoint");
    body = route({ query: url.searchParams, body: await readJson(request) });
  } catch (error) {
    const refusal = error instanceof Refusal ? error : new Refusal(500, String(error));
    ({ status, body } = refusal);
  }
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
});

// ---- Sockets -------------------------------------------------------------------------------------------------------

// What socket.io refuses to emit, because its own objects raise these.
const RESERVED_EVENTS = new Set(["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"]);

// JSON of a list is an unambiguous key: no choice of app and user ids can make two rooms the same.
const room = (...parts) => JSON.stringify(parts);

const io = new Server(http, {
  pingInterval: Number(flags["ping-interval"]),
  pingTimeout: Number(flags["ping-timeout"]),
});

io.use((socket, next) => {
  const { app_id, session_id } = socket.handshake.auth;
  const session = sessions.get(session_id);
  if (!session || session.app !== app_id) return next(new Error("not authorized"));
  socket.data = { app: session.app, user: session.user, session: session_id, held: [] };
  next();
});

io.on("connection", (socket) => {
  const { app, user, session } = socket.data;
  if (!sessions.has(session)) return socket.disconnect(true); // logged out between the check and here
  socket.join([room("app", app), room("user", app, user), room("session", session)]);
  socket.onAny((name, ...args) => {
    const ack = typeof args.at(-1) === "function" ? args.pop() : () => {};
    if (name === "echo") {
      socket.emit("echo", ...args);
      ack(...args);
    } else {
      ack();
    }
  });
});

const socketsIn = (key) => [...(io.of("/").adapter.rooms.get(key) ?? [])].map((id) => io.of("/").sockets.get(id));

/// Sends one push and returns how many sockets were in its audience.
function push(app, userID, eventName, args) {
  const audience = userID === "*" ? room("app", app) : room("user", app, userID);
  truth.pushes += 1;
  if (everyK.size > 0) {
    const sockets = socketsIn(audience);
    for (const socket of sockets) deliverOrHarm(socket, userID !== "*", eventName, args);
    return sockets.length;
  }
  const count = io.of("/").adapter.rooms.get(audience)?.size ?? 0;
  io.to(audience).emit(eventName, ...args);
  truth.deliveries += count;
  truth.emitted += count;
  return count;
}

// ---- Faults --------------------------------------------------------------------------------------------------------

function deliverOrHarm(socket, targeted, name, args) {
  truth.deliveries += 1;
  const due = FAULTS.filter((fault) => truth.deliveries % everyK.get(fault) === 0); // n % undefined is NaN: never due
  const harmed = due.find((fault) => HARM[fault](socket, name, args, targeted));
  if (!harmed) send(socket, name, args);
  else if (harmed !== "swap") truth.faults[harmed] += 1; // a swap is done, and counted, when the neighbour overtakes
}

/// Emits, then lets go of what was held back for this moment.
function send(socket, name, args) {
  emit(socket, name, args);
  for (const late of socket.data.held.splice(0)) {
    truth.held -= 1;
    truth.faults.swap += 1;
    emit(socket, late.name, late.args);
  }
}

function emit(socket, name, args) {
  truth.emitted += 1;
  socket.emit(name, ...args);
}

function sendAlsoTo(stranger, socket, name, args) {
  if (!stranger) return false;
  send(socket, name, args);
  emit(stranger, name, args);
  return true;
}

// Each answers whether it did its harm; if not, it has sent nothing.
const HARM = {
  drop: () => true,
  duplicate: (socket, name, args) => {
    send(socket, name, args);
    emit(socket, name, args);
    return true;
  },
  rename: (socket, name, args) => {
    send(socket, `${name}-renamed`, args);
    return true;
  },
  corrupt: (socket, name, args) => {
    const damaged = args.length > 0 ? corrupt(args[0]) : undefined;
    if (damaged === undefined) return false;
    send(socket, name, [damaged]);
    return true;
  },
  leak: (socket, name, args, targeted) => {
    const { app, user } = socket.data;
    const stranger = targeted ? socketsIn(room("app", app)).find((s) => s.data.user !== user) : undefined;
    return sendAlsoTo(stranger, socket, name, args);
  },
  "cross-app": (socket, name, args) => {
    const others = [...apps].filter((app) => app !== socket.data.app);
    return sendAlsoTo(others.flatMap((app) => socketsIn(room("app", app)))[0], socket, name, args);
  },
  phantom: (socket, name, args) => {
    send(socket, name, args);
    emit(socket, name, [{ note: "nobody sent this" }]);
    return true;
  },
  swap: (socket, name, args) => {
    if (socket.data.held.length > 0) return false; // this one is the neighbour that the held one waits for
    socket.data.held.push({ name, args });
    truth.held += 1;
    return true;
  },
};

/// A copy of the message with one character of one string replaced, or undefined if it has no string to damage.
function corrupt(message) {
  if (typeof message !== "string") return corruptInside(message);
  let inner;
  try {
    inner = JSON.parse(message);
  } catch {
    // plain text
  }
  if (inner === null || typeof inner !== "object") return corruptText(message);
  const damaged = corruptInside(inner);
  return damaged === undefined ? undefined : JSON.stringify(damaged);
}

function corruptInside(value) {
  if (typeof value === "string") return corruptText(value);
  if (value === null || typeof value !== "object") return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const damaged = key === "pp" ? undefined : corruptInside(inner);
    if (damaged === undefined) continue;
    const copy = Array.isArray(value) ? [...value] : { ...value };
    copy[key] = damaged;
    return copy;
  }
  return undefined;
}

function corruptText(text) {
  const characters = [...text];
  if (characters.length === 0) return undefined;
  characters.push(characters.pop() === "x" ? "y" : "x");
  return characters.join("");
}

// ---- Life ----------------------------------------------------------------------------------------------------------

function stop() {
  io.close(() => process.exit(0));
  http.closeAllConnections?.();
}

process.once("SIGTERM", stop);
process.once("SIGINT", stop);
process.stdin.once("end", stop).once("error", stop).resume();
http.listen(Number(flags.port), "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${http.address().port}`));
