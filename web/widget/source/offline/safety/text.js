/** From what a person wrote to words and sentence ends, as `safety/rules.py` and `safety/spelling.py` do it. */

const UNSEEN = /['\u2018\u2019\u02bc`\u00b4\u00ad\u034f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]/g;
const FOREIGN = /[^\x00-\x7f]+/g;
const MARKS = /[\u0300-\u036f]/g;
const UNREAD = /[^a-z0-9@$.,!?;:\n]/g;
/** Rows of signs that end a sentence, and decimals. */
const SIGNS = /[.!?;:\n0-9](?:(?<![0-9])[.!?;:\n]*|(?<![a-z0-9@$][0-9])[0-9]*[.,][0-9]+)/g;
/** Of a decimal: there are no capitals in a normalised text, other commas become spaces. */
const COMMA = 'C';

/** Lower case without accents, apostrophes or invisible characters; compatibility forms become plain ones.
 *  @param {string} text */
export function normalise(text) {
  return text.replace(FOREIGN, withoutMarks).replace(UNSEEN, '').toLowerCase();
}

/** @param {string} text */
function withoutMarks(text) {
  return text.replace(UNSEEN, '').normalize('NFKC').toLowerCase().normalize('NFD').replace(MARKS, '');
}

/** The words and decimals of a normalised text, with "." or "?" for each row of signs that ends a sentence.
 *  @param {string} text */
export function split(text) {
  return listed(text.replace(UNREAD, ' ').replace(SIGNS, (sign) => ` ${readSign(sign)} `).replaceAll(',', ' ').replaceAll(COMMA, ','));
}

/** @param {string} sign */
function readSign(sign) {
  if (isDigit(sign[0])) return sign.replace(',', COMMA);
  if (sign.includes('?')) return '?';
  return /^\.{2,}$/.test(sign) ? '' : '.'; // "..." is a pause, not an end
}

/** @param {string} sign */
const isDigit = (sign) => sign >= '0' && sign <= '9';

/** The words of a line. @param {string} line */
export const listed = (line) => line.split(' ').filter(Boolean);

/** @param {string} word */
export const isOfLetters = (word) => /^[a-z]+$/.test(word);
