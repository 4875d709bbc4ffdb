// Who else is in the app, as far as the platform tells.

import { useEffect, useState } from 'react';
import { apps } from './api.js';
import { useHere } from './context.js';

export function usePeople() {
  const { who } = useHere();
  const [people, setPeople] = useState(/** @type {string[]} */ ([]));
  useEffect(() => {
    let gone = false;
    apps()
      .then((all) => {
        const mine = all.find((one) => one.name === who.app);
        if (!gone && mine) setPeople(mine.people.map(({ id }) => id));
      })
      // Names can be typed too.
      .catch(() => undefined);
    return () => {
      gone = true;
    };
  }, [who.app]);
  return people;
}
