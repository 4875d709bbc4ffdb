import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EMPTY, answered, asMessage, between, readAck, received, sending } from '../src/pure/chat.js';

const message = (id, from, to, text, at = 0) => ({ id, from, to, text, at });
const mine = message('1', 'anna', 'boris', 'Hi', 5);
const underWay = sending(EMPTY, { key: 1, to: 'boris', text: 'Hi', state: 'sending' });

test('only a message is one', () => {
  assert.deepEqual(asMessage({ id: 7, from: 'a', to: 'b', text: 't', '@when': 3 }, 9), message('7', 'a', 'b', 't', 3));
  assert.equal(asMessage({ id: '7', from: 'a', to: 'b', text: 't' }, 9)?.at, 9);
  for (const bad of [null, 7, 'x', {}, { id: {}, from: 'a', to: 'b', text: 't' }, { id: 1, from: 'a', to: 'b', text: {} }]) assert.equal(asMessage(bad, 0), null);
});

test('a message counts once, and in its place', () => {
  const chat = received(received(EMPTY, [mine, mine]), [mine, message('0', 'boris', 'anna', 'Hello', 1)]);
  assert.deepEqual(chat.messages.map((one) => one.id), ['0', '1']);
});

test('ack before push, and push before ack, come to the same', () => {
  const ack = readAck({ result: [{ ...mine, '@when': 5 }], status: 'ok' }, 9);
  const ackFirst = received(answered(underWay, 1, ack), [mine]);
  const pushFirst = answered(received(underWay, [mine]), 1, ack);
  assert.deepEqual(ackFirst, { messages: [mine], pending: [] });
  assert.deepEqual(pushFirst, ackFirst);
});

test('of two that say the same an ack clears its own alone', () => {
  const twice = sending(underWay, { key: 2, to: 'boris', text: 'Hi', state: 'sending' });
  const chat = answered(twice, 1, readAck({ result: [{ ...mine, '@when': 5 }], status: 'ok' }, 9));
  assert.deepEqual(chat.messages, [mine]);
  assert.deepEqual(chat.pending.map((one) => one.key), [2]);
});

test('an ack that tells no message leaves it taken until it arrives', () => {
  const chat = answered(underWay, 1, readAck(null, 0));
  assert.equal(chat.pending[0].state, 'sent');
  assert.deepEqual(received(chat, [mine]).pending, []);
});

test('a refusal says why, and the message can be sent again', () => {
  for (const ack of [{ status: 'ERROR', msg: 'no' }, { error: 'no' }]) {
    const chat = answered(underWay, 1, readAck(ack, 0));
    assert.deepEqual(chat.pending[0], { key: 1, to: 'boris', text: 'Hi', state: 'failed', why: 'no' });
    assert.equal(sending(chat, { key: 1, to: 'boris', text: 'Hi', state: 'sending' }).pending.length, 1);
  }
});

test('what failed is not taken for the same text of another time', () => {
  const failed = answered(underWay, 1, { ok: false, why: 'no' });
  assert.equal(received(failed, [mine]).pending.length, 1);
});

test('a conversation has two sides and no third', () => {
  const chat = received(EMPTY, [mine, message('2', 'boris', 'anna', 'x'), message('3', 'carol', 'anna', 'y'), message('4', 'anna', 'carol', 'z')]);
  assert.deepEqual(between(chat, 'anna', 'boris').messages.map((one) => one.id).sort(), ['1', '2']);
});
