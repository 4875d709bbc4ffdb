// Makes engine.json and socket.json with the reference parsers, pinned in package.json:
//
//     npm ci && node generate.mjs          writes the files
//     npm ci && node generate.mjs --check  fails if the files are not what it would write
//
// Whatever is in the files was said by the reference: nothing is written here by hand but the questions. Bytes are arrays of numbers.

import { readFileSync, writeFileSync } from "node:fs";
import { decodePayload, decodePacket, encodePacket, encodePayload } from "engine.io-parser";
import { Decoder, Encoder, PacketType } from "socket.io-parser";

const RS = "\x1e";
const bytes = (...values) => Buffer.from(values);
const numbers = (binary) =>
  Array.from(binary instanceof ArrayBuffer ? new Uint8Array(binary) : new Uint8Array(binary.buffer, binary.byteOffset, binary.byteLength));
const isBinary = (value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value);

// ---------------------------------------------------------------- Engine.IO

const TEXTS = ["", "a", "probe", "2[\"a\"]", "é", "🦀 ☃ \u0000", "line\nline", "b", "0", " ", "\u2028", "x".repeat(300)];
const enginePacket = ({ type, data }) => ({ type, ...(data === undefined ? {} : isBinary(data) ? { bytes: numbers(data) } : { data }) });

const ENGINE_PACKETS = [
  ...["open", "ping", "pong", "message"].flatMap((type) => TEXTS.map((data) => ({ type, data }))),
  ...["close", "upgrade", "noop"].map((type) => ({ type })),
  { type: "open", data: JSON.stringify({ sid: "s", upgrades: ["websocket"], pingInterval: 25000, pingTimeout: 20000, maxPayload: 1000000 }) },
  ...[[], [0], [1, 2], [1, 2, 3], [255, 254, 253, 252], [251, 239, 190]].map((data) => ({ type: "message", data: bytes(...data) })),
];

const ENGINE_TEXTS = [
  "", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", " ", "-1", "é", "é4", "🦀", "\u0000", "\u0661", "\x1e",
  "2probe", "3probe", "40", "42[\"a\"]", "4é", "4\n", "04", "1x", "5x", "6x", "1 ", "bAQ==", "B", "message",
];

const ENGINE_PAYLOADS = [
  "", "4a", `4a${RS}4b`, `4a${RS}2${RS}4b${RS}6`, `4${RS}4`, `4é${RS}4🦀`, `0{}${RS}40`, RS, `4a${RS}`, `${RS}4a`, `4a${RS}${RS}4b`,
  `4a${RS}7${RS}4b`, `4a${RS}é`, "b", "bAQ==", "bAQI=", "bAQID", `4a${RS}bAQID${RS}bBA==${RS}4b`, "b+/8=", "b_-8=", "bAQ", "bAQ=", "bAR==",
  "bAQ==AQ==", "b A Q==", "b\n", "b*", "bé", "4bAQ==", `1${RS}6`, `451-["a",{"_placeholder":true,"num":0}]${RS}bAQID`,
];

const encodeEngine = (packet) => {
  let text;
  encodePacket(packet, false, (encoded) => (text = encoded));
  return text;
};

const encodeBody = (packets) => {
  let text;
  encodePayload(packets, (encoded) => (text = encoded));
  return text;
};

const engineVerdict = (packet) => (packet.type === "error" ? { error: packet.data } : { packet: enginePacket(packet) });

const engine = {
  encode: ENGINE_PACKETS.map((packet) => ({ packet: enginePacket(packet), text: encodeEngine(packet) })),
  decode: ENGINE_TEXTS.map((text) => ({ text, ...engineVerdict(decodePacket(text)) })),
  encode_payload: [ENGINE_PACKETS.slice(0, 3), ENGINE_PACKETS.slice(-7), ENGINE_PACKETS.filter((_, i) => i % 5 === 0)].map((packets) => ({
    packets: packets.map(enginePacket),
    text: encodeBody(packets),
  })),
  decode_payload: ENGINE_PAYLOADS.map((text) => ({ text, packets: decodePayload(text).map(engineVerdict) })),
};

