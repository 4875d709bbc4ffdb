import assert from 'node:assert/strict';
import { test } from 'node:test';
import { safeClasses, safeColour, safeStyle, safeValue } from '../src/pure/style.js';

test('looks count, in both ways of writing their names', () => {
  const style = { background: 'linear-gradient(90deg, #fff, rgb(0 0 0 / 50%))', 'border-radius': '8px', padding: 16, color: '#713200', border: '1px solid #713200' };
  const { 'border-radius': borderRadius, ...rest } = style;
  assert.deepEqual(safeStyle(style), { ...rest, borderRadius });
});

test('what places, moves, hides or fetches does not', () => {
  const bad = {
    position: 'fixed',
    inset: 0,
    top: 0,
    zIndex: 99999,
    transform: 'scale(99)',
    animation: 'x 1s',
    transition: 'all 1s',
    content: '"x"',
    cursor: 'none',
    display: 'none',
    backgroundImage: 'red',
    filter: 'blur(1px)',
    pointerEvents: 'none',
    height: '100px',
    margin: '-10px',
    '--accent': 'red',
    __proto__x: 'red',
  };
  for (const [name, value] of Object.entries(bad)) assert.equal(safeStyle({ [name]: value }), undefined, name);
});

test('no value reaches out of its declaration', () => {
  const bad = [
    'url(https://evil.example/x.png)',
    'URL(x)',
    'u\\72l(x)',
    'image-set("x" 1x)',
    'image(x)',
    'cross-fade(x)',
    'element(#root)',
    'attr(data-x)',
    'var(--accent)',
    'env(safe-area-inset-top)',
    'expression(alert(1))',
    'red; position: fixed',
    'red } body { display: none',
    'red !important',
    '/* red */ url(x)',
    'red"',
    "red'",
    '<b>',
    'javascript:alert(1)',
    '@import',
    '99999px',
    'calc(1px * 100000)',
    '1e9px',
    '',
    'x'.repeat(201),
    NaN,
    Infinity,
    5000,
    null,
    {},
    [],
    true,
  ];
  for (const value of bad) assert.equal(safeValue(value), null, String(value));
  for (const value of ['red', '#fff', '12px', '1.5', 'calc(100% - 8px)', 'rgba(0, 0, 0, 0.5)', '-1px 2px 3px #000000ff', '700', 'Georgia, serif', 0, 700]) {
    assert.equal(safeValue(value), value, String(value));
  }
});

test('a colour is one colour', () => {
  for (const good of ['red', '#abc', '#aabbccdd', 'rgb(1, 2, 3)', 'oklch(0.7 0.1 200)']) assert.equal(safeColour(good), good);
  for (const bad of ['1px', 'red blue', '#ab', 'url(x)', 7, null, 'rgb(calc(1))']) assert.equal(safeColour(bad), undefined, String(bad));
});

test('names of classes are names', () => {
  assert.equal(safeClasses(' toast-warning  wide '), 'toast-warning wide');
  for (const bad of ['', ' ', 'a.b', 'a#b', '<b>', '-a', 7, null]) assert.equal(safeClasses(bad), undefined, String(bad));
});
