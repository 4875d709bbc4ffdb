// A push platform on socket.io, written from the platform's contract alone: login over HTTP, sockets that prove their
// session in the CONNECT packet, one HTTP call that pushes an event to one user or to everyone of an app.
// It shares no code with pushproof; pushproof's tests use it as the server that is right, or wrong on purpose.
//
//   node server.mjs [--port 0] [--apps demo,other] [--ping-interval MS] [--ping-timeout MS] [--connect-timeout MS] [--fault NAME=K]...
//
// With --tls-cert FILE and --tls-key FILE (PEM) it speaks HTTPS, and with --namespace /NAME its sockets are in that namespace alone.
//
// With --slow-goodbye MS it takes so long to heed that a client leaves the namespace, and goes on sending meanwhile.
//
// With --recovery a socket that comes back within two minutes gets what it has missed (socket.io's connectionStateRecovery).
// With --recovery-strict it does so once, and only for whoever shows credentials of the same session, which socket.io does not look at.
//
// Users of every app: `user-<n>` with the password `password-<n>`. Prints `listening on http://127.0.0.1:PORT` when ready.
// Ends on SIGTERM, SIGINT, and when its standard input closes (so it never outlives whoever started it).
//
// Beyond the contract: a client's `message` event is sent back as `message-back`, and its `echo` event is sent back with the same arguments and acked with them; every other event
// that asks for an ack is acked with no arguments, but `message-with-ack` and `ask`, which is acked with its own. `GET /truth` tells how many deliveries there were and how many were harmed.
//
// Faults, each as NAME-every=K. A delivery is one (push, socket). They are counted from 1 over the server's life; every K-th one is
// harmed:
//   drop               never sent
//   skip-socket        (targeted pushes at users with several sockets) never sent to this one
//   duplicate          sent twice
//   duplicate-late     sent again half a second later
//   rename             sent under the event name with `-renamed` appended
//   rename-case        sent under the event name with its first letter's case changed
//   rename-space       sent under the event name with a space behind it
//   rename-other       sent under another event name that has been asked for before
//   corrupt            the last byte of a message of bytes changed, or else one character of one string in the message replaced. Never inside a key `pp`, where tests keep their
//                      tags. If the message is a string: inside the JSON if it holds an object or array, else its last character
//   corrupt-digit      one number of the message, at any depth, is one more
//   corrupt-type       one number of the message is a string
//   corrupt-unicode    the last letter of one string of the message gets a combining accent
//   corrupt-key        one key of the message (an object) is gone
//   truncate           one string of the message that is longer than 65536 characters ends there
//   leak               (targeted pushes only) sent to one socket of another user of the app as well
//   cross-app          sent to one socket of another app as well
//   phantom            followed by an event that nobody asked for: the same name, the message {"note":"nobody sent this"}
//   swap               held back until the next delivery to the same socket has been sent
//   swap-far           held back until five more deliveries to the same socket have been sent
//   delay              sent two seconds later
// A delivery suffers one fault at most: of those due, the first in this list that can be done. Harm that cannot be done (no
// string to corrupt, nobody to leak to) is not counted. What a swap holds when nothing follows stays unsent: `held` in /truth.
// Of the pushes every K-th one:
//   lie                answered with 200 and delivered to nobody
//   deny               answered with 500 and delivered all the same
//   shard              (broadcasts only) not sent to every fourth socket
//   after-leave        (each push × client in its audience that left the namespace three to four seconds ago and kept its
//                      connection, counted from 1) sent to that client
//   swap-users         (targeted pushes only) held back until the next one at another user of the app, when each gets the other's
// Of the sockets every K-th one:
//   freeze             gets nothing after its fifth delivery
//   drop-tail          gets each delivery when the next one comes; one that none follows within a second is never sent
//   premature          gets an event before CONNECT is answered
// Of the `ask` events every K-th one:
//   ack-wrong          acked with something else
//   ack-drop           never acked
//   ack-twice          acked twice
// Of the sessions that are recovered, and that have missed two packets or more, every K-th one:
//   recover-twice      gets the first of them once more behind the last
//   recover-swapped    gets the first two the other way round
//   recover-less       gets all but the first
//   recover-foreign    gets one more that was for another user alone
// Of whoever asks for recovery, every K-th one (with --recovery-strict):
//   pid-is-sid         (of all sockets) has a private id that is its public one
//   pid-guess          gets some session if there is none of the id that it asks for
//   pid-theft          is not asked whether the session is that of its own user
//   recover-revoked    is not asked for credentials that are still good
//   recover-after-kick gets a session that was left, or ended by the server
//   silent-partial-replay  gets the last packet if its offset is not there
//   double-recovery    leaves the session to be recovered again
// `faults` in /truth counts harmed deliveries (one that is sent too often or should not be is one), or for `deny` pushes, for `swap-users` pairs
// of pushes.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { Server } from "socket.io";
import { SessionAwareAdapter } from "socket.io-adapter";

