import { useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import { chat, loaded, lookAt, send, unread } from '../live/chat.js';
import { useHere } from '../live/context.js';
import { useItems } from '../live/items.js';
import { usePeople } from '../live/people.js';
import { useStore } from '../live/store.js';
import { go } from '../live/router.js';
import { Time } from '../parts/time.jsx';
import { between } from '../pure/chat.js';
import { toHash } from '../pure/routes.js';

/** @param {{ rest: string }} props `rest`: whom to talk to. */
export function Messenger({ rest }) {
  const { who, line } = useHere();
  const peer = rest;
  const people = usePeople();
  const { messages } = useStore(chat);
  const waiting = useStore(unread);
  const { data, error, reload } = useItems('messages', 'mine', { pageSize: 100 });

  useEffect(() => {
    if (data) loaded(data.items);
  }, [data]);
  // What came while there was no connection.
  useEffect(() => {
    line.socket.on('connect', reload);
    return () => {
      line.socket.off('connect', reload);
    };
  }, [line, reload]);
  useEffect(() => {
    lookAt(peer === '' ? null : peer);
    return () => lookAt(null);
  }, [peer]);

  const talked = messages.map((one) => (one.from === who.user ? one.to : one.from));
  const all = [...new Set([...people, ...talked, ...(peer === '' ? [] : [peer])])].filter((one) => one !== who.user);
  return (
    <div className="messenger card">
      <div className="contacts">
        <h2>People</h2>
        <ul>
          {all.map((one) => (
            <li key={one}>
              <a href={toHash(`messenger/${one}`)} aria-current={one === peer ? 'true' : undefined}>
                {one}
                {waiting.includes(one) && (
                  <span className="badge">
                    <span className="unseen">unread</span>
                  </span>
                )}
              </a>
            </li>
          ))}
        </ul>
        <Other />
      </div>
      {peer === '' ? (
        <p className="empty">Choose whom to write to. {error}</p>
      ) : (
        <Conversation key={peer} peer={peer} error={error} onRetry={reload} />
      )}
    </div>
  );
}

/** Somebody who is not in the list. */
function Other() {
  const [name, setName] = useState('');
  const id = useId();
  return (
    <form
      className="other"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() !== '') go(`messenger/${name.trim()}`);
        setName('');
      }}
    >
      <label htmlFor={id} className="unseen">
        Somebody else
      </label>
      <input id={id} value={name} placeholder="Somebody else" autoCapitalize="off" maxLength={100} onChange={(event) => setName(event.target.value)} />
    </form>
  );
}

/** @param {{ peer: string, error: string, onRetry: () => void }} props */
function Conversation({ peer, error, onRetry }) {
  const { who, line, connection } = useHere();
  const { messages, pending } = between(useStore(chat), who.user, peer);
  const [text, setText] = useState('');
  const list = useRef(/** @type {HTMLDivElement | null} */ (null));
  const count = messages.length + pending.length;
  useLayoutEffect(() => {
    if (list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [count]);

  return (
    <section className="conversation" aria-label={`Conversation with ${peer}`}>
      <div className="messages" ref={list} role="log" aria-label="Messages" tabIndex={0} data-testid="messages">
        {error && (
          <div className="notice" data-kind="bad">
            <p>Older messages are missing. {error}</p>
            <button type="button" onClick={onRetry}>
              Try again
            </button>
          </div>
        )}
        {count === 0 && <p className="empty">Nothing has been said yet.</p>}
        {messages.map((one) => (
          <div key={one.id} className="message" data-mine={one.from === who.user}>
            <span className="unseen">{one.from}: </span>
            <p>{one.text}</p>
            <span className="hint">
              <Time at={one.at} />
              {one.from === who.user && ' · arrived'}
            </span>
          </div>
        ))}
        {pending.map((one) => (
          <div key={`p${one.key}`} className="message" data-mine="true" data-state={one.state}>
            <p>{one.text}</p>
            <span className="hint">
              {one.state === 'failed' ? (
                <>
                  <span className="problem">Not sent: {one.why}.</span>{' '}
                  <button type="button" className="link" onClick={() => send(line.socket, peer, one.text, one.key)}>
                    Send again
                  </button>
                </>
              ) : one.state === 'sending' ? (
                'sending…'
              ) : (
                'taken by the platform'
              )}
            </span>
          </div>
        ))}
      </div>
      <form
        className="write"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() === '') return;
          send(line.socket, peer, text.trim());
          setText('');
        }}
      >
        <label className="unseen" htmlFor="write">
          Message to {peer}
        </label>
        <input id="write" value={text} maxLength={2000} placeholder={`Message to ${peer}`} autoComplete="off" onChange={(event) => setText(event.target.value)} />
        <button type="submit" className="primary" disabled={connection.state !== 'connected'}>
          Send
        </button>
      </form>
    </section>
  );
}
