// Whatever comes from the platform is shown as text: names are whatever users call themselves.
const EVERY_MS = 1000;
const PATIENCE_MS = 5000;
const EXAMPLES = 5;
const KEY = 'pushproof-admin';
const at = (id) => document.getElementById(id);

// A token behind # never leaves the browser; it is taken out of what can be seen.
if (location.hash.length > 1) {
  sessionStorage.setItem(KEY, decodeURIComponent(location.hash.slice(1)));
  history.replaceState(null, '', location.pathname);
}

const element = (name, text, className) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
};

const count = (n) => n.toLocaleString('en');

function table(caption, columns, rows) {
  const made = element('table');
  made.append(element('caption', caption, 'note'));
  const line = (cells, name) => {
    const row = element('tr');
    cells.forEach((cell, n) => row.append(element(name, cell, columns[n].number ? 'number' : undefined)));
    return row;
  };
  const head = element('thead');
  head.append(line(columns.map((column) => column.title), 'th'));
  const body = element('tbody');
  body.append(...rows.map((row) => line(row, 'td')));
  made.append(head, body);
  const scroll = element('div', undefined, 'scroll');
  scroll.append(made);
  return scroll;
}

function figures(state) {
  const sum = (of) => state.apps.reduce((all, app) => all + of(app), 0);
  const seconds = Math.floor(state.up_ms / 1000);
  const up = `${Math.floor(seconds / 3600)}:${String(Math.floor(seconds / 60) % 60).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
  const all = [
    ['up for', up],
    ['connections', count(state.connections)],
    ['sockets', count(sum((app) => app.sockets))],
    ['pushes asked for', count(sum((app) => app.pushes))],
    ['deliveries queued', count(sum((app) => app.queued))],
  ];
  at('figures').replaceChildren(
    ...all.map(([what, value]) => {
      const one = element('div');
      one.append(element('dt', what), element('dd', value));
      return one;
    }),
  );
}

function app(of) {
  const made = [element('h2', of.title === of.name ? of.name : `${of.title} (${of.name})`)];
  const objects = of.objects.map((one) => `${one.structure} ${count(one.objects)}`).join(', ');
  const told = [
    `${count(of.sockets)} sockets of ${count(of.users)} users`,
    `${count(of.pushes)} pushes, queued ${count(of.queued)} times`,
    objects && `objects: ${objects}`,
    of.plugin ? '' : 'the Socket.io plugin is off',
  ];
  made.push(element('p', told.filter(Boolean).join(' · ')));
  if (of.users > 0) {
    const left = of.users - of.users_most.length;
    const caption = left > 0 ? `The ${of.users_most.length} users with the most sockets; ${count(left)} more` : 'Users';
    const rows = of.users_most.map((one) => [one.user, count(one.sockets)]);
    made.push(table(caption, [{ title: 'user' }, { title: 'sockets', number: true }], rows));
  }
  return made;
}

function faults(state) {
  const all = state.faults.faults;
  if (all.length === 0) return [element('p', 'None is on: this platform does nothing wrong.')];
  const columns = [
    { title: 'fault' },
    { title: 'one in', number: true },
    { title: 'occasions', number: true },
    { title: 'harmed', number: true },
  ];
  const rows = all.map((one) => [one.fault, count(one.one_in), count(one.occasions), count(one.injected)]);
  const made = [table(`Seed ${state.faults.seed}`, columns, rows)];
  for (const one of all.filter((fault) => fault.examples.length > 0)) {
    const last = one.examples.slice(-EXAMPLES).reverse();
    const harmed = last.map((ex) => [`${(ex.at_ms / 1000).toFixed(1)} s`, ex.app, ex.user, ex.event, ex.detail]);
    const titles = ['at', 'app', 'user', 'event', 'what'].map((title) => ({ title }));
    made.push(element('h3', one.fault), table('The newest of those that are kept', titles, harmed));
  }
  return made;
}

function say(text, state = '') {
  if (at('status').textContent !== text) at('status').textContent = text;
  at('status').dataset.state = state;
}

function ask(why) {
  sessionStorage.removeItem(KEY);
  at('view').hidden = true;
  at('sign-in').hidden = false;
  say(why, why ? 'bad' : '');
}

async function look() {
  const token = sessionStorage.getItem(KEY);
  if (!token) {
    // Once it is asked for, why it is stays there.
    if (at('sign-in').hidden) ask('');
    return;
  }
  let answer;
  let state;
  try {
    answer = await fetch('/admin/state', { headers: { Authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.ok) state = await answer.json();
  } catch {
    return say('The platform does not answer; trying again.', 'bad');
  }
  if (answer.status === 401) return ask('This is not the token of this platform.');
  if (!answer.ok) return say(`The platform answers ${answer.status}; trying again.`, 'bad');
  figures(state);
  at('apps').replaceChildren(...state.apps.flatMap(app));
  at('faults').replaceChildren(...faults(state));
  at('sign-in').hidden = true;
  at('view').hidden = false;
  say('Live, once a second');
}

at('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEY, at('token').value.trim());
  at('token').value = '';
  look();
});

for (;;) {
  if (!document.hidden) await look();
  await new Promise((done) => setTimeout(done, EVERY_MS));
}