const DELIVERY_FAULTS = [
  "drop", "skip-socket", "duplicate", "duplicate-late", "rename", "rename-case", "rename-space", "rename-other",
  "corrupt", "corrupt-digit", "corrupt-type", "corrupt-unicode", "corrupt-key", "truncate",
  "leak", "cross-app", "phantom", "swap", "swap-far", "delay",
];
const PUSH_FAULTS = ["lie", "deny", "shard", "after-leave", "swap-users"];
const SOCKET_FAULTS = ["freeze", "drop-tail", "premature"];
const ACK_FAULTS = ["ack-wrong", "ack-drop", "ack-twice"];
const RECOVERY_FAULTS = ["recover-twice", "recover-swapped", "recover-less", "recover-foreign"];
const STRICT_FAULTS = ["pid-is-sid", "pid-guess", "pid-theft", "recover-revoked", "recover-after-kick", "silent-partial-replay", "double-recovery"];
const FAULTS = [...DELIVERY_FAULTS, ...PUSH_FAULTS, ...SOCKET_FAULTS, ...ACK_FAULTS, ...RECOVERY_FAULTS, ...STRICT_FAULTS];
const FAR = 5;
const FREEZES_AFTER = 5;
const TAIL_MS = 1000;
const LEFT_MS = [3000, 4000];
const MAX_BODY_BYTES = 16 * 1024 * 1024;

const { values: flags } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    apps: { type: "string", default: "demo,other" },
    "ping-interval": { type: "string", default: "25000" },
    "ping-timeout": { type: "string", default: "20000" },
    "tls-cert": { type: "string" },
    "tls-key": { type: "string" },
    namespace: { type: "string", default: "/" },
    recovery: { type: "boolean", default: false },
    "recovery-strict": { type: "boolean", default: false },
    "slow-goodbye": { type: "string", default: "0" },
    "connect-timeout": { type: "string", default: "45000" },
    fault: { type: "string", multiple: true, default: [] },
  },
});

const apps = new Set(flags.apps.split(","));
const everyK = parseFaults(flags.fault);
const harmsDeliveries = [...everyK.keys()].some((name) => !RECOVERY_FAULTS.includes(name) && !STRICT_FAULTS.includes(name));
let socketsSeen = 0;
let asked = 0;
const namesAsked = new Set();
const left = new Set(); // clients that left the namespace and kept their connection
let chancesAfterLeave = 0;
let chancesToRecover = 0;
let recoveriesAsked = 0;
let waitsForSwap; // the push that swap-users holds back
const sessions = new Map(); // session id -> { app, user }
const truth = { pushes: 0, deliveries: 0, emitted: 0, held: 0, recovered: 0, missed: 0, faults: Object.fromEntries(FAULTS.map((f) => [f, 0])) };

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
    space.in(room("session", session.token)).disconnectSockets(true);
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
  const args = "messageBase64" in body ? [Buffer.from(body.messageBase64, "base64")] : "message" in body ? [body.message] : [];
  const sockets = push(app, userID, eventName, args);
  if (isDue("deny", truth.pushes)) {
    truth.faults.deny += 1;
    throw new Refusal(500, "it went wrong");
  }
  return { result: [{ sockets }], status: "ok" };
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

const secure = flags["tls-cert"] && { cert: readFileSync(flags["tls-cert"]), key: readFileSync(flags["tls-key"]) };
const serverOf = (handler) => (secure ? createSecureServer(secure, handler) : createServer(handler));
const http = serverOf(async (request, response) => {
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
  connectTimeout: Number(flags["connect-timeout"]),
  ...((flags.recovery || flags["recovery-strict"]) && { connectionStateRecovery: {}, adapter: recovering() }),
});

