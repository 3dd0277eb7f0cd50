/** When to push and when to breathe, in seconds. The ids are those of `knowledge/content/facts.tsv`. */

/** Pushes a minute: CPR-015, and the middle of it, CPR-019. */
export const SLOWEST = 100;
export const FASTEST = 120;
export const USUAL = 110;
/** For one helper, of any age: CPR-032, CPR-037. */
const PUSHES = 30;
const BREATHS = 2;
/** A second for a breath, CPR-020, and one for the chest to fall: the pause is far shorter than it may be, CPR-017. */
const BREATH_S = 2;

/** @typedef {{at: number, push?: number, breath?: number}} Beat the number of the push in its round, or of the breath */

/**
 * All beats, without end. Each is worked out from the start of its round, so that no error adds up.
 * @param {number} start when the first is due @param {number} pace pushes a minute @param {boolean} counting with breaths
 * @param {number} [first] number of the first push in its round @returns {Generator<Beat, never>}
 */
export function* beats(start, pace, counting, first = 1) {
  const seconds = 60 / pace;
  const most = counting ? PUSHES : Infinity;
  for (let round = start - (first - 1) * seconds, push = first; ; push = 1) {
    for (; push <= most; push += 1) yield { at: round + (push - 1) * seconds, push };
    round += most * seconds;
    for (let breath = 1; breath <= BREATHS; breath += 1, round += BREATH_S) yield { at: round, breath };
  }
}

/** The beats that follow one that was shown, at another pace. @param {Beat} shown @param {number} pace @param {boolean} counting */
export function beatsAfter({ at, push }, pace, counting) {
  if (!push) return beats(at + BREATH_S, pace, counting);
  return beats(at + 60 / pace, pace, counting, push <= PUSHES ? push + 1 : 1);
}
