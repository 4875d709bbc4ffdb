// A list that the platform has, and that is read again whenever somebody asks for it.

import { useCallback, useEffect, useRef, useState } from 'react';
import { useHere } from './context.js';

/** @typedef {import('./api.js').Page} Page */

/**
 * Reads a page of a list. What was read stays until the next is there, so that nothing jumps. However often `reload` is called while an answer is awaited, one
 * more request follows it.
 * @param {string} structure @param {string} endpoint @param {{ page?: number, pageSize?: number }} part
 */
export function useItems(structure, endpoint, { page = 0, pageSize = 20 }) {
  const { read } = useHere();
  const [data, setData] = useState(/** @type {Page | null} */ (null));
  const [error, setError] = useState('');
  const latest = useRef({ read, busy: false, again: false, gone: false, wanted: '' });
  latest.current.read = read;

  const reload = useCallback(async () => {
    const now = latest.current;
    if (now.busy) {
      now.again = true;
      return;
    }
    now.busy = true;
    do {
      now.again = false;
      const [wantedPage, wantedSize] = now.wanted.split(' ').map(Number);
      try {
        const answer = await now.read(structure, endpoint, { page: wantedPage, pageSize: wantedSize });
        if (!now.gone) {
          setData(answer);
          setError('');
        }
      } catch (why) {
        if (!now.gone) setError(why instanceof Error ? why.message : String(why));
      }
    } while (now.again && !now.gone);
    now.busy = false;
  }, [structure, endpoint]);

  useEffect(() => {
    latest.current.gone = false;
    latest.current.wanted = `${page} ${pageSize}`;
    void reload();
    const now = latest.current;
    return () => {
      now.gone = true;
    };
  }, [reload, page, pageSize]);

  return { data, error, reload };
}
