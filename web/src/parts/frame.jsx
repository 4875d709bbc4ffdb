import { useEffect, useRef } from 'react';
import { unread } from '../live/chat.js';
import { useHere } from '../live/context.js';
import { route } from '../live/router.js';
import { useStore } from '../live/store.js';
import { theme, toggle } from '../live/theme.js';
import { Home } from '../pages/home.jsx';
import { Log } from '../pages/log.jsx';
import { Messenger } from '../pages/messenger.jsx';
import { Profile } from '../pages/profile.jsx';
import { Push } from '../pages/push.jsx';
import { Requests } from '../pages/requests.jsx';
import { toHash } from '../pure/routes.js';
import { Boundary } from './boundary.jsx';
import { Icon, Mark } from './icons.jsx';
import { Refusal, Status } from './status.jsx';

/** @type {Record<string, { title: string, short: string, Page: (props: { rest: string }) => import('react').ReactNode }>} */
const PAGES = {
  home: { title: 'Home', short: 'Home', Page: Home },
  requests: { title: 'Requests', short: 'Requests', Page: Requests },
  messenger: { title: 'Messenger', short: 'Chat', Page: Messenger },
  push: { title: 'Send push', short: 'Push', Page: Push },
  log: { title: 'Event log', short: 'Log', Page: Log },
  profile: { title: 'Profile', short: 'Profile', Page: Profile },
};

/** Everything around a page. */
export function Frame() {
  const { who } = useHere();
  const at = useStore(route);
  const [first = '', ...parts] = at.split('/');
  const page = Object.hasOwn(PAGES, first) ? PAGES[first] : undefined;
  const heading = useRef(/** @type {HTMLHeadingElement | null} */ (null));
  const before = useRef(at);
  const title = page?.title ?? 'Not found';

  useEffect(() => {
    document.title = `${title} · ${who.user} · Push platform`;
  }, [title, who.user]);
  // Who cannot see that the page has changed hears it.
  useEffect(() => {
    if (before.current === at) return;
    before.current = at;
    heading.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [at]);

  return (
    <div className="frame">
      <header className="top">
        <a
          className="skip"
          href={toHash(at)}
          onClick={(event) => {
            event.preventDefault();
            heading.current?.focus();
          }}
        >
          Skip to the page
        </a>
        <a className="brand" href="#/home">
          <Mark />
          <span className="brand-name">Push platform</span>
        </a>
        <Status />
        <span className="who" title={`${who.user} in ${who.app}`}>
          <strong>{who.user}</strong>
          <span className="who-app">{who.app}</span>
        </span>
        <ThemeToggle />
      </header>
      <Nav current={first} />
      <main>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        <Refusal />
        <Boundary key={first}>{page ? <page.Page rest={parts.join('/')} /> : <NotFound at={at} />}</Boundary>
      </main>
    </div>
  );
}

/** @param {{ current: string }} props */
function Nav({ current }) {
  const waiting = useStore(unread).length;
  return (
    <nav className="nav" aria-label="Pages">
      {Object.entries(PAGES).map(([name, { title, short }]) => (
        <a key={name} href={toHash(name)} aria-current={name === current ? 'page' : undefined}>
          <Icon name={name} />
          <span className="nav-long">{title}</span>
          <span className="nav-short">{short}</span>
          {name === 'messenger' && waiting > 0 && (
            <span className="badge">
              {waiting}
              <span className="unseen"> unread</span>
            </span>
          )}
        </a>
      ))}
    </nav>
  );
}

export function ThemeToggle() {
  const chosen = useStore(theme);
  const dark = chosen === 'dark' || (chosen === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
  return (
    <button type="button" className="plain" onClick={toggle} aria-label={dark ? 'Light colours' : 'Dark colours'}>
      <Icon name={dark ? 'sun' : 'moon'} />
    </button>
  );
}

/** @param {{ at: string }} props */
function NotFound({ at }) {
  return (
    <div className="empty">
      <p>
        There is no page <code>{at}</code>.
      </p>
      <p>
        <a href="#/home">Go home</a>
      </p>
    </div>
  );
}