// ---------------------------------------------------------------- Socket.IO

const { CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR } = PacketType;
const B = () => bytes(1, 2, 3);
const nested = (depth, leaf) => (depth === 0 ? leaf : depth % 2 ? [nested(depth - 1, leaf)] : { d: nested(depth - 1, leaf) });

const SOCKET_PACKETS = [
  // every type in the main and in another namespace
  { type: CONNECT, nsp: "/" },
  { type: CONNECT, nsp: "/admin" },
  { type: CONNECT, nsp: "/", data: { token: "t" } },
  { type: CONNECT, nsp: "/admin", data: { token: "é🦀", app_id: 7 } },
  { type: CONNECT, nsp: "/", data: { sid: "Lr9z", pid: "p" } },
  { type: CONNECT, nsp: "/", data: {} },
  { type: CONNECT, nsp: "/n?token=1&x=%20", data: {} },
  { type: DISCONNECT, nsp: "/" },
  { type: DISCONNECT, nsp: "/admin" },
  { type: CONNECT_ERROR, nsp: "/", data: { message: "Not authorized" } },
  { type: CONNECT_ERROR, nsp: "/admin", data: { message: "no", data: { code: "E1", label: "é" } } },
  { type: CONNECT_ERROR, nsp: "/", data: "Unauthorized" },
  { type: CONNECT_ERROR, nsp: "/", data: {} },
  // events: payloads
  ...[
    [], [1], ["a"], [null], [true, false], [{}], [[]], [{ a: 1 }], [{ a: { b: [1, { c: null }] } }, "x", 2.5, -3, 1e21],
    ["]"], ["[", "]", "\"", "\\", ","], ["é", "🦀", "\u0000\u001f", "\u2028\u2029", "\u007f"], ["x".repeat(2000)], [""],
    [undefined], [NaN, Infinity], [new Date(0)], [{ toJSON: () => "j" }], [{ u: undefined, k: 1 }], [Object.assign(Object.create(null), { n: 1 })],
    [{ _placeholder: false, num: 0 }], [JSON.parse("{\"__proto__\":{\"a\":1}}")], [nested(40, 1)], [0.1, 1e-7, 123456789012],
  ].map((args) => ({ type: EVENT, nsp: "/", data: ["message", ...args] })),
  // events: names
  ...["", " ", "a b", "é", "🦀", "a\"b", "a\\b", "\\", "\"", "a\nb\tc\r\b\f", "\u0001\u001f\u007f", "a,b", "a]b", "\u2028", "n".repeat(500), "/", "null", "\\u0041"].map((name) => ({
    type: EVENT,
    nsp: "/",
    data: [name, 1],
  })),
  // events: namespaces and ids
  ...["/", "/admin", "/é", "/a/b", "/1", "/a b", "/a[b", "/n?x=1", "//"].flatMap((nsp) =>
    [undefined, 0, 1, 12, 999, Number.MAX_SAFE_INTEGER].map((id) => ({ type: EVENT, nsp, id, data: ["a", 1] })),
  ),
  // acks
  ...[[], [1], [null, { a: 1 }], ["é"], [[]]].flatMap((data) => ["/", "/admin"].map((nsp) => ({ type: ACK, nsp, id: 7, data }))),
  // binary
  ...[
    [B()], [B(), B()], [{ a: B() }], [{ a: { b: [B(), 1, B()] } }], ["x", [[B()]]], [bytes()], [nested(9, B())], [nested(30, B())],
    [new Uint8Array([9, 8])], [new Uint8Array([9, 8]).buffer], [new Uint16Array([1, 258])], [new DataView(new ArrayBuffer(2))],
    [{ "é": B(), z: [B()], y: "t" }], Array.from({ length: 10 }, (_, i) => bytes(i)), [{ toJSON: () => ({ b: B() }) }],
    [B(), { _placeholder: false, num: 1 }], [{ a: null, b: B(), c: undefined }],
  ].flatMap((args) => [
    { type: EVENT, nsp: "/", data: ["b", ...args] },
    { type: EVENT, nsp: "/admin", id: 3, data: ["b\"", ...args] },
    { type: ACK, nsp: "/", id: 3, data: args },
  ]),
  { type: ACK, nsp: "/admin", id: 0, data: [B()] },
];