/// The adapter that socket.io takes for it, with a count of what it recovers, and what it does wrong.
function recovering() {
  return class extends SessionAwareAdapter {
    async restoreSession(pid, offset) {
      if (isWrong("pid-guess") && !this.sessions.has(pid)) pid = [...this.sessions.keys()].at(-1);
      if (isWrong("silent-partial-replay") && !this.packets.some(({ id }) => id === offset)) offset = this.packets.at(-2)?.id;
      const restored = super.restoreSession(pid, offset);
      // At once: another one asks before this one is told.
      if (flags["recovery-strict"] && restored && !isWrong("double-recovery")) this.sessions.delete(pid);
      const session = await restored;
      if (!session) return session;
      const missed = session.missedPackets;
      truth.recovered += 1;
      truth.missed += missed.length;
      if (missed.length < 2) return session;
      chancesToRecover += 1;
      const fault = RECOVERY_FAULTS.find((name) => isDue(name, chancesToRecover));
      const foreign = this.packets.findLast(({ opts }) => session.rooms.every((one) => !opts.rooms.has(one)));
      // The offsets stay in their places: one that goes back would have the next recovery repeat what has come.
      const as = (packet, offset) => [...packet.slice(0, -1), offset.at(-1)];
      const [first, second] = missed;
      if (fault === "recover-twice") missed.push(as(first, missed.at(-1)));
      if (fault === "recover-swapped") missed.splice(0, 2, as(second, first), as(first, second));
      if (fault === "recover-less") missed.shift();
      if (fault === "recover-foreign" && foreign) missed.push(as(foreign.data, missed.at(-1)));
      if (fault && (fault !== "recover-foreign" || foreign)) truth.faults[fault] += 1;
      return session;
    }
  };
}

/// Whether a fault of --recovery-strict is on for whoever asks for recovery now.
function isWrong(fault) {
  const wrong = isDue(fault, recoveriesAsked);
  if (wrong) truth.faults[fault] += 1;
  return wrong;
}

const space = io.of(flags.namespace);
if (flags["recovery-strict"]) {
  // socket.io sends what was missed before anybody is asked who comes: whose session it is has to be known before that.
  const create = space._createSocket.bind(space);
  space._createSocket = (client, auth) => create(client, mayRecover(auth) ? auth : { ...auth, pid: undefined });
}

/// Whether somebody who shows this may have the session that it asks for.
function mayRecover({ app_id, session_id, pid }) {
  if (pid === undefined) return true;
  recoveriesAsked += 1;
  const own = sessions.get(session_id);
  if ((!own || own.app !== app_id) && !isWrong("recover-revoked")) return false;
  const asked = space.adapter.sessions.get(pid)?.data;
  const isOwn = !asked || (asked.app === app_id && asked.session === session_id);
  return isOwn || (own && isWrong("pid-theft")) || !own;
}

space.use((socket, next) => {
  const { app_id, session_id } = socket.handshake.auth;
  const session = sessions.get(session_id);
  if (!session || session.app !== app_id) return next(new Error("not authorized"));
  socketsSeen += 1;
  if (isDue("pid-is-sid", socketsSeen)) {
    truth.faults["pid-is-sid"] += 1;
    socket.pid = socket.id;
  }
  socket.data = { app: session.app, user: session.user, session: session_id, held: [], got: 0, freezes: isDue("freeze", socketsSeen), losesTail: isDue("drop-tail", socketsSeen) };
  if (isDue("premature", socketsSeen)) {
    truth.faults.premature += 1;
    socket.client._packet({ type: 2, nsp: flags.namespace, data: ["alert", "too early"] });
  }
  next();
});

space.on("connection", (socket) => {
  const { app, user, session } = socket.data;
  if (!sessions.has(session)) return socket.disconnect(true); // logged out between the check and here
  socket.join([room("app", app), room("user", app, user), room("session", session)]);
  socket.on("disconnecting", (reason) => {
    if (!everyK.has("recover-after-kick") || !reason.includes("namespace disconnect")) return;
    truth.faults["recover-after-kick"] += 1;
    space.adapter.persistSession({ sid: socket.id, pid: socket.pid, rooms: [...socket.rooms], data: socket.data });
  });
  socket.on("disconnect", (reason) => {
    if (reason !== "client namespace disconnect") return;
    const leaver = { app, user, client: socket.client, at: Date.now() };
    left.add(leaver);
    socket.client.conn.once("close", () => left.delete(leaver));
  });
  const goodbye = Number(flags["slow-goodbye"]);
  const { onevent, ondisconnect } = socket;
  if (goodbye > 0) socket.ondisconnect = () => setTimeout(() => ondisconnect.call(socket), goodbye);
  socket.onevent = (packet) => {
    socket.data.lastId = packet.id;
    onevent.call(socket, packet);
  };
  socket.onAny((name, ...args) => {
    const ack = typeof args.at(-1) === "function" ? args.pop() : () => {};
    if (name === "echo") {
      socket.emit("echo", ...args);
      ack(...args);
    } else if (name === "message") {
      socket.emit("message-back", ...args);
      ack();
    } else if (name === "message-with-ack") {
      ack(...args);
    } else if (name === "ask") {
      answer(socket, ack, args);
    } else {
      ack();
    }
  });
});

