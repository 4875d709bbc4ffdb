// The behaviours that the official protocol suites ask of a server (Engine.IO v4: 25, Socket.IO v5: 32), each tried once in our own words:
// what is sent, and what has to come. A server for them has pingInterval 300, pingTimeout 200, maxPayload 1e6, sends messages back at
// /engine.io/, and has the echo events at /socket.io/.
//
// node official.mjs URL: prints a line for each behaviour that is not there, and how many were; ends with 1 if one is missing.

import { WebSocket } from "ws";
import { isDeepStrictEqual } from "node:util";

const base = process.argv[2];
const ENGINE = "/engine.io/";
const SOCKET = "/socket.io/";
const INTERVAL = 300;
const TIMEOUT = 200;
const PATIENCE = 3000;

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const same = (seen, due) => {
  if (!isDeepStrictEqual(seen, due)) {
    throw new Error(`expected ${JSON.stringify(due)}, came ${JSON.stringify(seen)}`);
  }
};

const ask = async (path, query, options) => {
  const answer = await fetch(`${base}${path}?${query}`, options);
  return { status: answer.status, text: await answer.text() };
};
const polling = (sid) => `EIO=4&transport=polling${sid ? `&sid=${sid}` : ""}`;
const post = (path, sid, body) => ask(path, polling(sid), { method: "POST", body });
const poll = (path, sid) => ask(path, polling(sid));
const open = async (path) => JSON.parse((await poll(path)).text.slice(1)).sid;

// A WebSocket of which every message is kept, in order.
class Line {
  constructor(path, query) {
    this.came = [];
    this.waiting = [];
    this.ws = new WebSocket(`${base.replace("http", "ws")}${path}?${query}`);
    this.ws.binaryType = "arraybuffer";
    this.opened = new Promise((done) => this.ws.on("open", done));
    this.closed = new Promise((done) => this.ws.on("close", done));
    this.ws.on("error", () => {});
    this.ws.on("message", (data, binary) => {
      const one = binary ? [...new Uint8Array(data)] : data.toString();
      const first = this.waiting.shift();
      first ? first(one) : this.came.push(one);
    });
  }
  next() {
    return this.came.length ? this.came.shift() : new Promise((done) => this.waiting.push(done));
  }
  // The next that is no ping.
  async packet() {
    for (;;) {
      const one = await this.next();
      if (one !== "2") return one;
    }
  }
  send(...all) {
    for (const one of all) this.ws.send(Array.isArray(one) ? Uint8Array.from(one) : one);
  }
}

const websocket = (path, sid) => new Line(path, `EIO=4&transport=websocket${sid ? `&sid=${sid}` : ""}`);
const begun = async (path) => {
  const line = websocket(path);
  const first = await line.next();
  if (!first.startsWith("0")) throw new Error(`no open packet: ${first}`);
  return line;
};
const joined = async () => {
  const line = await begun(SOCKET);
  line.send("40");
  same((await line.packet()).startsWith('40{"sid":"'), true);
  same(await line.packet(), '42["auth",{}]');
  return line;
};
const probed = async (path, sid) => {
  const line = websocket(path, sid);
  await line.opened;
  line.send("2probe");
  same(await line.next(), "3probe");
  return line;
};

const handshake = (text, upgrades) => {
  const { sid, ...rest } = JSON.parse(text);
  same(typeof sid, "string");
  same(rest, { upgrades, pingInterval: INTERVAL, pingTimeout: TIMEOUT, maxPayload: 1000000 });
};
const status = async (path, query, due, options) => same((await ask(path, query, options)).status, due);