// What JSON.stringify makes of the value, with `{"$attachment":N}` where the reference will put the placeholder of attachment N.
function template(value, count) {
  const mark = (value) => {
    if (isBinary(value)) return { $attachment: count.n++ };
    if (value && typeof value.toJSON === "function") return mark(value.toJSON());
    if (Array.isArray(value)) return value.map(mark);
    if (value && typeof value === "object") {
      const copy = Object.create(null);
      for (const key of Object.keys(value)) Object.defineProperty(copy, key, { value: mark(value[key]), enumerable: true });
      return copy;
    }
    return value;
  };
  const json = JSON.stringify(mark(value));
  return json === undefined ? "null" : json;
}

function encodeSocket({ type, nsp, id, data }) {
  const count = { n: 0 };
  const isArray = type === EVENT || type === ACK;
  const items = isArray ? data.map((item) => template(item, count)) : [];
  const frames = new Encoder().encode({ type, nsp, id, data }).map((frame) => (isBinary(frame) ? numbers(frame) : frame));
  return {
    type,
    nsp,
    ...(id === undefined ? {} : { id: String(id) }),
    ...(type === EVENT ? { name: data[0], args: items.slice(1).join(",") } : {}),
    ...(type === ACK ? { args: items.join(",") } : {}),
    ...(!isArray && data !== undefined ? { data: template(data, count) } : {}),
    attachments: count.n,
    frames,
  };
}

const P = (num) => `{"_placeholder":true,"num":${num}}`;

