/**
 * What words outside of every list may have been meant as, when the likeliest reading of a text says nothing: the twin of
 * `safety/readings.py`, which says why it is so.
 */

const SHORTEST_MEANT = 3;
const CHOOSY = 4;
const SHORTEST_BADLY_SPELT = 5;
const SHORTEST_CHAIN = 10;
const LONGEST_CHAIN = 40;
const LETTERS_FOR_SECOND_SLIP = 14;
const LONGEST_PART = 16;
const SHORTEST_ON_AVERAGE = 3;
const WORDS_OF_ONE_LETTER = 'aiu';

/** Beside each letter, in the order of the alphabet, those whose keys touch its own on English and Spanish keyboards. */
const NEIGHBOURS = neighbours(
  'q:wa w:qes e:wrd r:etf t:ryg y:tuh u:yij i:uok o:ipl p:ol a:qsz s:awdx d:sefc f:drgv g:fthb h:gyjn j:hukm k:jil '
  + 'l:kop z:asx x:zsdc c:xdfv v:cfgb b:vghn n:bhjm m:njk');

/** @param {string} keys @returns {Record<string, string>} */
function neighbours(keys) {
  /** @type {Record<string, string>} */
  const beside = {};
  const add = (/** @type {string} */ one, /** @type {string} */ other) => {
    if (!beside[one]?.includes(other)) beside[one] = [...(beside[one] ?? ''), other].sort().join('');
  };
  for (const row of keys.split(' ')) {
    for (const other of row.slice(2)) {
      add(row[0], other);
      add(other, row[0]);
    }
  }
  return beside;
}

/** @typedef {(word: string) => boolean} Test */

export class Readings {
  #meant;
  /** @type {Shapes | undefined} */
  #shapes;
  #real;
  #parts;

  /** @param {string[]} meant words that patterns look for, of which a slip may be one @param {Test} real whether a word
   *  may stand beside another without a space @param {Test} parts whether it may do so among several */
  constructor(meant, real, parts) {
    this.#real = real;
    this.#parts = parts;
    this.#meant = meant.filter((word) => word.length >= SHORTEST_MEANT);
  }