/// Acks an `ask`, right or wrong.
function answer(socket, ack, args) {
  asked += 1;
  const fault = ACK_FAULTS.find((name) => isDue(name, asked));
  if (fault) truth.faults[fault] += 1;
  if (fault === "ack-drop") return;
  ack(...(fault === "ack-wrong" ? ["wrong", "answer"] : args));
  // socket.io lets an event be acked once: the second ack is written as a packet of its own, with the id of the event, which came just now.
  if (fault === "ack-twice") socket.packet({ type: 3, id: socket.data.lastId, data: args });
}

const socketsIn = (key) => [...(space.adapter.rooms.get(key) ?? [])].map((id) => space.sockets.get(id));

/// Sends one push and returns how many sockets were in its audience.
function push(app, userID, eventName, args) {
  const audience = userID === "*" ? room("app", app) : room("user", app, userID);
  truth.pushes += 1;
  if (harmsDeliveries) {
    namesAsked.add(eventName);
    const sockets = socketsIn(audience);
    pushOrHarm({ app, userID, eventName, args }, sockets);
    return sockets.length;
  }
  const count = io.of("/").adapter.rooms.get(audience)?.size ?? 0;
  io.to(audience).emit(eventName, ...args);
  truth.deliveries += count;
  truth.emitted += count;
  return count;
}

// ---- Faults --------------------------------------------------------------------------------------------------------

/// Whether a fault is on and this is a K-th one (n % undefined is NaN: never due).
function isDue(fault, n) {
  return n % everyK.get(fault) === 0;
}

function pushOrHarm(push, sockets) {
  const { app, userID, eventName, args } = push;
  const targeted = userID !== "*";
  if (isDue("lie", truth.pushes)) {
    truth.deliveries += sockets.length;
    truth.faults.lie += sockets.length;
    return;
  }
  if (targeted && waitsForSwap && waitsForSwap.push.app === app && waitsForSwap.push.userID !== userID) {
    const other = waitsForSwap;
    waitsForSwap = undefined;
    truth.deliveries += sockets.length;
    truth.held -= other.sockets.length;
    truth.faults["swap-users"] += 1;
    for (const socket of other.sockets) emit(socket, eventName, args);
    for (const socket of sockets) emit(socket, other.push.eventName, other.push.args);
    return;
  }
  if (targeted && !waitsForSwap && isDue("swap-users", truth.pushes)) {
    waitsForSwap = { push, sockets };
    truth.deliveries += sockets.length;
    truth.held += sockets.length;
    return;
  }
  for (const leaver of left) {
    const ago = Date.now() - leaver.at;
    const meant = leaver.app === app && (!targeted || leaver.user === userID);
    if (!meant || ago < LEFT_MS[0] || ago > LEFT_MS[1]) continue;
    chancesAfterLeave += 1;
    if (!isDue("after-leave", chancesAfterLeave)) continue;
    truth.faults["after-leave"] += 1;
    leaver.client._packet({ type: 2, nsp: flags.namespace, data: [eventName, ...args] });
  }
  const missed = !targeted && isDue("shard", truth.pushes) ? sockets.filter((_, n) => n % 4 === 0) : [];
  truth.faults.shard += missed.length;
  truth.deliveries += missed.length;
  for (const socket of sockets) if (!missed.includes(socket)) deliverOrHarm(socket, targeted, eventName, args);
}

function deliverOrHarm(socket, targeted, name, args) {
  truth.deliveries += 1;
  socket.data.got += 1;
  if (socket.data.freezes && socket.data.got > FREEZES_AFTER) {
    truth.faults.freeze += 1;
    return;
  }
  if (socket.data.losesTail) {
    const before = socket.data.tail;
    clearTimeout(before?.timer);
    const timer = setTimeout(() => {
      socket.data.tail = undefined;
      truth.faults["drop-tail"] += 1;
    }, TAIL_MS);
    socket.data.tail = { name, args, timer };
    if (before) send(socket, before.name, before.args);
    return;
  }
  const due = DELIVERY_FAULTS.filter((fault) => isDue(fault, truth.deliveries));
  const harmed = due.find((fault) => HARM[fault](socket, name, args, targeted));
  if (!harmed) send(socket, name, args);
  else if (!harmed.startsWith("swap")) truth.faults[harmed] += 1; // a swap is done, and counted, when it is overtaken
}

