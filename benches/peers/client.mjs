// Sockets of socket.io-client, as its own load-testing page suggests: one client each, WebSocket alone, all in one process.
//
//   node client.mjs URL SOCKETS EVENTS      EVENTS: how many each socket gets
//
// Prints one line of JSON: seconds to connect all, CPU seconds from then to the last event, resident bytes before and after
// connecting, and how many events came.

import { createRequire } from "node:module";

const require = createRequire(new URL("../../tests/peers/", import.meta.url));
const { io } = require("socket.io-client");

const [url, sockets, events] = process.argv.slice(2);
const wanted = Number(sockets) * Number(events);
const before = process.memoryUsage().rss;
const begun = process.hrtime.bigint();
const clients = [];
let [connected, came] = [0, 0];
let at_rest;

const done = () => {
  const used = process.cpuUsage(at_rest.cpu);
  const told = {
    connect_seconds: at_rest.seconds,
    cpu_seconds: (used.user + used.system) / 1e6,
    rss_before: before,
    rss_connected: at_rest.rss,
    events: came,
  };
  process.stdout.write(JSON.stringify(told) + "\n", () => process.exit(0));
};

for (let n = 0; n < Number(sockets); n++) {
  const client = io(url, { transports: ["websocket"], forceNew: true, reconnection: false });
  client.on("connect", () => {
    connected += 1;
    if (connected === Number(sockets)) {
      const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
      at_rest = { seconds, rss: process.memoryUsage().rss, cpu: process.cpuUsage() };
      if (wanted === 0) done();
    }
  });
  client.on("message", () => {
    came += 1;
    if (came === wanted) done();
  });
  client.on("connect_error", (error) => {
    console.error(`socket ${n}: ${error.message}`);
    process.exit(1);
  });
  clients.push(client);
}
