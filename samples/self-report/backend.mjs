// A backend that can be made flaky. What a heartbeat would ask, /alive, it answers in every mood.
import { once } from 'node:events';
import { createServer } from 'node:http';

/**
 * Starts a backend on a free port of this machine. Its moods: `well`: it answers; `hangs`: it takes
 * requests and does not answer until the mood is another one; `fails`: it answers 500.
 */
export async function startBackend() {
  let mood = 'well';
  const hanging = new Set();
  const answer = (response) => {
    response.statusCode = mood === 'fails' ? 500 : 200;
    response.end('3 in stock\n');
  };
  const server = createServer((request, response) => {
    if (request.url === '/alive') response.end('yes\n');
    else if (mood === 'hangs') hanging.add(response);
    else answer(response);
    response.once('close', () => hanging.delete(response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: server.address().port,
    be(newMood) {
      mood = newMood;
      if (mood !== 'hangs') hanging.forEach(answer);
    },
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
