// A Socket.IO application whose users show a JWT when they connect, verified by the `jsonwebtoken` package. It shares no code with pushproof.
//
//   node jwt.mjs --algorithm HS256 --secret SECRET [--lenient]
//   node jwt.mjs --algorithm RS256 --private-key FILE      (makes a pair of keys, and writes the private one there)
//
// Sockets show `auth: {token}`, whose `sub` is the user and whose `tenant` is the colour that the user's number decides.
// `POST /push/<user>/<event>` and `POST /push-all/<event>` have the message as body, and any socket may emit `push` with user, event and
// message, which is acked with "ok". `--lenient`: tokens are read and not verified. Prints
// `listening on http://127.0.0.1:PORT` when ready, and ends when its standard input closes.

import { createServer } from "node:http";
import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import jwt from "jsonwebtoken";
import { Server } from "socket.io";

const { values: flags } = parseArgs({
  options: {
    algorithm: { type: "string" },
    secret: { type: "string" },
    "private-key": { type: "string" },
    lenient: { type: "boolean", default: false },
  },
});

let key = flags.secret;
if (flags.algorithm === "RS256") {
  const pair = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  writeFileSync(flags["private-key"], pair.privateKey);
  key = pair.publicKey;
}

async function text(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

const http = createServer(async (request, response) => {
  const path = request.url.split("/").slice(1).map(decodeURIComponent);
  const message = JSON.parse(await text(request));
  if (path[0] === "push") io.to(`user ${path[1]}`).emit(path[2], message);
  else io.emit(path[1], message);
  response.writeHead(202).end();
});

const io = new Server(http);
io.use((socket, next) => {
  const token = socket.handshake.auth.token ?? "";
  let claims;
  try {
    claims = flags.lenient ? jwt.decode(token) : jwt.verify(token, key, { algorithms: [flags.algorithm] });
  } catch (error) {
    return next(error);
  }
  const colour = Number(claims.sub.slice("user-".length)) % 2 ? "red" : "blue";
  if (claims.tenant !== colour || claims.exp - claims.iat !== 120) return next(new Error("other claims were expected"));
  socket.join(`user ${claims.sub}`);
  next();
});
io.on("connection", (socket) => {
  socket.on("push", (user, event, message, done) => {
    io.to(`user ${user}`).emit(event, message);
    done("ok");
  });
});

http.listen(0, "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${http.address().port}`));
process.stdin.on("end", () => process.exit(0)).resume();
