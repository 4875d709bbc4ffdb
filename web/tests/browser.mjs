// The page in a real browser, against a real platform: PUSHPROOF=path/to/pushproof npm run test:browser
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  CAN_START,
  ELSEWHERE,
  PATIENCE,
  connected,
  fence,
  goTo,
  launch,
  openPage,
  people,
  push,
  run,
  sessionOf,
  signIn,
  signedIn,
  startLine,
  startPlatform,
  tagOf,
  toast,
} from './support.mjs';

/** What the browser says of requests that are refused, and of servers that are gone. */
const REFUSED = [/status of 40[03]/];
const GONE = [...REFUSED, /ERR_(CONNECTION|EMPTY|SOCKET|INCOMPLETE)/, /WebSocket connection to/];

const ROUTES = ['home', 'requests', 'messenger', 'push', 'log', 'profile', 'profile/notifications', 'nowhere'];

let platform;
let url;
let browser;
let who;
/** Contexts of the test that runs. */
let contexts = [];

before(async () => {
  platform = ELSEWHERE ? null : await startPlatform();
  url = ELSEWHERE ?? platform.url;
  who = await people(url);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await platform?.stop();
});

async function newContext(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', ...options });
  contexts.push(context);
  return context;
}

/** A test, and that nothing was wrong in any of its pages. */
function it(name, body, { skip = false } = {}) {
  test(name, { timeout: 120_000, skip: skip && 'needs a platform of its own: name the binary in PUSHPROOF' }, async () => {
    contexts = [];
    try {
      await body();
      for (const context of contexts) {
        for (const page of context.pages()) assert.deepEqual(page.wrong ?? [], [], 'nothing is wrong in the page');
      }
    } finally {
      await Promise.all(contexts.map((context) => context.close()));
    }
  });
}

const newUser = async (person, options, allowed) => signedIn(await newContext(options), url, person, allowed);
const toasts = (page) => page.locator('#toasts [data-rht-toaster] > div');
/** A mark that a reload would wipe off. */
const mark = (page) => page.evaluate(() => void (window.mark = 'still here'));
const isMarked = async (page) => assert.equal(await page.evaluate(() => window.mark), 'still here', 'no reload');
const gone = (locator) => locator.waitFor({ state: 'detached' });

