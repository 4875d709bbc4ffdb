import { useEffect, useState } from 'react';
import { here } from './live/context.js';
import { alerted, forget as forgetAlerts } from './live/alerts.js';
import { call, read } from './live/api.js';
import { came, forget as forgetChat } from './live/chat.js';
import { Line, carried } from './live/connection.js';
import { forget as forgetLog, happened, said } from './live/log.js';
import { back, go, route } from './live/router.js';
import { begin, end, ended, session } from './live/session.js';
import { useStore } from './live/store.js';
import { Frame } from './parts/frame.jsx';
import { SignIn } from './pages/sign-in.jsx';
import { redirect } from './pure/routes.js';

/** @typedef {import('./live/session.js').Session} Session */

function forgetAll() {
  forgetAlerts();
  forgetChat();
  forgetLog();
}

/** What the page does with events. @param {Line} line @param {Session} who */
function listen(line, who) {
  const { socket } = line;
  /** @type {Record<string, (message: unknown) => void>} */
  const deeds = {
    message: said,
    alert: alerted,
    chat: (message) => came(message, who.user),
    redirect: (message) => {
      const to = redirect(message, route.get());
      if (to === 'back') back();
      else if (to !== null) go(to.route);
    },
  };
  socket.onAny((name, ...args) => happened(name, carried(socket, args)));
  for (const [name, deed] of Object.entries(deeds)) socket.on(name, (...args) => deed(carried(socket, args)[0]));
  return line;
}

export function App() {
  const who = useStore(session);
  const last = useStore(ended);
  useEffect(() => {
    if (who === null) document.title = 'Sign in · Push platform';
  }, [who]);
  if (who !== null) return <SignedIn key={who.id} who={who} />;
  return (
    <SignIn
      last={last}
      onSession={(now) => {
        // Who comes back finds the page as it was.
        if (last?.app !== now.app || last.user !== now.user) forgetAll();
        begin(now);
      }}
      onOther={() => {
        forgetAll();
        ended.set(null);
      }}
    />
  );
}

/** @param {{ who: Session }} props */
function SignedIn({ who }) {
  const [line] = useState(() => listen(new Line(who), who));
  const connection = useStore(line.state);
  useEffect(() => {
    line.connect();
    return () => line.close();
  }, [line]);
  const lost = connection.state === 'ended';
  useEffect(() => {
    if (lost) end({ byItself: true });
  }, [lost]);

  // A request that is refused for want of a session asks whether that is over, as the socket would some time.
  /** @template T @param {Promise<T>} asked @returns {Promise<T>} */
  function guarded(asked) {
    asked.catch((error) => {
      if (error.sessionNeeded) void line.check();
    });
    return asked;
  }

  /** @type {import('./live/context.js').Here} */
  const value = {
    who,
    line,
    connection,
    call: (...rest) => guarded(call(who, ...rest)),
    read: (...rest) => guarded(read(who, ...rest)),
    forgetAll,
  };

  return (
    <here.Provider value={value}>
      <Frame />
    </here.Provider>
  );
}
