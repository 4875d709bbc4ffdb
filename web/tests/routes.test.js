import assert from 'node:assert/strict';
import { test } from 'node:test';
import { covers, fromHash, pageFilter, redirect, tidy, toHash } from '../src/pure/routes.js';

test('a route is written in one way', () => {
  for (const [given, route] of [
    ['', 'home'],
    ['/', 'home'],
    ['#/', 'home'],
    ['/profile/', 'profile'],
    [' profile / notifications ', 'profile/notifications'],
    ['#/requests//7', 'requests/7'],
  ]) {
    assert.equal(tidy(given), route, given);
  }
});

test('an address leads to the route that it was made of', () => {
  for (const route of ['home', 'requests/7', 'messenger/anna & boris', 'messenger/50%', 'messenger/жаба']) {
    assert.equal(fromHash(toHash(route)), route);
  }
  assert.equal(fromHash('#/50%'), '50%', 'what encodes nothing is taken as it stands');
});

test('a page filter covers its pages and their sub-pages, and nothing else', () => {
  const filter = pageFilter('my-home-page, profile,');
  assert.deepEqual(filter, ['my-home-page', 'profile']);
  for (const route of ['my-home-page', 'profile', 'profile/notifications', 'profile/a/b']) assert.equal(covers(filter, route), true, route);
  for (const route of ['home', 'profiles', 'my-home', 'requests/profile']) assert.equal(covers(filter, route), false, route);
});

test('a filter for a sub-page does not cover the page above it', () => {
  const filter = pageFilter('profile/notifications');
  assert.equal(covers(filter, 'profile'), false);
  assert.equal(covers(filter, 'profile/notifications'), true);
});

test('slashes around a page of a filter do not matter, and / is home', () => {
  assert.deepEqual(pageFilter('/profile/, /'), ['profile', 'home']);
});

test('no filter is everywhere', () => {
  for (const none of [undefined, null, '', ' , ', 7, {}, [], [7]]) {
    assert.equal(pageFilter(none), null);
    assert.equal(covers(pageFilter(none), 'log'), true);
  }
});

test('a filter may be a list', () => assert.deepEqual(pageFilter(['profile', 'log,home', 7]), ['profile', 'log', 'home']));

test('a redirect leads back, up, on and elsewhere', () => {
  for (const [message, here, to] of [
    ['<=', 'log', 'back'],
    ['../', 'profile/notifications', 'profile'],
    ['..', 'profile/notifications', 'profile'],
    ['../', 'profile', 'home'],
    ['../../', 'a/b/c', 'a'],
    ['../log', 'profile/notifications', 'profile/log'],
    ['../../../..', 'profile', 'home'],
    ['/42', 'requests', 'requests/42'],
    ['/42', 'requests/7', 'requests/7/42'],
    ['/', 'requests', 'home'],
    ['requests', 'profile/notifications', 'requests'],
    ['#/requests/1', 'home', 'requests/1'],
    [' profile/notifications ', 'home', 'profile/notifications'],
  ]) {
    const expected = to === 'back' ? 'back' : { route: to };
    assert.deepEqual(redirect(message, here), expected, `${message} from ${here}`);
  }
});

test('a redirect leads to no other site, and bad ones nowhere', () => {
  const bad = ['', ' ', 'javascript:alert(1)', 'https://evil.example', '//evil.example', 'data:text/html,x', '\\\\evil', 'a\u0000b', 'x'.repeat(300)];
  for (const message of [...bad, undefined, null, 7, {}, ['home']]) assert.equal(redirect(message, 'home'), null, String(message));
  assert.equal(redirect('/x', 'x'.repeat(199)), null, 'no route grows without end');
});