describe('sessions', () => {
  it('a wrong password says what to do, the right one signs in and connects', async () => {
    const page = await openPage(await newContext(), url, REFUSED);
    await page.getByLabel('App', { exact: true }).selectOption(who.anna.app);
    await page.getByLabel('User', { exact: true }).fill(who.anna.user);
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByText('See that app, user and password are right, then try again.').waitFor();
    await signIn(page, who.anna);
    await page.locator('.status', { hasText: /websocket · \S+/ }).waitFor();
    assert.match(await page.title(), new RegExp(`^Home · ${who.anna.user}`));
  });

  it('the page is served with a policy that allows no other script', async () => {
    const answer = await fetch(`${url}/`);
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type') ?? '', /^text\/html/);
    const policy = answer.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'self'/);
    assert.doesNotMatch(policy, /script-src[^;]*unsafe/);
  });

  it('tabs of one window are users of their own, and a reload is the same one', async () => {
    const context = await newContext();
    const anna = await signedIn(context, url, who.anna);
    const boris = await signedIn(context, url, who.boris);
    await anna.reload();
    await connected(anna);
    assert.equal((await sessionOf(anna)).user, who.anna.user);
    assert.equal((await sessionOf(boris)).user, who.boris.user);
    // The page's own way to another user.
    const opened = context.waitForEvent('page');
    await anna.getByRole('link', { name: 'Open a tab for another user' }).click();
    await (await opened).getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
  });

  it('signing out is no end that has to be explained', async () => {
    const page = await newUser(who.anna);
    const { app, id } = await sessionOf(page);
    await goTo(page, 'profile');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
    assert.equal(await sessionOf(page), null);
    const check = await (await fetch(`${url}/good/api/v4/auth/check?appID=${app}&sessionID=${id}`)).json();
    assert.equal(check.result.result, false, 'the platform has forgotten it too');
  });

  it('a session that is ended elsewhere says so, and leads back to where one was', async () => {
    const page = await newUser(who.anna, {}, REFUSED);
    await goTo(page, 'profile/notifications');
    const { app, id } = await sessionOf(page);
    await fetch(`${url}/good/api/v4/auth/logout?appID=${app}&sessionID=${id}`);
    await page.getByText('Your session has ended.').waitFor();
    assert.equal(await sessionOf(page), null, 'it is not kept');
    assert.equal(await page.getByLabel('User', { exact: true }).inputValue(), who.anna.user);
    assert.equal(await page.getByLabel('Password').evaluate((one) => one === document.activeElement), true);
    await page.getByLabel('Password').fill(who.anna.password);
    await page.keyboard.press('Enter');
    await connected(page);
    await page.getByRole('heading', { name: 'Notifications' }).waitFor();
  });

  it(
    'a session that expires says so',
    async () => {
      const own = await startPlatform({ flags: ['--session-ttl', '3s'] });
      try {
        const page = await signedIn(await newContext(), own.url, who.anna, REFUSED);
        await page.getByText('Your session has ended.').waitFor();
        assert.equal(await sessionOf(page), null);
      } finally {
        await own.stop();
      }
    },
    { skip: !CAN_START },
  );

  it(
    'a socket that the platform refuses says why, and can be tried again',
    async () => {
      const own = await startPlatform({ flags: ['--limit-sockets', '1'] });
      try {
        const first = await signedIn(await newContext(), own.url, who.anna, REFUSED);
        // It is refused while it is on its way to WebSocket.
        const second = await openPage(await newContext(), own.url, GONE);
        await second.getByLabel('App', { exact: true }).selectOption(who.boris.app);
        await second.getByLabel('User', { exact: true }).fill(who.boris.user);
        await second.getByLabel('Password').fill(who.boris.password);
        await second.keyboard.press('Enter');
        await second.getByText('The platform refused the socket:').waitFor();
        await second.locator('.status[data-state=refused]').waitFor();
        await goTo(first, 'profile');
        await first.getByRole('button', { name: 'Sign out' }).click();
        await first.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
        // Its place is free once the platform has seen that it is gone.
        await assert.doesNotReject(async () => {
          while (!(await second.locator('.status[data-state=connected]').isVisible())) {
            const again = second.getByRole('button', { name: 'Try again' });
            if (await again.isVisible()) await again.click();
            await second.locator('.status[data-state=connected], .status[data-state=refused]').waitFor();
          }
        });
      } finally {
        await own.stop();
      }
    },
    { skip: !CAN_START },
  );
});

