import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventLog, LONGEST_ENTRY, asJson } from '../src/pure/events.js';

test('arguments are written as JSON, bytes by their number, and nothing breaks it', () => {
  assert.equal(asJson([]), '');
  assert.equal(asJson([{ a: [1, 'x'] }, null, 'text']), '{"a":[1,"x"]}, null, "text"');
  assert.equal(asJson([new ArrayBuffer(4), { inside: new Uint8Array(2) }]), '"<4 bytes>", {"inside":"<2 bytes>"}');
  const circle = {};
  circle.self = circle;
  assert.equal(asJson([circle, undefined]), '"(cannot be shown)", undefined');
  assert.equal(asJson(['x'.repeat(LONGEST_ENTRY * 2)]).length, LONGEST_ENTRY + 1);
});

test('the newest come first, and a filter looks at names and arguments', () => {
  const log = new EventLog();
  log.add(1, 'alert', ['Hello']);
  log.add(2, 'chat', [{ text: 'Alert!' }]);
  log.add(3, 'message', []);
  const names = (wanted) => log.newest({ most: 10, ...wanted }).map((one) => one.name);
  assert.deepEqual(names({}), ['message', 'chat', 'alert']);
  assert.deepEqual(names({ filter: 'ALERT' }), ['chat', 'alert']);
  assert.deepEqual(names({ upTo: 2 }), ['chat', 'alert'], 'paused after the second');
  assert.deepEqual(names({ most: 1 }), ['message']);
});

test('it is bounded by entries, keeps the newest, and counts all', () => {
  const log = new EventLog(10);
  for (let i = 1; i <= 1000; i += 1) log.add(i, `e${i}`, []);
  assert.equal(log.received, 1000);
  assert.ok(log.length <= 10);
  assert.equal(log.newest({ most: 1 })[0].name, 'e1000');
});

test('it is bounded by characters', () => {
  const log = new EventLog(1000, 1000);
  for (let i = 0; i < 100; i += 1) log.add(i, 'event', ['x'.repeat(95)]);
  const kept = log.newest({ most: 1000 }).reduce((sum, one) => sum + one.json.length + one.name.length, 0);
  assert.ok(kept <= 1000 && kept > 500, String(kept));
  assert.equal(log.newest({ most: 1 })[0].number, 100);
});

test('clearing keeps the count', () => {
  const log = new EventLog();
  log.add(1, 'a', []);
  log.clear();
  log.add(2, 'b', []);
  assert.deepEqual([log.length, log.received, log.newest({ most: 9 })[0].number], [1, 2, 2]);
});

test('what is kept can be saved, a line for each', () => {
  const log = new EventLog();
  log.add(0, 'a\n', ['x\ny']);
  log.add(1, 'b', []);
  const lines = log.asLines().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(lines[0], { number: 1, at: '1970-01-01T00:00:00.000Z', event: 'a\n', args: '"x\\ny"' });
  assert.equal(lines.length, 2);
});
