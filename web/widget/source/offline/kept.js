/** Files of the server that are of use without it: asked for anew while there is a network, else as they were last. */

const SLOWEST_MS = 20000;
/** Bytes as UTF-16; the longest real one has a fourth. */
const LONGEST = 2 * 1024 * 1024;

/**
 * What stands at an address, now or when it was last read: the browser's own cache keeps it across pages, without any
 * storage of ours. Rejects where neither can be had.
 * @param {string} address @param {AbortSignal} signal
 */
export async function fetchKept(address, signal) {
  try {
    return { content: await read(address, 'no-cache', signal), isFresh: true };
  } catch {
    return { content: await read(address, 'force-cache', signal), isFresh: false };
  }
}

/** @param {string} address @param {RequestCache} cache @param {AbortSignal} signal */
async function read(address, cache, signal) {
  const tooSlow = AbortSignal.timeout(SLOWEST_MS);
  const stop = new AbortController();
  for (const reason of [signal, tooSlow]) reason.addEventListener('abort', () => stop.abort(), { once: true, signal: stop.signal });
  const response = await fetch(address, { cache, signal: stop.signal, credentials: 'omit', referrerPolicy: 'no-referrer' });
  if (!response.ok) throw new TypeError(`refused with ${response.status}`);
  const text = await response.text();
  if (text.length > LONGEST) throw new TypeError('too long');
  return text;
}
