/** How urgent the words of a text sound, taken together: as `safety/tone.py` does it, from the same `safety/tone.json`. */
import { listed } from './text.js';

const TENTHS = 10;

/**
 * @typedef {{weights: Record<string, string>, offset: number, shortest: number,
 *   calm_below: {message: number, sentence: number, match: number}}} ToneFile
 * @typedef {ReturnType<typeof toneOf>} Tone
 */

/** Of the words of a message: whether they, what stands in a part of it between `start` and `end`, and the sentence of
 *  that all sound calm. @param {ToneFile} data */
export function toneOf({ weights, offset, shortest, calm_below: limits }) {
  /** @type {Map<string, number>} */
  const worth = new Map();
  for (const [tenths, named] of Object.entries(weights)) for (const trait of named.split('|')) worth.set(trait, +tenths);

  /** The log odds that whoever writes this needs help now: of its words and each two neighbours, with marks for begin
   *  and end. Not a number where none of them is known. @param {string} text */
  const urgency = (text) => {
    const found = listed(text.replaceAll(' .', '')).map((word) => (word > ':' ? word : '0'));
    const traits = new Set([...found, ...[...found, '>'].map((word, at) => `${found[at - 1] ?? '<'} ${word}`)]);
    const known = [...traits].flatMap((trait) => worth.get(trait) ?? []);
    return offset + known.reduce((sum, weight) => sum + weight, 0) / TENTHS / known.length ** 0.5;
  };

  return (/** @type {string[]} */ words) => {
    /** @type {boolean | undefined} */
    let isCalm;
    return (/** @type {string} */ text, /** @type {number} */ start, /** @type {number} */ end) => {
      isCalm ??= words.length >= shortest && urgency(words.join(' ')) < limits.message;
      const match = text.slice(start, end);
      const sentence = text.slice(0, start).split(/ [.?](?!\S)/).pop() + match + text.slice(end).split(/(?<= [.?])(?!\S)/)[0];
      return isCalm && urgency(match) < limits.match && urgency(sentence) < limits.sentence;
    };
  };
}
