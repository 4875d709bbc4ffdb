// What the browser tests need: a platform, a browser, users in it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

/** The bound of whatever is waited for, in ms. */
export const PATIENCE = 15_000;

/** A platform that runs elsewhere; those of the tests that need one of their own are left out then. */
export const ELSEWHERE = process.env.PLATFORM_URL?.replace(/\/$/, '');
const BINARY = process.env.PUSHPROOF;

/** Whether tests can start platforms. */
export const CAN_START = BINARY !== undefined;

if (!ELSEWHERE && !BINARY) {
  console.error('Name the platform: PUSHPROOF=path/to/pushproof, or PLATFORM_URL=http://127.0.0.1:3000 of one that runs.');
  process.exit(2);
}

/** Starts a platform and waits until it listens. */
export async function startPlatform({ port = 0, flags = [], env = {} } = {}) {
  const child = spawn(BINARY, ['serve', '--port', String(port), ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.once('error', (error) => console.error(`cannot start ${BINARY}: ${error.message}`));
  const url = await new Promise((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const found = /listening on (http:\S+)/.exec(line);
      if (found) resolve(found[1]);
    });
    void ended.then((code) => reject(new Error(`the platform ended with ${code} before it listened`)));
  });
  const stop = async (signal = 'SIGTERM') => {
    child.kill(signal);
    await ended;
  };
  return { url, port: Number(new URL(url).port), stop };
}

/** Runs pushproof against a platform: its exit code and its report. */
export async function run(url, flags) {
  const child = spawn(BINARY, ['run', '--target', url, '--quiet', '--json', '-', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const report = JSON.parse(String(Buffer.concat(await child.stdout.toArray())));
  return { code: await ended, report };
}

/** Which push a payload is: its lane, its number there, and whether it was for everyone (src/verify/tag.rs). None: it is no push of a run. */
export function tagOf(payload) {
  const found = /pp1\.([\w-]{43})/.exec(payload);
  if (!found) return null;
  const header = Buffer.from(found[1], 'base64url');
  return { lane: header.readUInt16LE(12), seq: header.readUInt32LE(18), everyone: header.readUInt32LE(14) === 0xffff_ffff };
}

/** A line to a platform that can be cut: every connection goes through it. */
export async function startLine(to) {
  const { hostname, port } = new URL(to);
  const open = new Set();
  let cut = false;
  const server = createServer((near) => {
    if (cut) return void near.destroy();
    const far = connect(Number(port), hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ]) {
      open.add(one);
      one.on('error', () => undefined).on('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cut() {
      cut = true;
      for (const one of open) one.destroy();
    },
    mend() {
      cut = false;
    },
    close: () => {
      cut = true;
      for (const one of open) one.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Two users of one app and one of another, as the platform tells of them. */
export async function people(url) {
  const { apps } = await (await fetch(`${url}/platform.json`)).json();
  const open = apps.filter((app) => app.sockets !== false);
  const first = open.find((app) => app.people.length >= 2);
  const second = open.find((app) => app !== first && app.people.length >= 1);
  const passwords = { testUser: 'test' };
  const person = (app, one) => {
    const id = one.id ?? one;
    return { app: app.name, user: id, password: one.hint ?? app.hint?.[id] ?? passwords[id] ?? id };
  };
  return { anna: person(first, first.people[0]), boris: person(first, first.people[1]), carol: person(second, second.people[0]) };
}

export async function launch() {
  const executablePath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((one) => existsSync(one));
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
}

/**
 * A page of its own, which keeps what is wrong in it: errors of scripts, of the console (the policy's too), requests that go elsewhere.
 * `allowed`: what the browser says of requests that are meant to fail.
 */
export async function openPage(context, url, allowed = [], path = '/') {
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const wrong = [];
  page.on('pageerror', (error) => wrong.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !allowed.some((one) => one.test(message.text()))) wrong.push(`${message.type()}: ${message.text()}`);
  });
  page.on('request', (request) => {
    const asked = request.url();
    if (!asked.startsWith(url) && !asked.startsWith('blob:')) wrong.push(`asked for ${asked}`);
  });
  page.on('dialog', (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url + path);
  return Object.assign(page, { wrong, asked: url });
}

/** A user who is signed in and connected. */
export async function signedIn(context, url, who, allowed) {
  const page = await openPage(context, url, allowed);
  await signIn(page, who);
  return page;
}

export async function signIn(page, { app, user, password }) {
  await page.locator('select[name=app] option, input[name=app]').first().waitFor({ state: 'attached' });
  await page.getByLabel('App', { exact: true }).selectOption(app);
  await page.getByLabel('User', { exact: true }).fill(user);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await connected(page);
}

export const connected = (page) => page.locator('.status[data-state=connected]').waitFor();

/** The session of a tab, which is a secret of its user. */
export const sessionOf = (page) => page.evaluate(() => JSON.parse(sessionStorage.getItem('pushproof.session')));

/** Leads to a page as its links do. */
export async function goTo(page, route) {
  await page.evaluate((to) => {
    location.hash = `#/${to}`;
  }, route);
  await page.waitForFunction((to) => decodeURIComponent(location.hash) === `#/${to}`, route);
}

/** Asks the platform of a page, where its `asked` says, for a push, as a scenario's step does. */
export async function push(page, userID, eventName, message) {
  const { app, id } = await sessionOf(page);
  const answer = await fetch(`${page.asked}/good/api/v5/data/push/send?appID=${app}&sessionID=${id}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ userID, eventName, message }),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.msg);
}

/** A push after which a page has got whatever was pushed to it before. */
let fences = 0;
export async function fence(page) {
  fences += 1;
  const mark = `fence ${fences}`;
  const { user } = await sessionOf(page);
  const arrived = page.evaluate(
    (wanted) =>
      new Promise((resolve) => {
        const look = () => (document.body.innerText.includes(wanted) ? resolve(undefined) : requestAnimationFrame(look));
        look();
      }),
    mark,
  );
  await push(page, user, 'alert', { message: mark, parameters: { id: 'fence', position: 'bottom-right', duration: 60_000 } });
  await arrived;
}

export const toast = (page, text) => page.locator('#toasts').getByText(text, { exact: true });
