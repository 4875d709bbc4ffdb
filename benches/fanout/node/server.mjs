// A push server on socket.io, as lean as one that people would write: the fan-out bench runs it beside pushproof's own platform.
//
//   node server.mjs [--port 0]
//
// It speaks the contract in pushproof's README: login, sockets that prove their session in CONNECT, one call that pushes to a user or to
// everyone of an app. To be fair to it: WebSocket alone, no compression (the default), two rooms for each socket and no listener on it,
// and `io.to(room).emit`, which encodes the packet and its WebSocket frame once for all sockets of the room.
// Prints `listening on http://127.0.0.1:PORT` when ready; ends with its standard input, so it never outlives whoever started it.

import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { Server } from "socket.io";

const { values: flags } = parseArgs({ options: { port: { type: "string", default: "0" } } });
const apps = new Set(["demo", "other"]);
const sessions = new Map(); // session id -> { app, user }

// JSON of a list is an unambiguous key: no choice of app and user ids can make two rooms the same.
const room = (...parts) => JSON.stringify(parts);

const refused = (msg) => [400, { msg, httpCode: 400, status: "ERROR" }];

function login(app, { username, password }) {
  const n = /^user-(\d+)$/.exec(username)?.[1];
  if (!apps.has(app) || n === undefined || password !== `password-${n}`) return refused("User or password incorrect");
  const token = randomUUID();
  sessions.set(token, { app, user: username });
  return [200, { result: { token, username, role: "" }, status: "ok" }];
}

function push(app, { userID, eventName, message }) {
  if (!apps.has(app) || !eventName) return refused("no such app, or no event name");
  const audience = userID === "*" ? room("app", app) : room("user", app, userID);
  io.to(audience).emit(eventName, ...(message === undefined ? [] : [message]));
  return [200, { result: [], status: "ok" }];
}

const routes = { "/good/api/v5/auth": login, "/good/api/v5/data/push/send": push };

const http = createServer((request, response) => {
  const url = new URL(request.url, "http://localhost");
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    let answer;
    try {
      const route = request.method === "POST" && routes[url.pathname];
      answer = route ? route(url.searchParams.get("appID"), JSON.parse(Buffer.concat(chunks))) : refused("no such endpoint");
    } catch (error) {
      answer = refused(String(error));
    }
    response.statusCode = answer[0];
    response.setHeader("content-type", "application/json").end(JSON.stringify(answer[1]));
  });
});

const io = new Server(http, { transports: ["websocket"], serveClient: false });

io.use((socket, next) => {
  const { app_id, session_id } = socket.handshake.auth;
  const session = sessions.get(session_id);
  if (session?.app !== app_id) return next(new Error("not authorized"));
  socket.join([room("app", app_id), room("user", app_id, session.user)]);
  next();
});

process.stdin.once("end", () => process.exit(0)).once("error", () => process.exit(0)).resume();
// As many may wait to be accepted as at the other servers.
http.listen({ port: Number(flags.port), host: "127.0.0.1", backlog: 4096 }, () => {
  console.log(`listening on http://127.0.0.1:${http.address().port}`);
});
