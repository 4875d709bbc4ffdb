// Sockets of socket.io-client, all in one process, as Socket.IO's own page on load testing has them: one client each, WebSocket alone,
// a handler that counts.
//
//   node client.mjs URL [--timed]
//
// The orders on standard input and the answers are those that benches/peers/README.md has for every client. It ends when its standard
// input does.

import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const [url, timed] = process.argv.slice(2);
const clients = [];
const took = []; // microseconds
let [wanted, connected, expected, came] = [0, 0, Infinity, 0];

const say = (what) => process.stdout.write(JSON.stringify(what) + "\n");
// The machine's monotonic clock, which the sender's stamps are of too.
const now = () => Number(process.hrtime.bigint());

function arrived() {
  came += 1;
  if (came === expected) say({ reached: came, at: now() });
}

function arrivedTimed(message) {
  took.push((now() - Number(message.t)) / 1000);
  arrived();
}

function create() {
  const client = io(url, { transports: ["websocket"], forceNew: true, reconnection: false });
  client.on("connect", () => {
    connected += 1;
    if (connected === wanted) say({ connected });
  });
  client.on("message", timed ? arrivedTimed : arrived);
  client.on("connect_error", (error) => say({ failed: error.message }));
  clients.push(client);
}

function latency() {
  took.sort((a, b) => a - b);
  const at = (q) => Math.round(took[Math.max(0, Math.ceil(q * took.length) - 1)] ?? 0);
  return { latency: { count: took.length, p50_us: at(0.5), p99_us: at(0.99) } };
}

const orders = {
  connect(sockets) {
    wanted = sockets;
    for (let n = 0; n < sockets; n++) create();
  },
  expect(events) {
    expected = events;
  },
  count: () => say({ events: came }),
  latency: () => say(latency()),
};

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const [order, number] = line.split(" ");
  orders[order](Number(number));
});
lines.on("close", () => process.exit(0));
say({ ready: true });
