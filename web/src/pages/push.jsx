import { useState } from 'react';
import { useHere } from '../live/context.js';
import { usePeople } from '../live/people.js';
import { Choice, Field } from '../parts/fields.jsx';
import { asRequest } from '../pure/push.js';

/** @typedef {import('../pure/push.js').Draft} Draft */

/** @type {(name: string, event: string, message: unknown) => { name: string, change: Pick<Draft, 'event' | 'kind' | 'message'> }} */
const example = (name, event, message) => ({
  name,
  change:
    typeof message === 'string' ? { event, kind: 'text', message } : { event, kind: 'json', message: JSON.stringify(message, null, 2) },
});

const EXAMPLES = [
  example('Simple alert', 'alert', 'Your order is ready'),
  example('Complex alert', 'alert', { message: 'Hello from the platform', parameters: { icon: '👋', position: 'top-right', duration: 6000 } }),
  example('Only on the profile', 'alert', { message: 'Your profile was checked', page: 'profile', parameters: { icon: '🔎' } }),
  example('Progress, begun', 'alert', { message: 'Import: 40 %', parameters: { id: 'import', icon: '⏳', duration: 60000 } }),
  example('Progress, done', 'alert', { message: 'Import: done', parameters: { id: 'import', icon: '✅', duration: 4000 } }),
  example('With its own style', 'alert', {
    message: 'In other colours',
    parameters: { style: { background: '#1e1b4b', color: '#e0e7ff', borderRadius: '20px' }, iconTheme: { primary: '#818cf8', secondary: '#1e1b4b' } },
  }),
  example('By a class', 'alert', { message: 'The disk is nearly full', parameters: { className: 'toast-warning', icon: '⚠️', position: 'bottom-center' } }),
  example('Refresh the requests', 'refresh-requests', ''),
  example('Refresh, with an alert', 'refresh-requests', { message: 'The list is new', parameters: { icon: '🔄', position: 'bottom-right' } }),
  example('Event message', 'message', 'Hello, this is a message'),
  example('Redirect', 'redirect', 'profile/notifications'),
  example('Redirect, back', 'redirect', '<='),
  example('Markup stays text', 'alert', '<img src=x onerror=alert(1)> <b>not bold</b>'),
];

export function Push() {
  const { who, call } = useHere();
  const people = usePeople();
  const [draft, setDraft] = useState(/** @type {Draft} */ ({ audience: 'user', user: who.user, event: 'alert', kind: 'text', message: '' }));
  const [problems, setProblems] = useState(/** @type {import('../pure/push.js').Problems} */ ({}));
  const [said, setSaid] = useState({ good: true, text: '' });
  const [busy, setBusy] = useState(false);

  /** @param {Partial<Draft>} change */
  function change(change) {
    setDraft((now) => ({ ...now, ...change }));
    // What was wrong is told again when it is sent.
    setProblems({});
  }

  /** @param {import('react').FormEvent} event */
  async function submit(event) {
    event.preventDefault();
    const asked = asRequest(draft);
    setProblems(asked.problems ?? {});
    setSaid({ good: true, text: '' });
    if (asked.body === null || busy) return;
    setBusy(true);
    try {
      const [result] = await call('push', 'send', asked.body);
      const sockets = /** @type {any} */ (result)?.deliveredTo;
      const reached = sockets === 1 ? 'one socket' : `${sockets} sockets`;
      const to = draft.audience === 'everyone' ? 'everyone' : draft.user.trim();
      if (sockets === 0) setSaid({ good: false, text: `Sent, but ${to} has no socket open now: nobody got it.` });
      else setSaid({ good: true, text: typeof sockets === 'number' ? `Sent to ${to}: ${reached}.` : `Sent to ${to}.` });
    } catch (why) {
      setSaid({ good: false, text: why instanceof Error ? why.message : String(why) });
    }
    setBusy(false);
  }

  return (
    <div className="columns push">
      <form className="card" onSubmit={submit} noValidate aria-labelledby="push-title">
        <h2 id="push-title">Send PUSH-message</h2>
        <Choice
          legend="To"
          value={draft.audience}
          onChange={(audience) => change({ audience })}
          options={[
            ['user', 'One user'],
            ['everyone', 'Everyone (*)'],
          ]}
        />
        <div className="pair">
          <Field
            label="User"
            name="userID"
            value={draft.audience === 'everyone' ? '*' : draft.user}
            onChange={(user) => change({ user })}
            disabled={draft.audience === 'everyone'}
            options={people}
            problem={problems.user}
            autoComplete="off"
          />
          <Field
            label="Event name"
            name="eventName"
            value={draft.event}
            onChange={(event) => change({ event })}
            options={['alert', 'message', 'redirect', 'refresh-requests', 'chat']}
            problem={problems.event}
            autoComplete="off"
          />
        </div>
        <Choice
          legend="Message as"
          value={draft.kind}
          onChange={(kind) => change({ kind })}
          options={[
            ['text', 'Text'],
            ['json', 'JSON'],
          ]}
        />
        <Field
          label="Message"
          name="message"
          multiline
          mono
          rows={8}
          value={draft.message}
          onChange={(message) => change({ message })}
          problem={problems.message}
          hint="May be empty."
        />
        <button type="submit" className="primary" disabled={busy}>
          {busy ? 'Sending…' : 'Send'}
        </button>
        <p className={said.good ? 'said' : 'said problem'} role="status">
          {said.text}
        </p>
      </form>
      <section className="card" aria-labelledby="examples-title">
        <h2 id="examples-title">Examples</h2>
        <p className="hint">One fills the form in. Change it as you like, then send it.</p>
        <ul className="examples">
          {EXAMPLES.map(({ name, change: filled }) => (
            <li key={name}>
              <button type="button" onClick={() => change(filled)}>
                <span>{name}</span>
                <code>{filled.event}</code>
              </button>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}
