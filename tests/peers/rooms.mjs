// A Socket.IO application as many teams have one, and not the contract of README.md: a session from a form, a cookie that proves it, a path
// of its own, pushes by REST behind a key. It shares no code with pushproof.
//
//   node rooms.mjs [--key KEY]
//
// `POST /session` (a form: name, secret; answers {"data":{"sid":…}}), sockets at /live/ with `Cookie: sid=…` and `?tenant=acme`,
// `POST /rooms/<user>/<event>` and `POST /all/<event>` with `Authorization: Bearer KEY` and the message as body; 202 with no body. Prints `listening on http://127.0.0.1:PORT` when ready, and ends
// when its standard input closes.

import { createServer } from "node:http";
import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { Server } from "socket.io";

const { values: flags } = parseArgs({ options: { key: { type: "string", default: "key" } } });
const sessions = new Map(); // sid -> user

async function text(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

const http = createServer(async (request, response) => {
  const end = (status, body) => response.writeHead(status, body && { "content-type": "application/json" }).end(body && JSON.stringify(body));
  const path = new URL(request.url, "http://localhost").pathname.split("/").slice(1).map(decodeURIComponent);
  const body = await text(request);
  if (request.method !== "POST") return end(405);
  if (path[0] === "session") {
    const form = new URLSearchParams(body);
    if (form.get("secret") !== `secret of ${form.get("name")}`) return end(401, { error: "wrong" });
    const sid = randomUUID();
    sessions.set(sid, form.get("name"));
    return end(201, { data: { sid } });
  }
  if (request.headers.authorization !== `Bearer ${flags.key}`) return end(401, { error: "no key" });
  if (request.headers["x-tenant"] !== "acme") return end(400, { error: "no tenant" });
  const [kind, user, event] = path[0] === "all" ? ["all", undefined, path[1]] : path;
  const message = JSON.parse(body);
  (kind === "all" ? io : io.to(`user ${user}`)).emit(event, message);
  end(202);
});

const io = new Server(http, { path: "/live/" });
io.use((socket, next) => {
  const sid = /(?:^|; *)sid=([^;]+)/.exec(socket.handshake.headers.cookie ?? "")?.[1];
  const user = sessions.get(sid);
  if (!user || socket.handshake.query.tenant !== "acme" || Object.keys(socket.handshake.auth).length > 0) {
    return next(new Error("who are you?"));
  }
  socket.join(`user ${user}`);
  next();
});

http.listen(0, "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${http.address().port}`));
process.stdin.on("end", () => process.exit(0)).resume();
