import { useEffect, useRef, useState } from 'react';
import { refreshed } from '../live/alerts.js';
import { carried } from '../live/connection.js';
import { useHere } from '../live/context.js';
import { Time } from './time.jsx';

/**
 * Refreshes what a page shows, without a reload, whenever a push with its event name comes. The push's message may be empty; an alert in it is shown.
 * What was pushed while there was no connection is lost, so it refreshes after each reconnection too.
 * @param {{ event_name: string, onRefresh: () => void }} props
 */
export function Refresher({ event_name, onRefresh }) {
  const { line } = useHere();
  const [seen, setSeen] = useState({ times: 0, at: 0 });
  const refresh = useRef(onRefresh);
  useEffect(() => {
    refresh.current = onRefresh;
  });

  useEffect(() => {
    const { socket } = line;
    /** @param {unknown[]} args */
    const onPush = (...args) => {
      setSeen(({ times }) => ({ times: times + 1, at: Date.now() }));
      // The page shows alerts of its own event by itself.
      if (event_name !== 'alert') refreshed(carried(socket, args)[0]);
      refresh.current();
    };
    const onConnect = () => refresh.current();
    socket.on(event_name, onPush);
    socket.on('connect', onConnect);
    return () => {
      socket.off(event_name, onPush);
      socket.off('connect', onConnect);
    };
  }, [line, event_name]);

  return (
    <p className="refresher" role="status">
      <span className="pulse" key={seen.times} data-seen={seen.times > 0} aria-hidden="true" />
      <span>
        Refresher on <code>{event_name}</code>:{' '}
        {seen.times === 0 ? 'waiting' : <>{seen.times === 1 ? 'once' : `${seen.times} times`}, last at <Time at={seen.at} /></>}
      </span>
    </p>
  );
}
