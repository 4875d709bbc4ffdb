// A page of the push platform, as a program: logs in over HTTP, connects with the socket.io client that real pages use, and
// tells on standard output, one JSON object a line, all that happens to it.
//
//   node client.mjs --version 4.8.1|4.5.1 --url http://127.0.0.1:PORT --app A
//                   (--user U --password P | --session S) [--transports polling,websocket]
//
// Lines on standard output:
//   {"t":"login","session":S}                      {"t":"login_refused","status":400,"body":…}   (then it ends, exit code 1)
//   {"t":"connected","sid":…,"transport":…,"recovered":…}  {"t":"upgrade","transport":"websocket"}
//   {"t":"event","name":…,"args":[…]}              {"t":"ack","id":…,"args":[…]}
//   {"t":"connect_error","message":…,"data":…}     {"t":"disconnect","reason":…}                 {"t":"error","message":…}
// Commands on standard input:
//   {"do":"emit","id":any,"name":…,"args":[…],"ack":true}     {"do":"disconnect"}     {"do":"exit"}
//   {"do":"cut"}   (ends the connection below the socket, which then comes back by itself)
// Binary values are written {"_bin":"<base64>"} in both directions. It ends when standard input closes.

import { parseArgs } from "node:util";
import { createInterface } from "node:readline";

const PACKAGES = { "4.8.1": "socket.io-client", "4.5.1": "socket.io-client-451" };

const { values: flags } = parseArgs({
  options: {
    version: { type: "string", default: "4.8.1" },
    url: { type: "string" },
    app: { type: "string" },
    user: { type: "string" },
    password: { type: "string" },
    session: { type: "string" },
    transports: { type: "string" },
  },
});

function print(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function encode(value) {
  if (Buffer.isBuffer(value) || ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    return { _bin: Buffer.from(value.buffer ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : value).toString("base64") };
  }
  return mapInside(value, encode);
}

function decode(value) {
  if (typeof value?._bin === "string") return Buffer.from(value._bin, "base64");
  return mapInside(value, decode);
}

function mapInside(value, change) {
  if (Array.isArray(value)) return value.map(change);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, change(inner)]));
}

async function login() {
  const response = await fetch(`${flags.url}/good/api/v5/auth?appID=${encodeURIComponent(flags.app)}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ provider: "rest", username: flags.user, password: flags.password }),
  });
  const text = await response.text();
  let body = text;
  try {
    body = JSON.parse(text);
  } catch {
    // told as it came
  }
  if (!response.ok) {
    print({ t: "login_refused", status: response.status, body });
    process.exit(1);
  }
  print({ t: "login", session: body.result.token });
  return body.result.token;
}

const { io } = await import(PACKAGES[flags.version]);
const session_id = flags.session ?? (await login());
const options = { auth: { app_id: flags.app, session_id }, forceNew: true };
if (flags.transports) options.transports = flags.transports.split(",");
const socket = io(flags.url, options);

socket.io.on("open", () => {
  socket.io.engine.on("upgrade", (transport) => print({ t: "upgrade", transport: transport.name }));
});
socket.on("connect", () => print({ t: "connected", sid: socket.id, transport: socket.io.engine.transport.name, recovered: socket.recovered === true }));
socket.on("connect_error", (error) => print({ t: "connect_error", message: error.message, data: error.data ?? null }));
socket.on("disconnect", (reason) => print({ t: "disconnect", reason }));
socket.onAny((name, ...args) => {
  const ack = typeof args.at(-1) === "function" ? args.pop() : undefined; // the server asks: answer with nothing
  print({ t: "event", name, args: args.map(encode) });
  ack?.();
});

const commands = {
  emit({ id = null, name, args = [], ack = false }) {
    const values = args.map(decode);
    if (ack) values.push((...answer) => print({ t: "ack", id, args: answer.map(encode) }));
    socket.emit(name, ...values);
  },
  disconnect() {
    socket.disconnect();
  },
  cut() {
    socket.io.engine.close();
  },
  exit() {
    socket.disconnect();
    process.exit(0);
  },
};

createInterface({ input: process.stdin })
  .on("line", (line) => {
    try {
      const command = JSON.parse(line);
      commands[command.do](command);
    } catch (error) {
      print({ t: "error", message: String(error) });
    }
  })
  .on("close", commands.exit);
