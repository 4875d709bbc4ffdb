import { past } from '../live/alerts.js';
import { useHere } from '../live/context.js';
import { useStore } from '../live/store.js';
import { Icon } from '../parts/icons.jsx';
import { shortly } from '../parts/status.jsx';
import { Time } from '../parts/time.jsx';

/** @type {[string, string, string][]} */
const TOUR = [
  ['push', 'Send a push', 'To one user or to everyone: alerts, redirects, any event.'],
  ['requests', 'Submit a request', 'The list refreshes itself when the platform says so.'],
  ['messenger', 'Write to somebody', 'Two users, two tabs, one conversation.'],
  ['log', 'Watch events', 'Everything that reaches this tab, as it comes.'],
];

export function Home() {
  const { who, connection } = useHere();
  return (
    <>
      <p className="lead">
        You are <strong>{who.user}</strong> in the app <strong>{who.app}</strong>. Whatever the platform pushes to you reaches this tab.
      </p>
      <ul className="tour">
        {TOUR.map(([name, title, text]) => (
          <li key={name}>
            <a className="card" href={`#/${name}`}>
              <Icon name={name} />
              <span className="tour-title">{title}</span>
              <span className="tour-text">{text}</span>
            </a>
          </li>
        ))}
      </ul>
      <div className="columns">
        <Alerts />
        <section className="card" aria-labelledby="connection-title">
          <h2 id="connection-title">This tab’s connection</h2>
          <dl className="facts">
            <dt>State</dt>
            <dd>{shortly(connection)}</dd>
            <dt>Transport</dt>
            <dd>{connection.state === 'connected' ? connection.transport : '–'}</dd>
            <dt>Socket</dt>
            <dd>
              <code>{connection.state === 'connected' ? connection.socketID : '–'}</code>
            </dd>
          </dl>
          <p>
            <a href="./" target="_blank" rel="noopener noreferrer">
              Open a tab for another user
            </a>
          </p>
        </section>
      </div>
    </>
  );
}

function Alerts() {
  const all = useStore(past);
  return (
    <section className="card" aria-labelledby="alerts-title">
      <h2 id="alerts-title">Alerts so far</h2>
      {all.length === 0 ? (
        <p className="empty">
          None yet. <a href="#/push">Send yourself one</a>.
        </p>
      ) : (
        <ul className="past">
          {all.map((one) => (
            <li key={one.number}>
              <span className="past-text">
                {one.icon} {one.text}
              </span>
              <span className="hint">
                <Time at={one.at} />
                {one.shown ? '' : ` · not shown: it is for ${(one.pages ?? []).join(', ')}`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
