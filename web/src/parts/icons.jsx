/** @type {Record<string, string>} */
const PATHS = {
  home: 'M4 11.5 12 5l8 6.500M6.500 10v9h11v-9',
  requests: 'M6 4.500h12v15H6zM9 9h6M9 12.500h6M9 16h3',
  messenger: 'M4.500 5.500h15v10.500H11l-4 3.500v-3.500H4.500z',
  push: 'M4.500 12 19.500 5l-5 14-3.200-5.800zM11.300 13.200 19.500 5',
  log: 'M4.500 6h15M4.500 10h9M4.500 14h15M4.500 18h6',
  profile: 'M12 11.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM5 19.500c.8-3.500 3.500-5 7-5s6.200 1.500 7 5',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 3v2M12 19v2M3 12h2M19 12h2M5.600 5.600 7 7M17 17l1.400 1.400M5.600 18.400 7 17M17 7l1.400-1.400',
  moon: 'M19 14.500A7.500 7.500 0 0 1 9.500 5a7.500 7.500 0 1 0 9.500 9.500z',
  out: 'M13 5H5.500v14H13M10 12h9.500M16 8.500l3.500 3.500-3.500 3.500',
  close: 'M7 7l10 10M17 7 7 17',
};

/** A drawing that says nothing to who cannot see it: a text stands beside it. @param {{ name: keyof typeof PATHS }} props */
export function Icon({ name }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" />
      <circle cx="11" cy="21" r="2.200" />
      <path d="M11 14.500a6.500 6.500 0 0 1 6.500 6.500M11 8.500a12.500 12.500 0 0 1 12.500 12.500" />
    </svg>
  );
}
