// The same in plain Node: writes every event that a user gets, until Ctrl-C.
//   node node.mjs http://127.0.0.1:3001 demo anna anna
import { listen, login, open } from './websocket.js';

const [url, appID, username, password] = process.argv.slice(2);
if (!password) {
  console.error('usage: node node.mjs URL APP USER PASSWORD');
  process.exit(2);
}
try {
  const socket = open(url, appID, await login(url, appID, username, password));
  listen(socket);
  socket.on('connect', () => console.log(`connected as ${username}, socket ${socket.id}`));
  socket.on('disconnect', (reason) => console.log(`disconnected: ${reason}`));
  // Not active: the platform has refused this session, and trying again by itself would not help.
  socket.on('connect_error', (error) => {
    console.error(`cannot connect: ${error.message}`);
    if (!socket.active) process.exitCode = 1;
  });
  socket.connect();
} catch (error) {
  console.error(`cannot log in: ${error.message}`);
  process.exitCode = 1;
}