describe('alerts', () => {
  it('one for a user reaches that user, one for everyone reaches the app, and no other app hears either', async () => {
    const [anna, boris, carol] = [await newUser(who.anna), await newUser(who.boris), await newUser(who.carol)];
    await goTo(anna, 'push');
    await anna.getByLabel('User', { exact: true }).fill(who.boris.user);
    await anna.getByLabel('Message', { exact: true }).fill('Only for you');
    await anna.getByRole('button', { name: 'Send', exact: true }).click();
    await anna.getByText(`Sent to ${who.boris.user}: one socket.`).waitFor();
    await toast(boris, 'Only for you').waitFor();
    await anna.getByRole('radio', { name: 'Everyone (*)' }).check();
    await anna.getByLabel('Message', { exact: true }).fill('For all');
    await anna.getByRole('button', { name: 'Send', exact: true }).click();
    await Promise.all([anna, boris].map((page) => toast(page, 'For all').waitFor()));
    for (const page of [anna, boris, carol]) await fence(page);
    const heard = async (page) => {
      await goTo(page, 'log');
      return page.locator('[data-testid=events] li code').allInnerTexts();
    };
    const [byAnna, byBoris, byCarol] = [await heard(anna), await heard(boris), await heard(carol)];
    const told = (texts) => texts.filter((text) => !text.includes('fence')).sort();
    assert.deepEqual(told(byAnna), ['"For all"']);
    assert.deepEqual(told(byBoris), ['"For all"', '"Only for you"']);
    assert.deepEqual(told(byCarol), []);
  });

  it('a complex one shows on its pages and their sub-pages, and goes when they are left', async () => {
    const page = await newUser(who.anna);
    const { user } = who.anna;
    const alert = (message, pages) => push(page, user, 'alert', { message, page: pages, parameters: { duration: 60_000 } });
    await alert('Elsewhere', 'log, profile');
    await fence(page);
    assert.equal(await toast(page, 'Elsewhere').count(), 0);
    await page.getByText('not shown: it is for log, profile').waitFor();
    await goTo(page, 'profile');
    await alert('On the page', 'log,profile');
    await toast(page, 'On the page').waitFor();
    await alert('Only below', 'profile/notifications');
    await fence(page);
    assert.equal(await toast(page, 'Only below').count(), 0);
    await goTo(page, 'profile/notifications');
    await alert('Below it', 'profile');
    await toast(page, 'Below it').waitFor();
    await toast(page, 'On the page').waitFor();
    await goTo(page, 'home');
    await gone(toast(page, 'Below it'));
    await gone(toast(page, 'On the page'));
    await push(page, user, 'alert', JSON.stringify({ message: 'As a text of JSON', page: 'home' }));
    await toast(page, 'As a text of JSON').waitFor();
  });

  it('the six positions are six places', async () => {
    const page = await newUser(who.anna);
    for (const position of ['top-left', 'top-center', 'top-right', 'bottom-left', 'bottom-center', 'bottom-right']) {
      await push(page, who.anna.user, 'alert', { message: position, parameters: { position, duration: 60_000 } });
      const one = toast(page, position);
      await one.waitFor();
      const box = await one.boundingBox();
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      const [vertical, horizontal] = position.split('-');
      assert.equal(y < 400 ? 'top' : 'bottom', vertical, position);
      assert.equal(x < 400 ? 'left' : x < 880 ? 'center' : 'right', horizontal, position);
    }
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => document.querySelectorAll('#toasts [data-rht-toaster] > div').length === 0);
  });

  it('a duration is obeyed, and an id is updated in place', async () => {
    const page = await newUser(who.anna);
    const alert = (message, parameters) => push(page, who.anna.user, 'alert', { message, parameters });
    await alert('Stays', { duration: 'Infinity' });
    await alert('40 %', { id: 'job', duration: 60_000, icon: '⏳' });
    await toast(page, '40 %').waitFor();
    await page.evaluate(() => {
      for (const one of document.querySelectorAll('#toasts [data-rht-toaster] > div')) if (one.textContent.includes('40 %')) one.dataset.same = 'yes';
    });
    assert.equal(await toasts(page).count(), 2);
    await alert('done', { id: 'job', duration: 60_000, icon: '✅' });
    await page.locator('#toasts [data-same=yes]', { hasText: 'done' }).waitFor();
    assert.equal(await toasts(page).count(), 2, 'the same two');
    assert.equal(await page.locator('[data-same=yes]').innerText().then((text) => text.includes('✅')), true);
    // Now it ends, and what was there before it does not.
    await alert('gone soon', { id: 'job', duration: 200, removeDelay: 0 });
    await gone(page.locator('[data-same=yes]'));
    assert.equal(await toast(page, 'Stays').isVisible(), true);
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await gone(toast(page, 'Stays'));
  });

  it('every other parameter reaches the toast', async () => {
    const page = await newUser(who.anna);
    await push(page, who.anna.user, 'alert', {
      message: 'All of it',
      parameters: {
        duration: 60_000,
        ariaProps: { role: 'alert', 'aria-live': 'assertive' },
        className: 'toast-warning',
        style: { color: 'rgb(1, 2, 3)', 'border-radius': '21px' },
        icon: '🔔',
        toasterId: 'page',
      },
    });
    const text = page.locator('[data-rht-toaster=page] [role=alert][aria-live=assertive]', { hasText: 'All of it' });
    await text.waitFor();
    const bar = page.locator('[data-rht-toaster=page] .toast-warning');
    const looks = await bar.evaluate((one) => [getComputedStyle(one).color, getComputedStyle(one).borderRadius, getComputedStyle(one).borderLeftWidth]);
    assert.deepEqual(looks, ['rgb(1, 2, 3)', '21px', '5px']);
    assert.match(await bar.innerText(), /🔔/);
    await push(page, who.anna.user, 'alert', { message: 'Themed', parameters: { iconTheme: { primary: 'rgb(9, 8, 7)', secondary: 'white' }, duration: 60_000 } });
    await toast(page, 'Themed').waitFor();
    const colours = await page.evaluate(() => [...document.querySelectorAll('#toasts *')].map((one) => getComputedStyle(one).backgroundColor));
    assert.ok(colours.includes('rgb(9, 8, 7)'), 'the icon has its colours');
  });

  it('what is no good is ignored, and no alert breaks the page', async () => {
    const page = await newUser(who.anna);
    const bad = { id: {}, icon: 7, duration: 'soon', ariaProps: 'x', className: '"><b', style: 'x', position: 'middle', iconTheme: [], removeDelay: {}, toasterId: 'nowhere' };
    await push(page, who.anna.user, 'alert', { message: 'Shown all the same', page: 7, parameters: bad });
    await toast(page, 'Shown all the same').waitFor();
    const strange = [null, 7, true, [], [1, 2], {}, { message: {} }, { message: [] }, { message: null }, { parameters: 7 }, '{', '[[', { message: 'x', parameters: [[]] }];
    for (const message of strange) await push(page, who.anna.user, 'alert', message);
    await push(page, who.anna.user, 'alert', undefined);
    await push(page, who.anna.user, 'chat', 'nonsense');
    await push(page, who.anna.user, 'redirect', { nonsense: 1 });
    await push(page, who.anna.user, 'message', { nonsense: 1 });
    await push(page, who.anna.user, 'x'.repeat(3000), ['y'.repeat(200_000)]);
    await fence(page);
    await connected(page);
  });

  it('alerts move nothing else on the page', async () => {
    const page = await newUser(who.anna);
    await page.evaluate(() => {
      window.moved = 0;
      new PerformanceObserver((list) => {
        for (const one of list.getEntries()) window.moved += one.value;
      }).observe({ type: 'layout-shift' });
    });
    await goTo(page, 'push');
    await page.locator('.examples').waitFor();
    await page.evaluate(() => void (window.moved = 0));
    for (const position of ['top-center', 'bottom-right']) {
      await push(page, who.anna.user, 'alert', { message: `At ${position}`, parameters: { position } });
      await toast(page, `At ${position}`).waitFor();
    }
    assert.ok((await page.evaluate(() => window.moved)) < 0.01);
  });
});