// What both suites ask of Engine.IO, at the path of each.
const engine = (path) => ({
  "polling: opens": async () => handshake((await poll(path)).text.slice(1), ["websocket"]),
  "polling: refuses a wrong EIO": async () => {
    await status(path, "transport=polling", 400);
    await status(path, "EIO=abc&transport=polling", 400);
  },
  "polling: refuses a wrong transport": async () => {
    await status(path, "EIO=4", 400);
    await status(path, "EIO=4&transport=abc", 400);
  },
  "polling: refuses a wrong method": async () => {
    await status(path, polling(), 400, { method: "POST" });
    await status(path, polling(), 400, { method: "PUT" });
  },
  "websocket: opens": async () => handshake((await websocket(path).next()).slice(1), []),
  "websocket: refuses a wrong EIO": async () => {
    await new Line(path, "transport=websocket").closed;
    await new Line(path, "EIO=abc&transport=websocket").closed;
  },
  "websocket: refuses a wrong transport": async () => {
    await new Line(path, "EIO=4").closed;
    await new Line(path, "EIO=4&transport=abc").closed;
  },
  "polling: pings": async () => {
    const sid = await open(path);
    for (let n = 0; n < 3; n++) {
      same(await poll(path, sid), { status: 200, text: "2" });
      same((await post(path, sid, "3")).status, 200);
    }
  },
  "polling: ends without a pong": async () => {
    const sid = await open(path);
    await sleep(INTERVAL + TIMEOUT);
    same((await poll(path, sid)).status, 400);
  },
  "websocket: pings": async () => {
    const line = await begun(path);
    for (let n = 0; n < 3; n++) {
      same(await line.next(), "2");
      line.send("3");
    }
  },
  "websocket: ends without a pong": async () => (await begun(path)).closed,
  "polling: is closed": async () => {
    const sid = await open(path);
    const [polled] = await Promise.all([poll(path, sid), post(path, sid, "1")]);
    same(polled, { status: 200, text: "6" });
    same((await poll(path, sid)).status, 400);
  },
  "websocket: is closed": async () => {
    const line = await begun(path);
    line.send("1");
    await line.closed;
  },
});

const ENGINE_ONLY = {
  "polling: one packet": async () => {
    const sid = await open(ENGINE);
    same(await post(ENGINE, sid, "4hello"), { status: 200, text: "ok" });
    same(await poll(ENGINE, sid), { status: 200, text: "4hello" });
  },
  "polling: several packets": async () => {
    const sid = await open(ENGINE);
    same((await post(ENGINE, sid, "4test1\x1e4test2\x1e4test3")).text, "ok");
    same((await poll(ENGINE, sid)).text, "4test1\x1e4test2\x1e4test3");
  },
  "polling: text and bytes": async () => {
    const sid = await open(ENGINE);
    same((await post(ENGINE, sid, "4hello\x1ebAQIDBA==")).text, "ok");
    same((await poll(ENGINE, sid)).text, "4hello\x1ebAQIDBA==");
  },
  "polling: ends at what is no packet": async () => {
    const sid = await open(ENGINE);
    same((await post(ENGINE, sid, "abc")).status, 400);
    same((await poll(ENGINE, sid)).status, 400);
  },
  "polling: ends at two polls at once": async () => {
    const sid = await open(ENGINE);
    const second = sleep(5).then(() => ask(ENGINE, `${polling(sid)}&t=again`));
    const [first, other] = await Promise.all([poll(ENGINE, sid), second]);
    same(first, { status: 200, text: "1" });
    same([400, 500].includes(other.status), true);
    same((await poll(ENGINE, sid)).status, 400);
  },
  "polling: ends at a poll that is given up": async () => {
    const sid = await open(ENGINE);
    const stop = new AbortController();
    fetch(`${base}${ENGINE}?${polling(sid)}`, { signal: stop.signal }).catch(() => {});
    await sleep(20);
    stop.abort();
    await sleep(5);
    same((await poll(ENGINE, sid)).status, 400);
  },
  "websocket: text": async () => {
    const line = await begun(ENGINE);
    line.send("4hello");
    same(await line.next(), "4hello");
  },
  "websocket: bytes": async () => {
    const line = await begun(ENGINE);
    line.send([1, 2, 3, 4]);
    same(await line.next(), [1, 2, 3, 4]);
  },
  "websocket: ends at what is no packet": async () => {
    const line = await begun(ENGINE);
    line.send("abc");
    await line.closed;
  },
  "upgrade": async () => {
    const sid = await open(ENGINE);
    const line = await probed(ENGINE, sid);
    same(await poll(ENGINE, sid), { status: 200, text: "6" });
    line.send("5", "4hello");
    same(await line.packet(), "4hello");
  },
  "upgrade: no more polls": async () => {
    const sid = await open(ENGINE);
    const line = await probed(ENGINE, sid);
    line.send("5");
    same((await poll(ENGINE, sid)).status, 400);
    line.send("4hello");
    same(await line.packet(), "4hello");
  },
  "upgrade: no second websocket": async () => {
    const sid = await open(ENGINE);
    const line = await probed(ENGINE, sid);
    line.send("5");
    await websocket(ENGINE, sid).closed;
    line.send("4hello");
    same(await line.packet(), "4hello");
  },
};

