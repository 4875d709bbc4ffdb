// Pictures of the page, to look at: PUSHPROOF=path/to/pushproof node tests/pictures.mjs DIRECTORY. A font with emoji makes them whole.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ELSEWHERE, goTo, launch, openPage, people, push, sessionOf, signIn, startPlatform, toast } from './support.mjs';

const directory = process.argv[2];
if (!directory) {
  console.error('usage: node tests/pictures.mjs DIRECTORY');
  process.exit(2);
}
await mkdir(directory, { recursive: true });
const platform = ELSEWHERE ? null : await startPlatform();
const url = ELSEWHERE ?? platform.url;
const { anna, boris } = await people(url);
const browser = await launch();

async function pictures(viewport, colorScheme) {
  const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' });
  const page = await openPage(context, url);
  const shot = (name) => page.screenshot({ animations: 'disabled', path: join(directory, `${name}-${viewport.width}-${colorScheme}.png`) });
  await page.locator('.people button').first().waitFor();
  await shot('sign-in');
  await signIn(page, anna);
  await shot('home');

  await goTo(page, 'requests');
  for (const [title, text] of [
    ['A chair for the meeting room', 'One of them has lost a leg.'],
    ['The window does not close', 'Third floor, on the left. It is raining in.'],
  ]) {
    await page.getByLabel('Title').fill(title);
    await page.getByLabel('Text').fill(text);
    await page.getByRole('button', { name: 'Submit' }).click();
    await toast(page, `Saved: ${title}`).waitFor();
  }
  await page.locator('[data-testid=requests] li', { hasText: 'The window' }).first().waitFor();
  await shot('requests');
  await page.keyboard.press('Escape');

  await goTo(page, `messenger/${boris.user}`);
  await page.getByLabel(`Message to ${boris.user}`).fill('Has the plumber called?');
  await page.keyboard.press('Enter');
  await page.getByText('arrived').last().waitFor();
  await shot('messenger');

  await goTo(page, 'push');
  for (const name of ['Complex alert', 'With its own style', 'By a class']) {
    await page.getByRole('button', { name: new RegExp(`^${name}`) }).click();
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByText(/^Sent to/).waitFor();
  }
  await toast(page, 'The disk is nearly full').waitFor();
  await shot('push');
  await page.keyboard.press('Escape');

  await push(page, anna.user, 'message', 'Hello, this is a message');
  await goTo(page, 'log');
  await page.getByText('Hello, this is a message').first().waitFor();
  await shot('log');
  await goTo(page, 'profile/notifications');
  await shot('notifications');

  const { app, id } = await sessionOf(page);
  await fetch(`${url}/good/api/v4/auth/logout?appID=${app}&sessionID=${id}`);
  await page.getByText('Your session has ended.').waitFor();
  await shot('session-ended');
  await context.close();
}

for (const viewport of [
  { width: 360, height: 740 },
  { width: 1280, height: 800 },
]) {
  for (const colorScheme of ['light', 'dark']) await pictures(viewport, colorScheme);
}
await browser.close();
await platform?.stop();