describe('refresher', () => {
  it('a submitted object shows in every tab of its user, without a reload', async () => {
    const [first, second] = [await newUser(who.anna), await newUser(who.anna)];
    const title = `A chair, ${Date.now()}`;
    for (const page of [first, second]) {
      await goTo(page, 'requests');
      await page.getByText('waiting').waitFor();
      await mark(page);
    }
    await first.getByRole('button', { name: 'Submit' }).click();
    await first.getByText('Give the request a title.').waitFor();
    await first.getByLabel('Title').fill(title);
    await first.getByLabel('Text').fill('With a <b>back</b>');
    await first.getByRole('button', { name: 'Submit' }).click();
    for (const page of [first, second]) {
      await page.locator('[data-testid=requests] li', { hasText: title }).waitFor();
      await page.getByText('With a <b>back</b>').waitFor();
      await isMarked(page);
    }
    // The scenario tells its user besides.
    await toast(second, `Saved: ${title}`).waitFor();
  });

  it('a push refreshes, and may carry an alert', async () => {
    const page = await newUser(who.anna);
    await goTo(page, 'requests');
    await page.getByText('waiting').waitFor();
    const asked = page.waitForRequest(/data\/requests\/list/);
    await push(page, '*', 'refresh-requests', { message: 'The list is new', parameters: { duration: 60_000 } });
    await asked;
    await toast(page, 'The list is new').waitFor();
    await page.getByText(/: once, last at/).waitFor();
  });
});

it('a redirect leads on, up, back and elsewhere, without a reload', async () => {
  const page = await newUser(who.anna);
  await mark(page);
  for (const [message, route] of [
    ['profile/notifications', 'profile/notifications'],
    ['../', 'profile'],
    ['requests', 'requests'],
    ['/42', 'requests/42'],
    ['<=', 'requests'],
    ['<=', 'profile'],
  ]) {
    await push(page, who.anna.user, 'redirect', message);
    await page.waitForFunction((to) => location.hash === `#/${to}`, route);
  }
  for (const message of ['javascript:alert(1)', 'https://example.invalid/', '//example.invalid']) await push(page, who.anna.user, 'redirect', message);
  await fence(page);
  assert.equal(new URL(page.url()).hash, '#/profile');
  await isMarked(page);
});

