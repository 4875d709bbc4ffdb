import { useHere } from '../live/context.js';

/** @typedef {import('../live/connection.js').Connection} Connection */

/** How it is with the connection, in few words. @param {Connection} connection */
export function shortly(connection) {
  switch (connection.state) {
    case 'connecting':
      return 'Connecting';
    case 'connected':
      return 'Connected';
    case 'reconnecting':
      return connection.attempt > 0 ? `Reconnecting, attempt ${connection.attempt}` : 'Reconnecting';
    case 'refused':
      return 'Refused';
    case 'ended':
      return 'Session ended';
  }
}

/** The same with all that is known. @param {Connection} connection */
export function fully(connection) {
  switch (connection.state) {
    case 'connected':
      return `${connection.transport} · ${connection.socketID}`;
    case 'reconnecting':
    case 'refused':
      return connection.why;
    default:
      return '';
  }
}

/** The state of the connection, at the top of every page. */
export function Status() {
  const { connection } = useHere();
  const detail = fully(connection);
  return (
    <div className="status" role="status" data-state={connection.state} title={detail}>
      <span className="dot" aria-hidden="true" />
      <span className="status-short">{shortly(connection)}</span>
      {detail && <span className="status-detail">{detail}</span>}
    </div>
  );
}

/** What to do where the platform does not want the socket. */
export function Refusal() {
  const { connection, line } = useHere();
  if (connection.state !== 'refused') return null;
  return (
    <div className="notice" data-kind="bad" role="alert">
      <p>
        <strong>The platform refused the socket:</strong> {connection.why}
      </p>
      <p>Nothing is pushed to this tab. If the app’s Socket.io plugin is off, switch it on; then try again.</p>
      <button type="button" onClick={() => line.connect()}>
        Try again
      </button>
    </div>
  );
}
