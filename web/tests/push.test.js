import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asRequest } from '../src/pure/push.js';

const draft = { audience: 'user', user: ' anna ', event: ' alert ', kind: 'text', message: 'Hello' };

test('a draft is a request', () => {
  assert.deepEqual(asRequest(draft).body, { userID: 'anna', eventName: 'alert', message: 'Hello' });
  assert.deepEqual(asRequest({ ...draft, audience: 'everyone', user: '' }).body, { userID: '*', eventName: 'alert', message: 'Hello' });
  assert.deepEqual(asRequest({ ...draft, kind: 'json', message: '{"a":[1]}' }).body?.message, { a: [1] });
  assert.equal(asRequest({ ...draft, message: '{"a":1}' }).body?.message, '{"a":1}', 'a text stays a text');
});

test('an empty message is none', () => {
  for (const kind of ['text', 'json']) assert.equal('message' in (asRequest({ ...draft, kind, message: '' }).body ?? {}), false);
});

test('what is wrong is said at its place', () => {
  const { body, problems } = asRequest({ ...draft, user: ' ', event: '', kind: 'json', message: '{\n  "a": 1,\n}' });
  assert.equal(body, null);
  assert.deepEqual(Object.keys(problems ?? {}).sort(), ['event', 'message', 'user']);
  assert.match(problems?.message ?? '', /line 3, column 1/);
  assert.match(asRequest({ ...draft, kind: 'json', message: '{"a":' }).problems?.message ?? '', /ends too early/);
  assert.match(asRequest({ ...draft, event: 'disconnect' }).problems?.event ?? '', /keeps the name/);
});