// Frames as they come in: strings and Buffers.
const SOCKET_FRAMES = [
  ...SOCKET_PACKETS.map((packet) => new Encoder().encode({ ...packet })),
  ...[
    // header
    "", "7", "8[]", "9", "a", "é", "🦀[]", " ", "-1", "\u0000", "2", "3", "4", "5", "6", "0", "1", "21", "2/n", "2/n,", "2/n,1", "3/n,1", "31",
    // connect, disconnect, refusals
    "0{}", "0[]", "0\"x\"", "0null", "01", "0custom,", "0/n", "0/n,", "0/n{}", "0/n,[]", "0{", "0{}x", "0{\"sid\":1}", "1{}", "1[]", "1\"x\"", "1null",
    "1/n", "1/n,", "1/n,{}", "1 ", "4{}", "4\"x\"", "4[]", "4null", "47", "4true", "4x", "4{\"message\":\"m\"", "4/n,\"x\"", "4\"x",
    // events
    "2[]", "2[1]", "2[1,2]", "2[null]", "2[true]", "2[{}]", "2[[]]", "2{}", "2\"a\"", "2null", "2a", "2[\"a\"", "2[\"a", "2[\"a\",", "2[\"a\",]",
    "2[\"a\" 1]", "2[\"a\"]x", "2[\"a\"]]", "2[\"a\",1}", "2[\"a\",x]", "2[,\"a\"]", "2['a']", "2[\"a\\x\"]", "2[\"a\nb\"]", "2[\"a\",\"\n\"]",
    "2[\"a\\u0062\"]", "2[\"\\ud83e\\udd80\",1]", "2[\"\\ud800\"]", "2[\"a\",\"\\ud800\"]", "2[\"\\/\"]", "2[\"a\\\"\",1]", "2[\"a\\\\\",1]", "2[\"a\\",
    "2[ \"a\" , 1 ]", "2[\n\"a\"\t,\r1]", "2[\"a\"] ", "2[\"a\",1] \n", "2 [\"a\"]", "2\t[\"a\"]", "2\u00a0[\"a\"]", "2[\u00a0\"a\"]", "2\ufeff[\"a\"]",
    "2[\"connect\"]", "2[\"connect_error\"]", "2[\"disconnect\"]", "2[\"disconnecting\"]", "2[\"newListener\"]", "2[\"removeListener\"]", "2[\"error\"]",
    "2[\"a\",{\"a\":1,\"a\":2}]", "2[\"a\",{\"_placeholder\":true,\"num\":0}]", "2[\"__proto__\"]", "2[\"a\",01]", "2[\"a\",.5]", "2[\"a\",\"\t\"]",
    // namespaces
    "2/,[\"a\"]", "2/n[\"a\"]", "2/n,[\"a\",\"/m,\"]", "2n,[\"a\"]", "2,[\"a\"]", "2/a,b,[\"a\"]", "2/n,,[\"a\"]", "2/é🦀,[\"a\"]", "2/ ,[\"a\"]", "2//,[\"a\"]",
    // ids
    "20[\"a\"]", "2007[\"a\"]", "29007199254740991[\"a\"]", "29007199254740993[\"a\"]", "218446744073709551615[\"a\"]", "218446744073709551616[\"a\"]",
    "299999999999999999999999[\"a\"]", "21.5[\"a\"]", "2-1[\"a\"]", "2+1[\"a\"]", "21e3[\"a\"]", "21 2[\"a\"]", "2 1[\"a\"]", "21 [\"a\"]", "2\u0661[\"a\"]", "2/n,x1[\"a\"]",
    "21/n,[\"a\"]", "21-[\"a\"]",
    // acks
    "3[]", "31[]", "31[1,2]", "3/n,1[\"x\"]", "31{}", "31\"x\"", "31[", "31[1", "31[1,]", "3x[]",
    // attachment counts
    "5", "5-", "5-[\"a\"]", "50-[\"a\"]", "51[\"a\"]", "51", "51-", "51-1", "51-/n,", "5x-[\"a\"]", "51.5-[\"a\"]", "5-1-[\"a\"]", "511-[\"a\"]", "564-[\"a\"]", "565-[\"a\"]", "51000-[\"a\"]",
    "599999999999999999999-[\"a\"]", "5é-[\"a\"]", "51-{}", "51-[]", "51-[1]", "51-[null]", "51-[\"connect\"]", "61-{}", "61-null", "6-[]",
  ].map((text) => [text]),
  // counts that JavaScript's Number() takes for one
  ...["+1", " 1", "1 ", "01", "1.0", "1e0", "0x1", "0b1"].map((count) => [`5${count}-["a",${P(0)}]`, B()]),
  // texts with attachments
  [`51-["a",${P(0)}]`],
  [`51-["a",${P(0)}]`, B(), B()],
  [B()],
  [`51-["a",${P(0)}]`, "2[\"b\"]"],
  [`51-["a",${P(0)}]`, `51-["b",${P(0)}]`, B()],
  [`52-["a",${P(0)},${P(1)}]`, B()],
  [`52-["a",${P(1)},${P(0)}]`, bytes(1), bytes(2)],
  [`52-["a",${P(0)},${P(0)}]`, bytes(1), bytes(2)],
  [`51-["a"]`, B()],
  [`51-["a",{"num":0,"_placeholder":true}]`, B()],
  [`51-["a",{"_placeholder":true,"num":0,"x":1}]`, B()],
  [`51-["a",{ "_placeholder" : true , "num" : 0 }]`, B()],
  [`51-["a",{"\\u005fplaceholder":true,"num":0}]`, B()],
  [`51-["a",{"_placeholder":true,"num":0,"x":{"_placeholder":true,"num":9}}]`, B()],
  [`51-["a",{"_placeholder":true,"_placeholder":false,"num":0}]`, B()],
  [`51-["a",{"_placeholder":false,"_placeholder":true,"num":9,"num":0}]`, B()],
  [`51-["a",{"_placeholder":1,"num":9}]`, B()],
  [`51-["a",{"_placeholder":"true","num":9}]`, B()],
  [`51-["a","{\\"_placeholder\\":true,\\"num\\":9}"]`, B()],
  ...["1", "2", "10", "-1", "\"0\"", "null", "true", "[0]", "{}", "1e9", "-0.5", "0.5", "0.0", "-0", "1e0"].map((num) => [`52-["a",${P(num)}]`, bytes(1), bytes(2)]),
  [`51-["a",{"_placeholder":true}]`, B()],
  [`51-[${P(0)}]`, B()],
  [`51-[{"a":1},${P(0)}]`, B()],
  ["51-[]", B()],
  ["51-[null]", B()],
  [`61-[${P(0)}]`, B()],
  [`61-/n,12[1,{"b":${P(0)}}]`, B()],
  [`51-/n,12["a",${P(0)}]`, B()],
  [`511-["a"]`, ...Array.from({ length: 11 }, () => bytes(1))],
  ["2[\"a\"]", "2[\"b\"]", "3/n,1[]"],
  ["2[\"a\"]", "x", "2[\"b\"]"],
];