it('two users write to each other, by socket events with acks, and nobody else hears', async () => {
  const [anna, boris, carol] = [await newUser(who.anna), await newUser(who.boris), await newUser(who.carol)];
  const said = `Hello ${Date.now()} <i>you</i>`;
  await goTo(anna, `messenger/${who.boris.user}`);
  await anna.getByLabel(`Message to ${who.boris.user}`).fill(said);
  await anna.keyboard.press('Enter');
  await anna.locator('[data-testid=messages] .message', { hasText: said }).getByText('arrived').waitFor();
  assert.equal(await anna.locator('[data-testid=messages] .message', { hasText: said }).count(), 1);
  await boris.locator('.nav .badge').waitFor();
  await boris.getByRole('link', { name: /Messenger/ }).click();
  await boris.locator('.contacts').getByRole('link', { name: who.anna.user }).click();
  await boris.locator('[data-testid=messages] .message', { hasText: said }).waitFor();
  await gone(boris.locator('.badge').first());
  await boris.getByLabel(`Message to ${who.anna.user}`).fill('And you?');
  await boris.getByRole('button', { name: 'Send', exact: true }).click();
  await anna.locator('[data-testid=messages] .message[data-mine=false]', { hasText: 'And you?' }).last().waitFor();
  await fence(carol);
  assert.equal(await carol.locator('.nav .badge').count(), 0);
  // What was said is there after a reload.
  await boris.reload();
  await connected(boris);
  await boris.locator('[data-testid=messages] .message', { hasText: said }).waitFor();
});

it('the log has every event, and can be paused, filtered, cleared and saved', async () => {
  const page = await newUser(who.anna);
  await goTo(page, 'log');
  await page.getByText('Nothing has come yet.').waitFor();
  await push(page, who.anna.user, 'my-event', { a: [1, 'two'] });
  await push(page, who.anna.user, 'message', 'A message');
  const rows = page.locator('[data-testid=events] li');
  await page.waitForFunction(() => document.querySelectorAll('[data-testid=events] li').length === 2);
  assert.match(await rows.nth(1).innerText(), /^\d\d:\d\d:\d\d\.\d{3}\s+my-event\s+\{"a":\[1,"two"\]\}$/);
  await page.locator('[data-testid=message-panel]').getByText('A message', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  await push(page, who.anna.user, 'while-paused');
  await page.getByText('3 received, paused: 1 since').waitFor();
  assert.equal(await rows.count(), 2);
  await page.getByRole('button', { name: 'Go on' }).click();
  await rows.filter({ hasText: 'while-paused' }).waitFor();
  await page.getByLabel('Filter').fill('TWO');
  await page.waitForFunction(() => document.querySelectorAll('[data-testid=events] li').length === 1);
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save' }).click();
  const chunks = [];
  for await (const chunk of await (await download).createReadStream()) chunks.push(chunk);
  const lines = Buffer.concat(chunks).toString().trim().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(lines.map((one) => one.event), ['my-event', 'message', 'while-paused']);
  await page.getByRole('button', { name: 'Clear' }).first().click();
  await page.getByText('Nothing has come yet.').waitFor();
  await page.getByLabel('Filter').fill('');
  for (let i = 0; i < 210; i += 1) await push(page, '*', 'many', i);
  await page.getByText('213 received, the newest 200 are shown').waitFor();
  assert.equal(await rows.count(), 200);
});

it('markup and scripts stay text, wherever they come', async () => {
  const [anna, boris] = [await newUser(who.anna), await newUser(who.boris)];
  const attack = '<img src=x onerror="window.hurt=1"><script>window.hurt=1</script><svg onload="window.hurt=1">';
  const to = who.boris.user;
  await push(anna, to, 'alert', attack);
  await push(anna, to, 'alert', {
    message: attack,
    page: `home,${attack}`,
    parameters: {
      duration: 60_000,
      icon: '<b>!</b>',
      className: '"><img src=x onerror="window.hurt=1">',
      style: { background: 'url(https://example.invalid/a.png)', position: 'fixed', inset: 0, color: 'red;background:url(//example.invalid)' },
      dangerouslySetInnerHTML: { __html: attack },
      children: attack,
    },
  });
  await push(anna, to, 'alert', { message: { type: 'img', props: { src: 'x', onError: 'window.hurt=1' }, $$typeof: 'Symbol(react.element)' } });
  await push(anna, to, 'message', attack);
  await push(anna, to, attack, { [attack]: attack });
  await push(anna, to, 'chat', { id: attack, from: attack, to, text: attack });
  await push(anna, to, 'redirect', `${attack}/x`);
  await goTo(boris, 'home');
  await fence(boris);
  for (const route of [...ROUTES, `messenger/${attack}`, `requests/${attack}`, attack]) {
    await goTo(boris, route);
    await boris.locator('h1').waitFor();
    const seen = await boris.evaluate(() => ({
      hurt: window.hurt,
      elements: [...document.querySelectorAll('img, script:not([src]), iframe, object, embed, svg[onload], [onerror], #toasts b, main b')].map((one) => one.outerHTML),
    }));
    assert.deepEqual(seen, { hurt: undefined, elements: [] }, route);
  }
  assert.equal(await boris.getByText('window.hurt=1', { exact: false }).count() > 0, true, 'it is shown');
  const toastStyles = await boris.evaluate(() => [...document.querySelectorAll('#toasts [data-rht-toaster] > div > div')].map((one) => one.getAttribute('style') ?? ''));
  for (const style of toastStyles) assert.doesNotMatch(style, /url|fixed|inset/);
});

it('the form to send pushes says what is wrong, and its examples work', async () => {
  const page = await newUser(who.anna);
  await goTo(page, 'push');
  const send = page.getByRole('button', { name: 'Send', exact: true });
  await page.getByLabel('User', { exact: true }).fill('');
  await page.getByLabel('Event name').fill('');
  await page.getByRole('radio', { name: 'JSON' }).check();
  await page.getByLabel('Message', { exact: true }).fill('{"a":\n]');
  await send.click();
  for (const text of ['Name the user', 'Name the event', 'look at line 2, column 1']) await page.getByText(text).waitFor();
  assert.equal(await page.locator('[aria-invalid=true]').count(), 3);
  await page.getByLabel('User', { exact: true }).fill('nobody-there');
  await page.getByRole('button', { name: /^Simple alert/ }).click();
  await send.click();
  await page.getByText('nobody got it').waitFor();
  await page.getByLabel('User', { exact: true }).fill(who.anna.user);
  for (const [name, shown] of [
    ['Simple alert', 'Your order is ready'],
    ['Complex alert', 'Hello from the platform'],
    ['Progress, begun', 'Import: 40 %'],
    ['Progress, done', 'Import: done'],
    ['Markup stays text', '<img src=x onerror=alert(1)> <b>not bold</b>'],
  ]) {
    await page.getByRole('button', { name: new RegExp(`^${name}`) }).click();
    await send.click();
    await toast(page, shown).waitFor();
  }
});

it('all of it works with keys alone, and one sees where one is', async () => {
  const page = await openPage(await newContext(), url);
  await page.locator('.people button').first().waitFor();
  const focused = () => page.evaluate(() => document.activeElement?.textContent || document.activeElement?.getAttribute('name') || document.activeElement?.id || '');
  // Straight into the name; then the password, and in.
  assert.equal(await focused(), 'username');
  await page.keyboard.press('Shift+Tab');
  assert.equal(await page.getByLabel('App', { exact: true }).evaluate((one) => one === document.activeElement), true);
  await page.getByLabel('App', { exact: true }).selectOption(who.anna.app);
  await page.keyboard.press('Tab');
  await page.keyboard.type(who.anna.user);
  await page.keyboard.press('Tab');
  await page.keyboard.type(who.anna.password);
  await page.keyboard.press('Enter');
  await connected(page);
  // Over the navigation, each stop to be seen.
  const stops = [];
  for (let i = 0; i < 12; i += 1) {
    await page.keyboard.press('Tab');
    const outline = await page.evaluate(() => {
      const style = getComputedStyle(document.activeElement);
      return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    });
    stops.push(await focused());
    assert.ok(outline, `one sees the focus at ${stops.at(-1)}`);
    if (stops.at(-1).startsWith('Send push')) break;
  }
  assert.ok(stops[0].includes('Skip'), stops.join(', '));
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement?.tagName === 'H1' && document.activeElement.textContent === 'Send push');
  // The form: radio buttons by arrows, and Enter sends.
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowRight');
  assert.equal(await page.locator('input[type=radio][value=everyone]').isChecked(), true);
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'eventName');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.type('By keys');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await toast(page, 'By keys').waitFor();
  await page.keyboard.press('Escape');
  await gone(toast(page, 'By keys'));
});

