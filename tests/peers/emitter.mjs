// What @socket.io/redis-emitter publishes, as JSON lines: {"channel":…,"hex":…}, for each push on standard input, a JSON line of
// {"nsp":…,"room":…|null,"event":…,"args":[…]}. Needs no Redis: the client it is given keeps what it is told to publish.
//
//   node emitter.mjs < pushes.jsonl

import { createInterface } from "node:readline";
import { Emitter } from "@socket.io/redis-emitter";

const client = {
  publish: (channel, bytes) => console.log(JSON.stringify({ channel, hex: Buffer.from(bytes).toString("hex") })),
};
for await (const line of createInterface({ input: process.stdin })) {
  const { nsp, room, event, args } = JSON.parse(line);
  const emitter = new Emitter(client, {}, nsp);
  (room === null ? emitter : emitter.to(room)).emit(event, ...args);
}
