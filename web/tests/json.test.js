import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokenAt } from '../src/pure/json.js';

test('it says where JSON is broken', () => {
  for (const [text, at] of [
    ['', 0],
    ['{', 1],
    ['{"a":}', 5],
    ['{"a":1,}', 7],
    ['{"a" 1}', 5],
    ['[1, 2', 5],
    ['[1 2]', 3],
    ["{'a':1}", 1],
    ['"open', 0],
    ['{} x', 3],
    ['01', 1],
    ['nul', 0],
  ]) {
    assert.equal(brokenAt(text), at, text);
  }
});

test('it takes for JSON what JSON.parse does', () => {
  const seeds = ['{"a":[1,-2.5e+3,{"b":"\\u00e9\\n"}],"c":null,"d":[]," ":true}', ' [ ] ', '"x"', '-0.1E5', '{"message":"Hi","parameters":{"id":7}}'];
  // A generator of its own: the same texts each time.
  let state = 1;
  const random = (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
  let broken = 0;
  for (let i = 0; i < 20_000; i += 1) {
    let text = seeds[random(seeds.length)];
    for (let n = random(3); n > 0; n -= 1) {
      const at = random(text.length + 1);
      text = text.slice(0, at) + ['', ' ', '"', ',', '}', ']', '{', '0', '\\', 'e', ':', '\u0001'][random(12)] + text.slice(at + random(2));
    }
    let valid = true;
    try {
      JSON.parse(text);
    } catch {
      valid = false;
      broken += 1;
    }
    assert.equal(brokenAt(text) === null, valid, text);
  }
  assert.ok(broken > 5000 && broken < 18_000, String(broken));
});

test('it gives up on what is too deep, and does not break', () => assert.equal(brokenAt('['.repeat(100_000)), null));
