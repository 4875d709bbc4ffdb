/** When something was, short; in full for who points at it. @param {{ at: number, exact?: boolean }} props `at`: ms since 1970. */
export function Time({ at, exact }) {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return <span>unknown</span>;
  const iso = date.toISOString();
  /** @param {number} n @param {number} [width] */
  const pad = (n, width = 2) => String(n).padStart(width, '0');
  const clock = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  return (
    <time dateTime={iso} title={iso}>
      {exact ? `${clock}.${pad(date.getMilliseconds(), 3)}` : clock}
    </time>
  );
}