it('the page fits a phone, in both colours', async () => {
  for (const colorScheme of ['light', 'dark']) {
    const page = await newUser(who.anna, { viewport: { width: 360, height: 740 }, colorScheme });
    for (const route of ROUTES) {
      await goTo(page, route);
      await page.locator('h1').waitFor();
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${route} is no wider than the window`);
    }
    const colour = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const before = await colour();
    await page.getByRole('button', { name: /colours$/ }).click();
    assert.notEqual(await colour(), before, 'the other colours');
    await page.reload();
    await connected(page);
    assert.notEqual(await colour(), before, 'they stay');
  }
});

describe('connections', () => {
  it('a connection that breaks comes back by itself, with its session, and what was missed is read', async () => {
    const line = await startLine(url);
    try {
      const page = await signedIn(await newContext(), line.url, who.anna, GONE);
      await goTo(page, 'requests');
      await mark(page);
      const socket = () => page.locator('.status').getAttribute('title');
      const first = await socket();
      line.cut();
      await page.getByText(/Reconnecting, attempt [2-9]/).waitFor();
      const title = `Missed, ${Date.now()}`;
      const { app, id } = await sessionOf(page);
      const submit = `${url}/good/api/v5/data/requests/submit?appID=${app}&sessionID=${id}`;
      const answer = await fetch(submit, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ title, text: '' }) });
      assert.equal(answer.status, 200);
      line.mend();
      await connected(page);
      assert.notEqual(await socket(), first, 'another socket');
      assert.equal((await sessionOf(page)).id, id, 'the same session');
      await page.locator('[data-testid=requests] li', { hasText: title }).waitFor();
      await isMarked(page);
    } finally {
      await line.close();
    }
  });

  it(
    'a connection that is recovered gets what it has missed, and takes no offset for a message',
    async () => {
      const own = await startPlatform({ flags: ['--recovery-ms', '60000'] });
      const line = await startLine(own.url);
      try {
        const page = await signedIn(await newContext(), line.url, who.anna, GONE);
        page.asked = own.url;
        await goTo(page, 'requests');
        await page.getByText('waiting').waitFor();
        await push(page, '*', 'refresh-requests');
        await page.getByText(/: once, last at/).waitFor();
        line.cut();
        await page.getByText(/Reconnecting, attempt [1-9]/).waitFor();
        await push(page, who.anna.user, 'missed', { a: 1 });
        line.mend();
        await connected(page);
        await goTo(page, 'log');
        const rows = page.locator('[data-testid=events] li');
        await rows.filter({ hasText: 'missed' }).waitFor();
        const seen = await rows.evaluateAll((all) => all.map((one) => [one.querySelector('strong').textContent, one.querySelector('code').textContent]));
        assert.deepEqual(seen, [
          ['missed', '{"a":1}'],
          ['refresh-requests', ''],
        ]);
        await goTo(page, 'home');
        await page.getByText('None yet.').waitFor();
      } finally {
        await line.close();
        await own.stop();
      }
    },
    { skip: !CAN_START },
  );

  it(
    'a platform that is started anew has forgotten sessions: one signs in and goes on',
    async () => {
      const own = await startPlatform();
      try {
        const page = await signedIn(await newContext(), own.url, who.anna, GONE);
        await goTo(page, 'log');
        await mark(page);
        await own.stop('SIGKILL');
        await page.getByText(/Reconnecting, attempt [1-9]/).waitFor();
        const anew = await startPlatform({ port: own.port });
        try {
          await page.getByText('Your session has ended.').waitFor();
          await signIn(page, who.anna);
          await page.getByRole('heading', { name: 'Event log' }).waitFor();
          await push(page, who.anna.user, 'after-all');
          await page.locator('[data-testid=events] li', { hasText: 'after-all' }).waitFor();
          await isMarked(page);
        } finally {
          await anew.stop();
        }
      } finally {
        await own.stop();
      }
    },
    { skip: !CAN_START },
  );
});

describe('a platform that is watched over', () => {
  const token = 'a-token-of-the-tests';
  const env = { PUSHPROOF_ADMIN_TOKEN: token };
  const figure = (page, what) => page.locator('#figures div', { hasText: what }).locator('dd');
  const readsAs = (locator, text) => locator.filter({ hasText: new RegExp(`^${text}$`) }).waitFor();

  it(
    'a browser among a thousand sockets of a run gets what the run expects of its user, and the admin sees all of them',
    async () => {
      const own = await startPlatform({ flags: ['--admin'], env });
      try {
        const page = await signedIn(await newContext(), own.url, { app: 'demo', user: 'user-0', password: 'password-0' });
        await goTo(page, 'log');
        // Alerts stay for as long as the mouse is on one.
        await page.mouse.move(5, 700);
        const admin = await openPage(await newContext(), own.url, [], `/admin#${token}`);
        await readsAs(figure(admin, 'sockets'), '1');
        assert.equal(new URL(admin.url()).hash, '', 'the token is not left where it can be seen');
        // All pushes are for this user, or for everyone.
        const { code, report } = await run(own.url, [
          ...['--app', 'demo', '--users', '1000', '--rate', '40/s', '--duration', '5s', '--deadline', '5s', '--settle', '6s', '--seed', '11'],
          ...['--set', 'pushes.user=user-0', '--set', 'pushes.broadcast=0.5'],
        ]);
        assert.ok(code === 0 || code === 4, `exit code ${code}: ${report.reasons}`);
        const { sent, accepted } = report.pushes;
        assert.deepEqual([report.sockets.connected, accepted, report.violations], [1000, sent, []]);
        assert.equal(report.deliveries.delivered, report.deliveries.expected);
        assert.ok(sent > 150 && report.by_audience['*'].pushes > 50, `${sent} pushes`);
        await fence(page);
        const download = page.waitForEvent('download');
        await page.getByRole('button', { name: 'Save', exact: true }).click();
        const lines = String(Buffer.concat(await (await (await download).createReadStream()).toArray()));
        const heard = lines.trim().split('\n').map(tagOf).filter((tag) => tag !== null);
        assert.equal(heard.length, accepted, 'each push once');
        assert.equal(heard.filter((tag) => tag.everyone).length, report.by_audience['*'].pushes);
        // Of each lane all, from the first one on, and in order.
        for (const lane of new Set(heard.map((tag) => tag.lane))) {
          const numbers = heard.filter((tag) => tag.lane === lane).map((tag) => tag.seq);
          assert.deepEqual(numbers, [...numbers.keys()], `lane ${lane}`);
        }
        // One more is the fence.
        await readsAs(figure(admin, 'pushes asked for'), String(sent + 1));
        await readsAs(figure(admin, 'sockets'), '1');
        await admin.getByText('None is on: this platform does nothing wrong.').waitFor();
      } finally {
        await own.stop();
      }
    },
    { skip: !CAN_START },
  );

  it(
    'the admin is asked for the token, and sees what faults have harmed as text',
    async () => {
      const own = await startPlatform({ flags: ['--admin', '--fault', 'drop=1/1'], env });
      try {
        const admin = await openPage(await newContext({ viewport: { width: 360, height: 740 } }), own.url, [/status of 401/], '/admin');
        await admin.getByLabel('Token').fill('wrong');
        await admin.keyboard.press('Enter');
        await admin.getByText('This is not the token of this platform.').waitFor();
        await admin.getByLabel('Token').fill(token);
        await admin.keyboard.press('Enter');
        const page = await signedIn(await newContext(), own.url, who.anna);
        await readsAs(figure(admin, 'sockets'), '1');
        await push(page, who.anna.user, '<img src=x onerror=alert(1)>', 'gone');
        await admin.getByRole('cell', { name: '<img src=x onerror=alert(1)>' }).waitFor();
        await admin.getByRole('row', { name: 'drop 1 1 1' }).waitFor();
        await admin.getByRole('row', { name: 'anna 1' }).waitFor();
        assert.equal(await admin.locator('img').count(), 0);
        assert.equal(await admin.getByLabel('Token').isVisible(), false);
        const wide = await admin.evaluate(() => document.documentElement.scrollWidth > innerWidth);
        assert.equal(wide, false, 'nothing is wider than a phone');
      } finally {
        await own.stop();
      }
    },
    { skip: !CAN_START },
  );
});

