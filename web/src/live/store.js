// A value that components can watch.

import { useSyncExternalStore } from 'react';

/** @template T */
export class Store {
  /** @type {Set<() => void>} */
  #watchers = new Set();
  #value;

  /** @param {T} value */
  constructor(value) {
    this.#value = value;
  }

  get = () => this.#value;

  /** @param {T} value */
  set(value) {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const watcher of this.#watchers) watcher();
  }

  /** @param {(value: T) => T} change */
  update(change) {
    this.set(change(this.#value));
  }

  /** @param {() => void} watcher */
  watch = (watcher) => {
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
    };
  };
}

/**
 * The value of a store, now and whenever it changes.
 * @template T
 * @param {Store<T>} store
 * @returns {T}
 */
export function useStore(store) {
  return useSyncExternalStore(store.watch, store.get);
}
