import { useEffect, useRef, useState } from 'react';
import { apps as readApps, logIn } from '../live/api.js';
import { Field } from '../parts/fields.jsx';
import { ThemeToggle } from '../parts/frame.jsx';
import { Mark } from '../parts/icons.jsx';

/** @typedef {import('../live/session.js').Session} Session */
/** @typedef {import('../live/api.js').App} App */

/**
 * @param {{ last: Session | null, onSession: (now: Session) => void, onOther: () => void }} props `last`: whose session has ended by itself.
 */
export function SignIn({ last, onSession, onOther }) {
  const [apps, setApps] = useState(/** @type {App[] | null} */ (null));
  const [app, setApp] = useState(last?.app ?? '');
  const [user, setUser] = useState(last?.user ?? '');
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));

  useEffect(() => {
    let gone = false;
    readApps()
      .catch(() => [])
      .then((all) => {
        if (gone) return;
        setApps(all);
        setApp((now) => now || (all[0]?.name ?? ''));
      });
    return () => {
      gone = true;
    };
  }, []);
  useEffect(() => {
    /** @type {HTMLInputElement | null | undefined} */
    const input = form.current?.querySelector(last ? 'input[type=password]' : 'input[name=username]');
    input?.focus();
  }, [last]);

  /** @param {import('react').FormEvent} event */
  async function submit(event) {
    event.preventDefault();
    setBusy(true);
    setProblem('');
    try {
      onSession(await logIn(app.trim(), user.trim(), password));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      setBusy(false);
    }
  }

  const chosen = apps?.find((one) => one.name === app);
  const people = chosen?.people ?? [];
  return (
    <main className="sign-in">
      <div className="sign-in-top">
        <span className="brand">
          <Mark />
          <span className="brand-name">Push platform</span>
        </span>
        <ThemeToggle />
      </div>
      <form ref={form} className="card" onSubmit={submit} aria-labelledby="sign-in-title">
        <h1 id="sign-in-title">{last ? 'Sign in again' : 'Sign in'}</h1>
        {last && (
          <div className="notice" data-kind="warn" role="alert" data-testid="ended">
            <p>
              <strong>Your session has ended.</strong> It expired, was signed out elsewhere, or the platform was started anew. Sign in as {last.user} to go on where you were.
            </p>
          </div>
        )}
        {apps !== null && apps.length === 0 ? (
          <Field label="App" name="app" value={app} onChange={setApp} required hint="The platform has not told its apps. Type the app’s name." />
        ) : (
          <div className="field">
            <label htmlFor="app">App</label>
            <select id="app" name="app" value={app} onChange={(event) => setApp(event.target.value)} disabled={apps === null}>
              {app !== '' && chosen === undefined && <option value={app}>{app}</option>}
              {(apps ?? []).map((one) => (
                <option key={one.name} value={one.name}>
                  {one.title === one.name ? one.name : `${one.title} (${one.name})`}
                </option>
              ))}
            </select>
            {chosen && !chosen.sockets && <p className="hint">Its Socket.io plugin is off: nothing will be pushed.</p>}
          </div>
        )}
        <Field label="User" name="username" value={user} onChange={setUser} required autoComplete="username" options={people.map(({ id }) => id)} />
        <Field label="Password" name="password" type="password" value={password} onChange={setPassword} required autoComplete="current-password" />
        <p className="problem form-problem" role="alert">
          {problem}
        </p>
        <button type="submit" className="primary" disabled={busy}>
          {busy ? 'Signing in…' : 'Sign in'}
        </button>
        {last && (
          <button type="button" className="link" onClick={onOther}>
            Sign in as somebody else
          </button>
        )}
      </form>
      <div className="people" aria-live="polite">
        {people.length > 0 && (
          <>
            <p>Who is there</p>
            <ul>
              {people.map(({ id, hint }) => (
                <li key={id}>
                  <button
                    type="button"
                    onClick={() => {
                      setUser(id);
                      if (hint) setPassword(hint);
                    }}
                  >
                    {id}
                  </button>
                </li>
              ))}
            </ul>
            <p className="hint">{chosen?.hint || 'Open another tab to be a second user at the same time.'}</p>
          </>
        )}
      </div>
    </main>
  );
}
