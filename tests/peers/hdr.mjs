// Reads the histograms of a report with an HDR library of its own: hdr-histogram-js, which shares no code with the one that wrote them. It takes
// them compressed, so what the report has (HDR V2, as it is) is put into that envelope first. Prints what it finds in each latency.
import { readFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import hdr from "hdr-histogram-js";

const COMPRESSED = 0x1c849314;
const report = JSON.parse(readFileSync(process.argv[2], "utf8"));
const found = {};
for (const [name, latency] of Object.entries(report.latency)) {
  if (latency.hdr_v2_base64 === null) continue;
  const inner = deflateSync(Buffer.from(latency.hdr_v2_base64, "base64"));
  const head = Buffer.alloc(8);
  head.writeInt32BE(COMPRESSED, 0);
  head.writeInt32BE(inner.length, 4);
  const read = hdr.decodeFromCompressedBase64(Buffer.concat([head, inner]).toString("base64"));
  found[name] = {
    count: read.totalCount,
    p50_us: read.getValueAtPercentile(50),
    p90_us: read.getValueAtPercentile(90),
    p99_us: read.getValueAtPercentile(99),
    p999_us: read.getValueAtPercentile(99.9),
    max_us: read.maxValue,
  };
}
console.log(JSON.stringify(found));
