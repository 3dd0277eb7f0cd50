/** Fetches `later.js`: what the first paint does not need. */
import { make } from './nodes.js';

const SLOWEST_MS = 10000;

/** The address of the folder that this file was loaded from, with a slash at its end. */
export const BASE = new URL('.', import.meta.url).href;

/**
 * The part, checked by the browser against its hash before it runs: import() alone checks nothing. Rejects where it
 * cannot be had. A browser that does not preload modules imports it from where this file came from.
 * @returns {Promise<typeof import('./later.js')>}
 */
export async function loadLater() {
  const address = `${BASE}later.js`;
  const preload = /** @type {HTMLLinkElement} */ (make('link', {
    rel: 'modulepreload', href: address, integrity: LATER_INTEGRITY, crossorigin: 'anonymous',
  }));
  if (preload.relList.supports('modulepreload')) {
    await new Promise((resolve, reject) => {
      preload.addEventListener('load', resolve);
      preload.addEventListener('error', reject);
      setTimeout(reject, SLOWEST_MS);
      document.head.append(preload);
    }).finally(() => preload.remove());
  }
  return import(address);
}