// Decoded data as JSON, with `{"$bytes":[…]}` for attachments.
const plain = (value) => {
  if (isBinary(value)) return { $bytes: numbers(value) };
  if (Array.isArray(value)) return value.map(plain);
  if (value && typeof value === "object") {
    const copy = Object.create(null);
    for (const key of Object.keys(value)) Object.defineProperty(copy, key, { value: plain(value[key]), enumerable: true });
    return copy;
  }
  return value;
};

function decodeSocket(frames) {
  const decoder = new Decoder();
  const packets = [];
  decoder.on("decoded", ({ type, nsp, id, data }) => {
    const packet = {
      type,
      nsp,
      ...(id === undefined ? {} : { id: Number.isInteger(id) ? String(BigInt(id)) : String(id) }),
      ...(data === undefined ? {} : { data: plain(data) }),
    };
    // JavaScript has strings that are not Unicode; JSON read elsewhere cannot say them.
    packets.push(/\\ud[89a-f]/.test(JSON.stringify(packet)) ? { type, nsp, unspeakable: true } : packet);
  });
  let error = null;
  try {
    for (const frame of frames) decoder.add(frame);
  } catch (thrown) {
    error = thrown.message;
  }
  return { frames: frames.map((frame) => (isBinary(frame) ? numbers(frame) : frame)), packets, error };
}

const socket = {
  encode: SOCKET_PACKETS.map(encodeSocket),
  decode: SOCKET_FRAMES.map(decodeSocket),
};

// ---------------------------------------------------------------- files

// One vector a line, so that a change of one is a change of one line.
const write = (sections) =>
  `{\n${Object.entries(sections)
    .map(([name, vectors]) => `"${name}": [\n${vectors.map((vector) => JSON.stringify(vector)).join(",\n")}\n]`)
    .join(",\n")}\n}\n`;

const check = process.argv.includes("--check");
for (const [name, sections] of Object.entries({ "engine.json": engine, "socket.json": socket })) {
  const file = new URL(name, import.meta.url);
  const text = write(sections);
  JSON.parse(text);
  const count = Object.values(sections).reduce((sum, vectors) => sum + vectors.length, 0);
  if (!check) {
    writeFileSync(file, text);
    console.log(`${name}: ${count} vectors`);
  } else if (readFileSync(file, "utf8") === text) {
    console.log(`${name}: ${count} vectors, as committed`);
  } else {
    console.error(`${name} is not what the reference says now: run \`node generate.mjs\` in tests/vectors and look at the difference`);
    process.exitCode = 1;
  }
}