/// Emits, then lets go of what was held back for this moment.
function send(socket, name, args) {
  emit(socket, name, args);
  for (const late of socket.data.held.splice(0)) {
    late.waitsFor -= 1;
    if (late.waitsFor > 0) {
      socket.data.held.push(late);
      continue;
    }
    truth.held -= 1;
    truth.faults[late.fault] += 1;
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
  "skip-socket": (socket, name, args, targeted) => {
    return targeted && socketsIn(room("user", socket.data.app, socket.data.user)).length > 1;
  },
  "duplicate-late": (socket, name, args) => {
    send(socket, name, args);
    setTimeout(() => emit(socket, name, args), 500);
    return true;
  },
  rename: (socket, name, args) => sendAs(socket, `${name}-renamed`, args),
  "rename-case": (socket, name, args) => sendAs(socket, otherCase(name), args),
  "rename-space": (socket, name, args) => sendAs(socket, `${name} `, args),
  "rename-other": (socket, name, args) => {
    const other = [...namesAsked].find((asked) => asked !== name);
    return other !== undefined && sendAs(socket, other, args);
  },
  corrupt: (socket, name, args) => sendInstead(socket, name, args, corrupt),
  "corrupt-digit": (socket, name, args) => sendInstead(socket, name, args, inside((v) => (typeof v === "number" ? v + 1 : undefined))),
  "corrupt-type": (socket, name, args) => sendInstead(socket, name, args, inside((v) => (typeof v === "number" ? `${v}` : undefined))),
  "corrupt-unicode": (socket, name, args) => sendInstead(socket, name, args, inside((v) => (typeof v === "string" ? `${v}\u0301` : undefined))),
  "corrupt-key": (socket, name, args) => sendInstead(socket, name, args, withoutKey),
  truncate: (socket, name, args) => sendInstead(socket, name, args, inside((v) => (v.length > 65536 ? v.slice(0, 65536) : undefined))),
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
  swap: (socket, name, args) => hold(socket, name, args, "swap", 1),
  "swap-far": (socket, name, args) => hold(socket, name, args, "swap-far", FAR),
  delay: (socket, name, args) => {
    setTimeout(() => send(socket, name, args), 2000);
    return true;
  },
};

function sendAs(socket, name, args) {
  send(socket, name, args);
  return true;
}

function otherCase(name) {
  const first = name[0] === name[0].toUpperCase() ? name[0].toLowerCase() : name[0].toUpperCase();
  return first + name.slice(1);
}

function sendInstead(socket, name, args, damage) {
  const damaged = args.length > 0 ? damage(args[0]) : undefined;
  if (damaged === undefined) return false;
  send(socket, name, [damaged]);
  return true;
}

function hold(socket, name, args, fault, waitsFor) {
  if (socket.data.held.length > 0) return false; // this one may be the neighbour that the held one waits for
  socket.data.held.push({ name, args, fault, waitsFor });
  truth.held += 1;
  return true;
}

/// Makes a function that gives a copy of a message with the first value changed that `change` gives another one for.
function inside(change) {
  const walk = (value) => {
    if (value === null || typeof value !== "object") return value === null ? undefined : change(value);
    for (const [key, inner] of Object.entries(value)) {
      // Neither the tag nor what holds nothing but a tag.
      const damaged = key === "pp" || `${inner}`.startsWith("pp1.") ? undefined : walk(inner);
      if (damaged === undefined) continue;
      const copy = Array.isArray(value) ? [...value] : { ...value };
      copy[key] = damaged;
      return copy;
    }
    return undefined;
  };
  return (message) => (typeof message === "object" && !Buffer.isBuffer(message) ? walk(message) : undefined);
}

function withoutKey(message) {
  if (message === null || typeof message !== "object" || Array.isArray(message) || Buffer.isBuffer(message)) return undefined;
  const key = Object.keys(message).find((key) => key !== "pp");
  if (key === undefined) return undefined;
  const { [key]: _, ...rest } = message;
  return rest;
}

/// A copy of the message with one character of one string replaced, or undefined if it has no string to damage.
function corrupt(message) {
  if (Buffer.isBuffer(message)) return Buffer.concat([message.subarray(0, -1), Buffer.of(message.at(-1) ^ 1)]);
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
http.listen(Number(flags.port), "127.0.0.1", () => console.log(`listening on ${secure ? "https" : "http"}://127.0.0.1:${http.address().port}`));
