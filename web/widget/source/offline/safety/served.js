/** The rules as they come from the server (`web/widget/rules.py`). */
import { Rules } from './rules.js';

export const FORM = 1;
const SHORTENED = /([A-Z])([^A-Z]*)/g;
const NO_LETTER_SHARED = 65; // "A"

/** Rejects what is of another form. @param {any} served @param {() => Promise<void>} pause see `Rules.of` */
export async function readRules(served, pause) {
  if (served?.form !== FORM) throw new TypeError('rules of another form');
  return Rules.of(served.rules, unshortened(served.ordinary), pause);
}

/** @param {string} words each with a capital in front, which tells how many letters it shares with the one before */
function unshortened(words) {
  /** @type {Set<string>} */
  const full = new Set();
  let word = '';
  for (const [, shared, rest] of words.matchAll(SHORTENED)) {
    word = word.slice(0, shared.charCodeAt(0) - NO_LETTER_SHARED) + rest;
    full.add(word);
  }
  return full;
}