  /** Does ahead what the first look for slips would have to. */
  prepare() {
    return (this.#shapes ??= new Shapes(this.#meant.sort()));
  }

  /** The words with this shape. @param {string} shape */
  shaped(shape) {
    return this.prepare().of(shape);
  }

  /** Words, or words divided by spaces, that `word` may have been meant as, the likeliest first. `mended`: it is one slip
   *  from a word already. @param {string} word @param {boolean} mended */
  of(word, mended) {
    /** @type {Map<string, number>} */
    const found = new Map();
    const add = (/** @type {string} */ phrase, /** @type {number} */ slips) => { if (!found.has(phrase)) found.set(phrase, slips); };
    for (const meant of this.#slips(word)) add(meant, 1);
    for (const [phrase, slips] of this.#inTwo(word)) if (!(slips && mended)) add(phrase, slips);
    if (!found.size && !mended && word.length >= SHORTEST_BADLY_SPELT && word.length <= LONGEST_PART) {
      for (const other of oneSlipBack(word)) for (const meant of this.#slips(other)) add(meant, 2);
    }
    if (!mended && word.length >= SHORTEST_CHAIN && word.length <= LONGEST_CHAIN) {
      for (const phrase of this.#chains(word)) add(phrase, 2);
    }
    return [...found].sort(([, slips], [, others]) => slips - others).map(([phrase]) => phrase);
  }

  /** @param {string} word */
  * #slips(word) {
    const seen = new Set([word]);
    for (const shape of shapes(word)) {
      for (const meant of this.shaped(shape)) {
        if (seen.has(meant)) continue;
        seen.add(meant);
        if (oneSlip(word, meant) && (word.length >= SHORTEST_MEANT || word[0] === meant[0])) yield meant;
      }
    }
  }

  /** Two words without their space, one of which may hold a slip. @param {string} word @returns {Generator<[string, number]>} */
  * #inTwo(word) {
    for (let at = 1; at < word.length; at += 1) {
      const [head, tail] = cut(word, at);
      const first = this.#real(head) && (at > 1 || WORDS_OF_ONE_LETTER.includes(head));
      const last = this.#real(tail) && tail.length > 1;
      if (first && last) yield [`${head} ${tail}`, 0];
      else if (first && tail.length >= SHORTEST_MEANT) for (const meant of this.#slips(tail)) yield [`${head} ${meant}`, 2];
      else if (last && head.length >= SHORTEST_MEANT) for (const meant of this.#slips(head)) yield [`${meant} ${tail}`, 2];
    }
  }

  /** Cuts into three words or more, some of them with a slip; the last and the first letter of two words may have changed
   *  places as well, and a letter may stand twice. @param {string} word */
  * #chains(word) {
    const most = word.length >= LETTERS_FOR_SECOND_SLIP ? 2 : 1;
    /** @type {[string, number][]} */
    const tried = [[word, most]];
    for (let at = 0; at < word.length - 1; at += 1) if (word[at] === word[at + 1]) tried.push([without(word, at), most - 1]);
    for (let at = 1; at < word.length - 2; at += 1) tried.push([swapped(word, at), 0]);
    for (const [letters, slips] of tried) {
      const parts = this.#cut(letters, slips);
      if (parts.length > 2 && word.length >= SHORTEST_ON_AVERAGE * parts.length) yield parts.join(' ');
    }
  }

  /** The fewest words that `word` can be cut into with as few slips as possible, `most` at the most, or none.
   *  @param {string} word @param {number} most @returns {string[]} */
  #cut(word, most) {
    /** By the place where a cut ends and its number of slips. @type {string[][][]} */
    const best = Array.from({ length: word.length + 1 }, () => []);
    best[0][0] = [];
    for (let start = 0; start < word.length; start += 1) {
      const least = fewest(best[start]);
      if (least < 0) continue;
      for (let end = start + 1; end <= Math.min(word.length, start + LONGEST_PART); end += 1) {
        const part = word.slice(start, end);
        if (this.#parts(part) && (part.length > 1 || (start === 0 && WORDS_OF_ONE_LETTER.includes(part)))) {
          extend(best[end], best[start], part, 0, most);
        } else if (part.length >= SHORTEST_MEANT && least < most) {
          const { value } = this.#slips(part).next();
          if (value) extend(best[end], best[start], value, 1, most);
        }
      }
    }
    const last = best[word.length];
    return last[fewest(last)] ?? [];
  }
}

/** Words by their shapes: themselves, and themselves without one letter. Words one slip apart have one in common. As sums
 *  in one row of numbers, because lists of tens of thousands of shapes would take a phone's time and megabytes. */
class Shapes {
  #words;
  /** Sum of a shape and place of its word, in one number each, sorted. */
  #rows;

  /** @param {string[]} words in the order in which they are to be given */
  constructor(words) {
    this.#words = words;
    const rows = [];
    for (const [place, word] of words.entries()) {
      rows.push(row(sum(word), place));
      for (let left = 0; left < word.length; left += 1) rows.push(row(sum(word, left), place));
    }
    this.#rows = Float64Array.from(rows).sort();
  }

  /** @param {string} shape @returns {string[]} */
  of(shape) {
    const wanted = row(sum(shape), 0);
    let low = 0;
    for (let high = this.#rows.length; low < high;) {
      const middle = (low + high) >> 1;
      if (this.#rows[middle] < wanted) low = middle + 1;
      else high = middle;
    }
    const found = new Set();
    for (; this.#rows[low] < wanted + MOST_WORDS; low += 1) found.add(this.#words[this.#rows[low] % MOST_WORDS]);
    return [...found].filter((word) => word === shape || (word.length === shape.length + 1 && isWithoutOne(shape, word)));
  }
}

const MOST_WORDS = 2 ** 16;

/** @param {number} shape sum of it @param {number} place of its word */
const row = (shape, place) => shape * MOST_WORDS + place;

/** A number for a word, with the letter at `left` left out. @param {string} word @param {number} [left] */
function sum(word, left = -1) {
  let value = 0;
  for (let at = 0; at < word.length; at += 1) if (at !== left) value = (Math.imul(value, 31) + word.charCodeAt(at)) >>> 0;
  return value;
}

/** @param {string} shape @param {string} word */
function isWithoutOne(shape, word) {
  let at = 0;
  while (at < shape.length && shape[at] === word[at]) at += 1;
  return without(word, at) === shape;
}

/** @param {string[][]} cuts by their number of slips */
const fewest = (cuts) => cuts.findIndex((parts) => parts);

/** @param {string[][]} cuts @param {string[][]} before @param {string} part @param {number} slips @param {number} most */
function extend(cuts, before, part, slips, most) {
  before.forEach((parts, number) => {
    const known = cuts[number + slips];
    if (number + slips <= most && (!known || known.length > parts.length + 1)) cuts[number + slips] = [...parts, part];
  });
}

/** One letter more or fewer, two neighbours swapped or one wrong letter, anywhere; in a short word a wrong letter counts
 *  only when its key is beside the right one. @param {string} word @param {string} meant */
export function oneSlip(word, meant) {
  const [longer, shorter] = word.length > meant.length ? [word, meant] : [meant, word];
  let at = 0;
  while (at < shorter.length && longer[at] === shorter[at]) at += 1;
  if (longer.length === shorter.length + 1) return without(longer, at) === shorter;
  if (longer.length > shorter.length || at === word.length) return false;
  if (word.slice(at + 1) === meant.slice(at + 1)) return word.length > CHOOSY || NEIGHBOURS[word[at]]?.includes(meant[at]);
  return at < word.length - 1 && swapped(word, at) === meant;
}

/** What `word` may have been before a hand slipped that was not sure of its keys: one letter too many, the key beside,
 *  two swapped. @param {string} word */
function* oneSlipBack(word) {
  for (let at = 0; at < word.length; at += 1) {
    yield without(word, at);
    for (const letter of NEIGHBOURS[word[at]] ?? '') yield word.slice(0, at) + letter + word.slice(at + 1);
    if (at < word.length - 1) yield swapped(word, at);
  }
}

/** The word itself and the word without one of its letters. @param {string} word */
export const shapes = (word) => [word, ...Array.from(word, (_, at) => without(word, at))];

/** @param {string} word @param {number} at @returns {[string, string]} */
export const cut = (word, at) => [word.slice(0, at), word.slice(at)];

/** @param {string} word @param {number} at */
const without = (word, at) => word.slice(0, at) + word.slice(at + 1);

/** @param {string} word @param {number} at */
const swapped = (word, at) => word.slice(0, at) + word[at + 1] + word[at] + word.slice(at + 2);

/** @template T @param {Map<string, T[]>} lists @param {string} key @param {T} value */
export function listUnder(lists, key, value) {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
