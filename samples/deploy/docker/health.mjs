// For HEALTHCHECK: ends with 0 when /healthz answers 200. The certificate is not looked at: it is this
// container's own, and it may name others than localhost.
import { get as getPlain } from 'node:http';
import { get as getSecure } from 'node:https';

const place = process.env.HVIEW_HEALTH ?? 'http://localhost:6680/healthz';
if (place !== 'none') {
  const get = place.startsWith('https:') ? getSecure : getPlain;
  const request = get(place, { rejectUnauthorized: false, timeout: 4000 }, (response) => {
    response.resume();
    if (response.statusCode !== 200) process.exitCode = 1;
  });
  request.on('timeout', () => request.destroy());
  request.on('error', () => (process.exitCode = 1));
}