it('the example in plain Node says why it cannot log in', async () => {
  const script = fileURLToPath(new URL('../examples/node.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, url, who.anna.app, who.anna.user, 'wrong'], { stdio: ['ignore', 'ignore', 'pipe'], timeout: PATIENCE });
  const [said, code] = await Promise.all([child.stderr.toArray(), new Promise((resolve) => child.once('exit', resolve))]);
  assert.equal(String(said.join('')).trim(), 'cannot log in: User or password incorrect');
  assert.equal(code, 1);
});

it('the example in plain Node gets what is pushed', async () => {
  const page = await newUser(who.boris);
  const script = fileURLToPath(new URL('../examples/node.mjs', import.meta.url));
  const { app, user, password } = who.anna;
  const child = spawn(process.execPath, [script, url, app, user, password], { stdio: ['ignore', 'pipe', 'inherit'], timeout: PATIENCE });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    const lines = [];
    for await (const line of createInterface(child.stdout)) {
      lines.push(line.replace(/socket \S+/, 'socket'));
      if (lines.length === 1) {
        await push(page, user, 'message', { a: 1 });
        await push(page, user, 'alert', 'Hello');
      }
      if (lines.length === 4) break;
    }
    assert.deepEqual(lines, [`connected as ${user}, socket`, 'message: {"a":1}', 'a message: {"a":1}', 'alert: "Hello"']);
  } finally {
    child.kill();
    await ended;
  }
});
