// One node of several: socket.io with @socket.io/redis-adapter, or as one server whose clients push through their sockets. Login, CONNECT and
// the HTTP push are as in server.mjs; a session says itself whose it is, so that any node takes it. It shares no code with pushproof.
//
//   node cluster.mjs [--redis redis://127.0.0.1:PORT] [--port 0] [--apps demo,other] [--key socket.io] [--strict] [--fault NAME]
//
// --key: the name under which the nodes of one deployment find each other. --strict: what they do not do by themselves is done: a push is
// refused while Redis is gone, and what is on the bus and no node has said is passed over. --fault: swallow-when-bus-down (a push is accepted
// while Redis is gone, and reaches nobody), unsafe-decode (whatever is on the bus is believed).
//
// Prints `listening on http://127.0.0.1:PORT` when it listens and has joined the others. Ends on SIGTERM, SIGINT, and when its standard
// input closes.
//
// Rooms are `app:<app>` and `user:<app>:<user>`, as a publisher over Redis has to name them. A client's `push` event (user, event, message) is a
// push in its app: acked with {"status":"ok"}, or with {"status":"no such user"} for a user whose name does not begin with `user-`.
// `GET /truth`: `emitted` events written to sockets of this node, less those written to publishers
// (`user-900` to `user-999`), and `pushes` taken by it. Of what the adapter cannot publish while Redis is gone it keeps nothing.

import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { Server } from "socket.io";
import { createAdapter } from "@socket.io/redis-adapter";
import { createClient } from "redis";

const { values: flags } = parseArgs({
  options: {
    redis: { type: "string" },
    port: { type: "string", default: "0" },
    apps: { type: "string", default: "demo,other" },
    key: { type: "string", default: "socket.io" },
    strict: { type: "boolean", default: false },
    fault: { type: "string", default: "" },
  },
});
const apps = new Set(flags.apps.split(","));
let bus;
const truth = { pushes: 0, emitted: 0, unpublished: 0 };
// What could not be published while Redis was away.
process.on("unhandledRejection", () => (truth.unpublished += 1));

const sessionOf = (text) => {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString());
  } catch {
    return undefined;
  }
};
const refusal = (status, msg) => ({ status, body: { msg, status: "ERROR" } });

const routes = {
  "POST /good/api/v5/auth": (query, { username, password }) => {
    const app = query.get("appID");
    const n = /^user-(\d+)$/.exec(username)?.[1];
    if (!apps.has(app) || n === undefined || password !== `password-${n}`) return refusal(400, "User or password incorrect");
    const token = Buffer.from(JSON.stringify({ app, user: username })).toString("base64url");
    return { body: { result: { token, username, role: "" }, status: "ok" } };
  },
  "POST /good/api/v5/data/push/send": (query, { userID, eventName, ...rest }) => {
    const app = query.get("appID");
    if (!apps.has(app)) return refusal(400, "no such app");
    if (flags.strict && bus && !bus.isReady) return refusal(503, "the bus is gone");
    if (flags.fault === "swallow-when-bus-down" && !bus.isReady) return { body: { result: [], status: "ok" } };
    push(app, userID, eventName, "messageBase64" in rest ? [Buffer.from(rest.messageBase64, "base64")] : "message" in rest ? [rest.message] : []);
    return { body: { result: [], status: "ok" } };
  },
  "GET /truth": () => ({ body: truth }),
};

const http = createServer(async (request, response) => {
  const url = new URL(request.url, "http://localhost");
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString());
  const route = routes[`${request.method} ${url.pathname}`] ?? (() => refusal(404, "no such endpoint"));
  const answer = route(url.searchParams, body);
  response.writeHead(answer.status ?? 200, { "content-type": "application/json" }).end(JSON.stringify(answer.body));
});

const io = new Server(http);
if (flags.redis) {
  const options = { url: flags.redis, disableOfflineQueue: true, socket: { reconnectStrategy: 20 } };
  const clients = [createClient(options), createClient(options)];
  for (const client of clients) client.on("error", () => {});
  await Promise.all(clients.map((client) => client.connect()));
  bus = clients[0];
  if (flags.strict) passOver(clients[1]);
  io.adapter(createAdapter(...clients, { key: flags.key }));
  if (flags.fault === "unsafe-decode") {
    await clients[1].pSubscribe(`${flags.key}*`, (message) => message.startsWith("cbuiltins") && process.exit(1), false);
  }
  // The adapter subscribes without waiting; a node that does not hear the others yet is not ready. Its own channel is the last of them.
  const own = `${flags.key}-response#/#${io.of("/").adapter.uid}#`;
  while (Number((await clients[0].sendCommand(["PUBSUB", "NUMSUB", own]))[1]) === 0) await new Promise((done) => setTimeout(done, 5));
}

// The adapter takes whatever is on the bus for a message of a node, and what it throws ends the process.
function passOver(client) {
  const guarded = (subscribe) => (channels, listener, ...rest) =>
    subscribe(
      channels,
      (...said) => {
        try {
          listener(...said);
        } catch {
          truth.passedOver = (truth.passedOver ?? 0) + 1;
        }
      },
      ...rest,
    );
  for (const name of ["subscribe", "pSubscribe"]) client[name] = guarded(client[name].bind(client));
}

io.use((socket, next) => {
  const { app_id, session_id } = socket.handshake.auth;
  const session = sessionOf(session_id);
  if (!session || session.app !== app_id) return next(new Error("not authorized"));
  socket.data = session;
  next();
});

io.on("connection", (socket) => {
  const { app, user } = socket.data;
  if (!/^user-9\d\d$/.test(user)) {
    socket.conn.on("packetCreate", ({ type, data }) => {
      if (type === "message" && typeof data === "string" && /^(2|51-)\[/.test(data)) truth.emitted += 1;
    });
  }
  socket.join([`app:${app}`, `user:${app}:${user}`]);
  socket.on("push", (to, event, ...rest) => {
    const ack = rest.at(-1) instanceof Function ? rest.pop() : () => {};
    if (to !== "*" && !to.startsWith("user-")) return ack({ status: "no such user" });
    push(app, to, event, rest);
    ack({ status: "ok" });
  });
  // The same, and the sender is disconnected in place of an ack.
  socket.on("push and go", (to, event, message) => {
    push(app, to, event, [message]);
    socket.disconnect(true);
  });
});

function push(app, user, event, args) {
  truth.pushes += 1;
  io.to(user === "*" ? `app:${app}` : `user:${app}:${user}`).emit(event, ...args);
}

http.listen(Number(flags.port), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${http.address().port}`);
});
const end = () => process.exit(0);
process.on("SIGTERM", end);
process.on("SIGINT", end);
process.stdin.on("end", end).resume();
