import assert from 'node:assert/strict';
import { test } from 'node:test';
import { POSITIONS, alertBeside, parameters, parseAlert } from '../src/pure/alert.js';

test('a simple alert is its text', () => {
  for (const text of ['Hello', '  Hello ', 'Hello {{name}}', '{not json', '[', '"quoted"', '<img src=x onerror=alert(1)>']) {
    assert.deepEqual(parseAlert(text), { text: text.trim(), pages: null, parameters: {} });
  }
  assert.equal(parseAlert(7)?.text, '7');
  assert.equal(parseAlert(false)?.text, 'false');
});

test('a complex alert may be an object, its JSON, or the one element of a list', () => {
  const object = { message: 'Hello', page: 'my-home-page,profile', parameters: { position: 'top-right', duration: 4000, icon: '🇷🇺' } };
  const expected = { text: 'Hello', pages: ['my-home-page', 'profile'], parameters: object.parameters };
  for (const form of [object, JSON.stringify(object), [object], JSON.stringify([object]), [JSON.stringify(object)]]) {
    assert.deepEqual(parseAlert(form), expected);
  }
  assert.deepEqual(parseAlert({ ...object, parameters: JSON.stringify(object.parameters) }), expected, 'parameters as JSON');
});

test('what says nothing shows nothing', () => {
  for (const nothing of [undefined, null, '', '  ', { message: '' }, { message: null }, { message: undefined }]) assert.equal(parseAlert(nothing), null);
});

test('what is no alert is shown as it is', () => {
  assert.equal(parseAlert({ id: 5 })?.text, '{"id":5}');
  assert.equal(parseAlert([1, 2])?.text, '[1,2]');
  assert.equal(parseAlert({ message: { a: 1 } })?.text, '{"a":1}');
  assert.equal(parseAlert(new Uint8Array(3))?.text, '3 bytes');
  const circle = { message: {} };
  circle.message.self = circle;
  assert.equal(parseAlert(circle), null);
});

test('a long text ends', () => {
  const shown = parseAlert('😀'.repeat(5000))?.text ?? '';
  assert.equal(Array.from(shown).length, 1001);
  assert.ok(shown.endsWith('😀…'), 'no character is cut in two');
});

test('every parameter that is good counts', () => {
  const given = {
    id: 'job-1',
    icon: '👨‍👩‍👧‍👦',
    duration: 1,
    ariaProps: { role: 'alert', 'aria-live': 'assertive' },
    className: 'toast-warning wide',
    style: { color: 'red' },
    position: 'bottom-left',
    iconTheme: { primary: '#713200', secondary: 'rgb(255, 250, 238)' },
    removeDelay: 0,
    toasterId: 'page',
  };
  assert.deepEqual(parameters(given), given);
  for (const position of POSITIONS) assert.deepEqual(parameters({ position }), { position });
});

test('numbers may be texts, ids numbers, and a duration without end', () => {
  assert.deepEqual(parameters({ duration: '2500', removeDelay: '10', id: 7 }), { duration: 2500, removeDelay: 10, id: '7' });
  assert.deepEqual(parameters({ duration: 'Infinity' }), { duration: Infinity });
  assert.deepEqual(parameters({ duration: 1e12, removeDelay: 1e12 }), { duration: 86_400_000, removeDelay: 60_000 });
});

test('every parameter that is no good is left out', () => {
  const bad = {
    id: ['', {}, null, true, 'x'.repeat(101)],
    icon: ['', ' ', 7, {}, { type: 'img' }, 'far too long for one'],
    duration: [0, -1, NaN, '', 'soon', null, {}, true],
    ariaProps: [null, 'alert', [], { role: 'button' }, { 'aria-live': 'loud' }],
    className: ['', 7, 'a"b', 'a{', '1a', 'x'.repeat(101)],
    style: ['color:red', null, [], { position: 'fixed' }],
    position: ['middle', 7, null, {}, ['top-left'], 'TOP-LEFT', '__proto__'],
    iconTheme: [null, 'red', { primary: 'red' }, { primary: 'url(x)', secondary: 'red' }],
    removeDelay: [-1, 'x', {}],
    toasterId: ['elsewhere', 7, {}],
    onClick: ['alert(1)'],
    children: ['x'],
    dangerouslySetInnerHTML: [{ __html: '<b>' }],
    type: ['custom'],
  };
  for (const [name, values] of Object.entries(bad)) {
    for (const value of values) assert.deepEqual(parameters({ [name]: value }), {}, `${name}: ${JSON.stringify(value)}`);
  }
  for (const value of [undefined, null, 7, 'x', [], '[1]', '{']) assert.deepEqual(parameters(value), {});
});

test('a Refresher shows the alert that its push carries, and takes no data for one', () => {
  assert.equal(alertBeside('New')?.text, 'New');
  assert.equal(alertBeside({ message: 'New', page: 'log' })?.text, 'New');
  assert.equal(alertBeside('{"message":"New"}')?.text, 'New');
  for (const none of [undefined, null, '', { id: 5 }, [1], 7, '{"id":5}']) assert.equal(alertBeside(none), null);
});