const at = (namespace) => (namespace === "/" ? "" : `${namespace},`);
const connects = (namespace, auth) => async () => {
  const line = await begun(SOCKET);
  line.send(`40${at(namespace)}${auth}`);
  const answer = await line.packet();
  same(answer.startsWith(`40${at(namespace)}{`), true);
  const { sid, ...rest } = JSON.parse(answer.slice(2 + at(namespace).length));
  same([typeof sid, rest], ["string", {}]);
  same(await line.packet(), `42${at(namespace)}["auth",${auth || "{}"}]`);
};
const ends = (packet) => async () => {
  const line = await joined();
  line.send(packet);
  await line.closed;
};
const PLACES = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}';
const echoes = (sent, due) => async () => {
  const line = await joined();
  line.send(...sent);
  for (const one of due) same(await line.packet(), one);
};

const SOCKET_ONLY = {
  "upgrade": async () => (await probed(SOCKET, await open(SOCKET))).send("5"),
  "upgrade: no more polls": async () => {
    const sid = await open(SOCKET);
    const line = websocket(SOCKET, sid);
    await line.opened;
    line.send("2probe", "5");
    await sleep(5);
    same((await poll(SOCKET, sid)).status, 400);
  },
  "upgrade: no second websocket": async () => {
    const sid = await open(SOCKET);
    const line = websocket(SOCKET, sid);
    await line.opened;
    line.send("2probe", "5");
    await websocket(SOCKET, sid).closed;
  },
  "connect": connects("/", ""),
  "connect with a payload": connects("/", '{"token":"123"}'),
  "connect to another namespace": connects("/custom", ""),
  "connect to another namespace with a payload": connects("/custom", '{"token":"abc"}'),
  "connect to one that is not there": async () => {
    const line = await begun(SOCKET);
    line.send("40/random");
    same(await line.packet(), '44/random,{"message":"Invalid namespace"}');
  },
  "connect with what is no packet": async () => {
    const line = await begun(SOCKET);
    line.send("4abc");
    await line.closed;
  },
  "no connect": async () => (await begun(SOCKET)).closed,
  "disconnect": async () => {
    const line = await joined();
    line.send("41");
    same(await line.next(), "2");
  },
  "disconnect from another namespace": async () => {
    const line = await joined();
    line.send("40/custom");
    same((await line.packet()).startsWith("40/custom,{"), true);
    same(await line.packet(), '42/custom,["auth",{}]');
    line.send("41/custom", '42["message","to the main one"]');
    same(await line.packet(), '42["message-back","to the main one"]');
  },
  "message": echoes(['42["message",1,"2",{"3":[true]}]'], ['42["message-back",1,"2",{"3":[true]}]']),
  "message with bytes": echoes(
    [`452-["message",${PLACES}]`, [1, 2, 3], [4, 5, 6]],
    [`452-["message-back",${PLACES}]`, [1, 2, 3], [4, 5, 6]],
  ),
  "message with an ack": echoes(
    ['42456["message-with-ack",1,"2",{"3":[false]}]'],
    ['43456[1,"2",{"3":[false]}]'],
  ),
  "message with bytes and an ack": echoes(
    [`452-789["message-with-ack",${PLACES}]`, [1, 2, 3], [4, 5, 6]],
    [`462-789[${PLACES}]`, [1, 2, 3], [4, 5, 6]],
  ),
  "ends at an unknown type": ends("4abc"),
  "ends at a payload that is no array": ends("42{}"),
  "ends at an ack id that is no number": ends('42abc["message-with-ack",1,"2",{"3":[false]}]'),
};

const LISTS = [
  ["Engine.IO", { ...engine(ENGINE), ...ENGINE_ONLY }],
  ["Socket.IO", { ...engine(SOCKET), ...SOCKET_ONLY }],
];

let missing = 0;
for (const [list, all] of LISTS) {
  let there = 0;
  for (const [name, attempt] of Object.entries(all)) {
    try {
      await Promise.race([attempt(), sleep(PATIENCE).then(() => Promise.reject(new Error("nothing came")))]);
      there += 1;
    } catch (error) {
      missing += 1;
      console.log(`${list}: ${name}: ${error.message}`);
    }
  }
  console.log(`${list}: ${there} of ${Object.keys(all).length}`);
}
process.exit(missing ? 1 : 0);
