import { useState } from 'react';
import { useHere } from '../live/context.js';
import { useItems } from '../live/items.js';
import { Field } from '../parts/fields.jsx';
import { Refresher } from '../parts/refresher.jsx';
import { Time } from '../parts/time.jsx';
import { toHash } from '../pure/routes.js';

const PAGE_SIZE = 20;

/** @param {unknown} value */
const text = (value) => (value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value));

/** @param {{ rest: string }} props */
export function Requests({ rest }) {
  const [page, setPage] = useState(0);
  const { data, error, reload } = useItems('requests', 'list', { page, pageSize: PAGE_SIZE });
  return (
    <div className="columns requests">
      <Submit onSubmitted={reload} />
      <section className="card" aria-labelledby="list-title">
        <h2 id="list-title">Your requests</h2>
        <Refresher event_name="refresh-requests" onRefresh={reload} />
        {error && (
          <div className="notice" data-kind="bad" role="alert">
            <p>{error}</p>
            <button type="button" onClick={reload}>
              Try again
            </button>
          </div>
        )}
        <List data={data} failed={error !== ''} chosen={rest} />
        <Pages data={data} page={page} onPage={setPage} />
      </section>
    </div>
  );
}

/** @param {{ onSubmitted: () => void }} props */
function Submit({ onSubmitted }) {
  const { call, connection } = useHere();
  const [title, setTitle] = useState('');
  const [body, setBody] = useState('');
  const [missing, setMissing] = useState('');
  const [said, setSaid] = useState({ good: true, text: '' });
  const [busy, setBusy] = useState(false);

  /** @param {import('react').FormEvent} event */
  async function submit(event) {
    event.preventDefault();
    const wanted = title.trim();
    setMissing(wanted === '' ? 'Give the request a title.' : '');
    if (wanted === '' || busy) return;
    setBusy(true);
    setSaid({ good: true, text: '' });
    try {
      await call('requests', 'submit', { title: wanted, text: body.trim() });
      setTitle('');
      setBody('');
      const connected = connection.state === 'connected';
      setSaid({ good: true, text: connected ? 'Submitted. The list refreshes when the platform says so.' : 'Submitted.' });
      // Nobody will say so.
      if (!connected) onSubmitted();
    } catch (why) {
      setSaid({ good: false, text: why instanceof Error ? why.message : String(why) });
    }
    setBusy(false);
  }

  return (
    <form className="card" onSubmit={submit} aria-labelledby="submit-title" noValidate>
      <h2 id="submit-title">New request</h2>
      <Field label="Title" name="title" value={title} onChange={setTitle} maxLength={200} problem={missing} />
      <Field label="Text" name="text" value={body} onChange={setBody} maxLength={5000} multiline rows={4} />
      <button type="submit" className="primary" disabled={busy}>
        {busy ? 'Submitting…' : 'Submit'}
      </button>
      <p className={said.good ? 'said' : 'said problem'} role="status">
        {said.text}
      </p>
    </form>
  );
}

/** @param {{ data: import('../live/api.js').Page | null, failed: boolean, chosen: string }} props */
function List({ data, failed, chosen }) {
  if (data === null) {
    if (failed) return null;
    return (
      <div className="skeleton" role="status" aria-label="Loading">
        <span />
        <span />
        <span />
      </div>
    );
  }
  if (data.items.length === 0) {
    return <p className="empty">{data.page === 0 ? 'No requests yet. Submit the first one.' : 'Nothing on this page.'}</p>;
  }
  return (
    <ul className="items" data-testid="requests">
      {data.items.map((item, i) => {
        const id = text(item.id);
        return (
          <li key={id || i} data-chosen={id !== '' && id === chosen}>
            <a className="item-title" href={toHash(`requests/${id}`)} aria-current={id !== '' && id === chosen ? 'true' : undefined}>
              {text(item.title) || 'Untitled'}
            </a>
            <span className="tag">{text(item.state)}</span>
            {text(item.text) !== '' && <p className="item-text">{text(item.text)}</p>}
            <span className="hint">
              {text(item.by)}
              {typeof item['@when'] === 'number' && (
                <>
                  {' '}
                  · <Time at={item['@when']} />
                </>
              )}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

/** @param {{ data: import('../live/api.js').Page | null, page: number, onPage: (page: number) => void }} props */
function Pages({ data, page, onPage }) {
  const total = data?.total ?? 0;
  if (total <= PAGE_SIZE && page === 0) return null;
  const last = Math.max(0, Math.ceil(total / PAGE_SIZE) - 1);
  return (
    <div className="pages">
      <button type="button" disabled={page === 0} onClick={() => onPage(page - 1)}>
        Newer
      </button>
      <span>
        Page {page + 1} of {Math.max(last, page) + 1}
      </span>
      <button type="button" disabled={page >= last} onClick={() => onPage(page + 1)}>
        Older
      </button>
    </div>
  );
}
