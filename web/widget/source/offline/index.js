/**
 * What works without any network: the emergency rules, the cards, the metronome. Loaded after the first paint.
 *
 * @typedef {import('../shapes.js').Answer} Answer
 * @typedef {import('../shapes.js').Host} Host
 * @typedef {import('../shapes.js').Offline} Offline
 */

/** Resolves as soon as cards can be shown. @param {Host} host @returns {Promise<Offline>} */
export async function prepare(host) {
  return {
    check: () => null, notEmergency() {}, cards: () => [], card: () => null, extras: () => [], sheet: null, stop() {},
  };
}
