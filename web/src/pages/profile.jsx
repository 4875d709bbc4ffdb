import { useState } from 'react';
import { logOut } from '../live/api.js';
import { useHere } from '../live/context.js';
import { go } from '../live/router.js';
import { end } from '../live/session.js';
import { useStore } from '../live/store.js';
import { THEMES, choose, theme } from '../live/theme.js';
import { Choice } from '../parts/fields.jsx';
import { fully, shortly } from '../parts/status.jsx';

/** @param {{ rest: string }} props */
export function Profile({ rest }) {
  return (
    <>
      <nav className="tabs" aria-label="Profile">
        <a href="#/profile" aria-current={rest === '' ? 'page' : undefined}>
          Account
        </a>
        <a href="#/profile/notifications" aria-current={rest === 'notifications' ? 'page' : undefined}>
          Notifications
        </a>
      </nav>
      {rest === '' ? <Account /> : rest === 'notifications' ? <Notifications /> : <p className="empty">There is nothing here.</p>}
    </>
  );
}

function Account() {
  const { who, connection, line, forgetAll } = useHere();
  const chosen = useStore(theme);
  const [busy, setBusy] = useState(false);

  async function leave() {
    setBusy(true);
    // Closed here first: otherwise the platform closes it, and that looks like a session that has ended.
    line.close();
    await logOut(who);
    forgetAll();
    go('home');
    end();
  }

  return (
    <div className="columns">
      <section className="card" aria-labelledby="account-title">
        <h2 id="account-title">Account</h2>
        <dl className="facts">
          <dt>User</dt>
          <dd>{who.user}</dd>
          <dt>App</dt>
          <dd>{who.app}</dd>
          <dt>Session</dt>
          <dd>
            <code>{who.id.slice(0, 4)}…</code>
          </dd>
          <dt>Connection</dt>
          <dd>
            {shortly(connection)} {fully(connection)}
          </dd>
        </dl>
        <button type="button" onClick={leave} disabled={busy}>
          Sign out
        </button>
      </section>
      <section className="card" aria-labelledby="looks-title">
        <h2 id="looks-title">Looks</h2>
        <Choice
          legend="Colours"
          value={chosen}
          onChange={choose}
          options={THEMES.map((one) => [one, one === 'system' ? 'As the system' : one === 'light' ? 'Light' : 'Dark'])}
        />
      </section>
    </div>
  );
}

/** A sub-page: an alert for the page `profile` shows here too, one for `profile/notifications` only here. */
function Notifications() {
  const { who, call } = useHere();
  const [said, setSaid] = useState({ good: true, text: '' });

  /** @param {string} page */
  async function test(page) {
    const message = { message: `For the page ${page}`, page, parameters: { icon: '🔔', position: 'top-right' } };
    try {
      await call('push', 'send', { userID: who.user, eventName: 'alert', message });
      setSaid({ good: true, text: `Sent for the page ${page}.` });
    } catch (why) {
      setSaid({ good: false, text: why instanceof Error ? why.message : String(why) });
    }
  }

  return (
    <section className="card" aria-labelledby="notifications-title">
      <h2 id="notifications-title">Notifications</h2>
      <p>
        An alert may be for some pages only. One for <code>profile</code> shows here too, for this is a sub-page of it; one for <code>home</code> does not.
      </p>
      <div className="toolbar">
        {['profile', 'profile/notifications', 'home'].map((page) => (
          <button key={page} type="button" onClick={() => test(page)}>
            Alert for {page}
          </button>
        ))}
      </div>
      <p className={said.good ? 'said' : 'said problem'} role="status">
        {said.text}
      </p>
    </section>
  );
}
