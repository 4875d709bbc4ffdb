// Builds the page anew, twice, and compares it with the bundle that is kept: same source, same bytes.
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
/** What the page may weigh, licences aside. It is inside of every binary. */
const MOST_BYTES = 400 * 1024;

/** Every file below a directory with its size and hash. */
async function contents(directory) {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((one) => one.isFile()).map((one) => join(one.parentPath ?? one.path, one.name));
  const read = files.map(async (file) => {
    const bytes = await readFile(file);
    return [relative(directory, file), { size: bytes.length, hash: createHash('sha256').update(bytes).digest('hex') }];
  });
  return new Map((await Promise.all(read)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function built() {
  const outDir = await mkdtemp(join(tmpdir(), 'web-'));
  try {
    await build({ root, logLevel: 'warn', build: { outDir, emptyOutDir: true } });
    return await contents(outDir);
  } finally {
    await rm(outDir, { recursive: true });
  }
}

/** What differs between two builds, in words. */
function differences(one, other) {
  return [...new Set([...one.keys(), ...other.keys()])].filter((file) => one.get(file)?.hash !== other.get(file)?.hash);
}

const fresh = await built();
const problems = [];
const unlike = differences(fresh, await built());
if (unlike.length > 0) problems.push(`two builds of the same source differ: ${unlike.join(', ')}`);
const kept = await contents(join(root, 'dist')).catch(() => new Map());
const stale = differences(fresh, kept);
if (stale.length > 0) problems.push(`web/dist is not what the source makes (${stale.join(', ')}): run \`npm run build\` in web/ and commit it`);
const bytes = [...fresh].reduce((sum, [file, { size }]) => sum + (file.endsWith('.md') ? 0 : size), 0);
if (bytes > MOST_BYTES) problems.push(`the page has ${bytes} bytes, more than ${MOST_BYTES}`);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`web/dist is what the source makes: ${fresh.size} files, ${bytes} bytes`);
