import { useState } from 'react';
import { clearLog, clearMessages, drawn, log, messages } from '../live/log.js';
import { useStore } from '../live/store.js';
import { Time } from '../parts/time.jsx';

const MOST_ROWS = 200;
const LONGEST_ROW = 1000;

export function Log() {
  return (
    <div className="columns log">
      <Events />
      <Messages />
    </div>
  );
}

/** Saves what is kept of the log as a file. */
function save() {
  const address = URL.createObjectURL(new Blob([log.asLines(), '\n'], { type: 'application/jsonl' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = 'events.jsonl';
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

function Events() {
  useStore(drawn);
  const [filter, setFilter] = useState('');
  const [upTo, setUpTo] = useState(/** @type {number | null} */ (null));
  const rows = log.newest({ most: MOST_ROWS, filter, upTo: upTo ?? Infinity });
  const since = upTo === null ? 0 : log.received - upTo;
  const paused = upTo !== null;

  return (
    <section className="card" aria-labelledby="events-title">
      <h2 id="events-title">Every event</h2>
      <div className="toolbar">
        <label className="unseen" htmlFor="filter">
          Filter
        </label>
        <input id="filter" type="search" value={filter} placeholder="Filter by name or content" onChange={(event) => setFilter(event.target.value)} />
        <button type="button" aria-pressed={paused} onClick={() => setUpTo(paused ? null : log.received)}>
          {paused ? 'Go on' : 'Pause'}
        </button>
        <button type="button" onClick={clearLog} disabled={log.length === 0}>
          Clear
        </button>
        <button type="button" onClick={save} disabled={log.length === 0}>
          Save
        </button>
      </div>
      <p className="hint" role="status" data-testid="counts">
        {log.received} received{paused ? `, paused: ${since} since` : ''}
        {rows.length === MOST_ROWS ? `, the newest ${MOST_ROWS} are shown` : ''}
      </p>
      {rows.length === 0 ? (
        <p className="empty">{log.length === 0 ? 'Nothing has come yet. It shows here as soon as it does.' : 'Nothing of what is kept fits.'}</p>
      ) : (
        <ol className="rows" data-testid="events" tabIndex={0} aria-label="Events, newest first">
          {rows.map((one) => (
            <li key={one.number}>
              <Time at={one.at} exact />
              <strong>{one.name}</strong>
              <code>
                {one.json.length > LONGEST_ROW ? `${one.json.slice(0, LONGEST_ROW)}… (${one.json.length - LONGEST_ROW} characters more; save the log to read them)` : one.json}
              </code>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function Messages() {
  const all = useStore(messages);
  return (
    <section className="card" aria-labelledby="messages-title">
      <h2 id="messages-title">
        Only <code>message</code>
      </h2>
      <div className="toolbar">
        <button type="button" onClick={clearMessages} disabled={all.length === 0}>
          Clear
        </button>
      </div>
      {all.length === 0 ? (
        <p className="empty">
          What is pushed under the name <code>message</code> shows here.
        </p>
      ) : (
        <ol className="notes" data-testid="message-panel" tabIndex={0} aria-label="Messages, newest first">
          {all.map((one) => (
            <li key={one.number}>
              <p>{one.text}</p>
              <span className="hint">
                <Time at={one.at} />
              </span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
