/**
 * Words as they were meant: disguises, slips and run-together words are mended before any rule looks at them. The twin of
 * `safety/spelling.py`, which says why it is so; the examples in `safety/vectors.jsonl` hold the two together.
 */
import { cut, listUnder, oneSlip, Readings, shapes } from './readings.js';
import { isOfLetters, listed } from './text.js';

const SHORTEST_NEAR_WORD = 5;
const SHORTEST_GLUED_WORD = 7;
const LONGEST_GLUED_WORD = 60;
const SHORTEST_SLIP = 4;
const SHORTEST_BADLY_SPELT = 7;
const LONGEST_SLIP = 16;
const SHORTEST_DOUBTFUL = 2;
const MOST_DOUBTFUL = 12;
const MOST_STRANGE = 400;

const DISGUISED = /[a-z@$][0-9@$]|[0-9@$][a-z]/;
const WORD_AND_NUMBER = /^([a-z]{4,}|[a-z]{2,3}(?=[0-9]{2}))([0-9]+)$/;
const NUMBER_AND_UNIT = /^([0-9]+)([a-z]+)$/;
const DOUBLED = /([a-z])\1/g;
const PATTERN_WORD = /(?<![a-z0-9<])([a-z]+)(\??)(?![a-z0-9[])/g;
const RUN = /([a-z])\1{2,}/;
const RUNS = new RegExp(RUN, 'g');
const KEYS = 'qwertyuiop asdfghjkl zxcvbnm';

/** How unlikely it is that a word was meant as another. */
const SAME = 0;
const NEXT = 1;
const ONE_SLIP = 2;
const MORE = 3;

/** @typedef {{words: Record<string, {near?: string, exact?: string}>, fragments: Record<string, string>, denials: string,
 *  breaks: string, openers?: string, spelling: Record<string, string>, joins: Record<string, string>, not_near: string,
 *  digits: Record<string, string>[], glued: {words: string, stems: string, short?: string}, urgent: string[],
 *  guards: Record<string, {where: string, yields: boolean, patterns: string[]}>, usual_guards: string[],
 *  cards: Record<string, [string, string][]>, rules: {id: string, kind: string, card: string, locale: string, keys: string,
 *  patterns: string[], unless?: string[], therapy?: boolean, suppressed?: boolean}[]}} RulesFile `safety/rules.json` */

export class Speller {
  #ordinary;
  /** @type {Map<string, string>} */
  #spelling;
  #digits;
  /** @type {Map<string, Map<string, string>>} */
  #joins = new Map();
  /** First halves by what follows them. @type {Map<string, string[]>} */
  #halves = new Map();
  /** Words that are mended at one slip, by their shapes. @type {Map<string, string[]>} */
  #near = new Map();
  #known;
  #parts;
  #short;
  #stem;
  #patternWords;
  /** Words of patterns that hold a doubled letter, by their shapes without it. @type {Map<string, string[]>} */
  #doubled = new Map();
  #keys;
  #readings;

  /** In steps, with a `pause` after each. @param {RulesFile} data @param {Set<string>} ordinary words that mean themselves
   *  @param {() => Promise<void>} pause */
  static async of(data, ordinary, pause) {
    const words = patternWords(data);
    await pause();
    const speller = new Speller(data, ordinary, words);
    await pause();
    speller.#readings.prepare();
    return speller;
  }

  /** @param {RulesFile} data @param {Set<string>} ordinary @param {Set<string>} patternWords whole words in patterns */
  constructor(data, ordinary, patternWords) {
    const { glued, not_near: notNear, rules, words } = data;
    this.#ordinary = ordinary;
    this.#patternWords = patternWords;
    this.#spelling = new Map(Object.entries(data.spelling));
    this.#digits = data.digits;
    this.#known = new Set([...listed(notNear), ...this.#spelling.keys()]);
    this.#parts = new Set(listed(glued.words));
    this.#stem = new RegExp(listed(glued.stems).join('|'));
    const keys = new Set(rules.flatMap((rule) => listed(rule.keys)));
    this.#keys = new Set();
    for (const [pair, word] of Object.entries(data.joins)) {
      const [first, second] = pair.split(' ');
      if (!this.#joins.has(first)) this.#joins.set(first, new Map());
      this.#joins.get(first)?.set(second, word);
    }
    for (const [first, seconds] of this.#joins) for (const second of seconds.keys()) listUnder(this.#halves, second, first);
    for (const [name, list] of Object.entries(words)) {
      const near = listed(list.near ?? '');
      for (const word of [...near, ...listed(list.exact ?? '')]) {
        this.#known.add(word);
        if (word.length > 2) this.#parts.add(word);
        if (keys.has(name)) this.#keys.add(word);
      }
      for (const word of near) for (const shape of shapes(word)) listUnder(this.#near, shape, word);
    }
    this.#short = new Set([...this.#parts, ...listed(glued.short ?? '')]);
    for (const word of this.#known) if (!this.#spelling.has(word)) this.#patternWords.add(word);
    for (const word of this.#patternWords) {
      const single = singled(word);
      if (word.length > SHORTEST_SLIP && single !== word) for (const shape of new Set(shapes(single))) listUnder(this.#doubled, shape, word);
    }
    const slipsOf = [...this.#spelling.keys()].filter((word) => word.length > SHORTEST_SLIP);
    const isPart = (/** @type {string} */ word) => this.#short.has(word) || this.#patternWords.has(word);
    this.#readings = new Readings(
      [...new Set([...this.#patternWords, ...this.#joins.keys(), ...slipsOf])],
      (word) => ordinary.has(word) || isPart(word) || this.#spelling.has(word), isPart);
  }

  /** The words of a normalised text that was split, each as it was most likely meant. @param {string[]} words */
  mended(words) {
    let strange = 0;
    /** @type {Map<string, string[]>} */
    const meant = new Map();
    for (const word of new Set(words)) {
      const isStrange = word.length >= SHORTEST_SLIP && isOfLetters(word) && !this.#ordinary.has(word) && !this.#isPlain(word);
      if (isStrange) strange += 1;
      // Nobody can make the check slow with nonsense.
      if (!this.#isPlain(word) && (!isStrange || strange <= MOST_STRANGE || this.#isSuspicious(word))) meant.set(word, listed(this.#mend(word)));
    }
    return this.#joined(words.flatMap((word) => meant.get(word) ?? word));
  }

  /** Each word of a text that was split as `mended` reads it, not joined yet, and by the place of each word outside of
   *  every list what else it may have been meant as. No places where there are too many of them.
   *  @param {string[]} words @returns {[string[][], Map<number, string[][]>]} */
  doubtful(words) {
    const places = [...words.keys()].filter((place) => this.#isDoubtful(words[place]));
    /** @type {Map<number, string[][]>} */
    const guesses = new Map();
    if (places.length > MOST_DOUBTFUL) return [[], guesses];
    for (let place = 0; place < words.length - 1; place += 1) {
      const halves = this.#firstHalves(words[place], words[place + 1]);
      if (halves.length) guesses.set(place, halves.map((half) => [half]));
    }
    const count = places.length + guesses.size;
    if (!count || count > MOST_DOUBTFUL) return [[], new Map()];
    const read = words.map((word) => listed(this.#mend(word)));
    for (const place of places) {
      const word = words[place];
      const likeliest = read[place];
      // Otherwise only a space is missing between words long enough.
      if (likeliest.join('') === word && likeliest.length > 1 && likeliest.length <= word.length / SHORTEST_SLIP) continue;
      const phrases = this.#readings.of(word, likeliest.length === 1 && likeliest[0] !== word);
      const found = phrases.map((phrase) => phrase.split(' ').map((part) => this.#asRead(part)));
      const others = found.filter((guess) => guess.length !== likeliest.length || guess.some((part, at) => part !== likeliest[at]));
      guesses.set(place, [...(guesses.get(place) ?? []), ...others]);
    }
    return [read, guesses];
  }

  /** The words of all slots, with those that mean one as one. @param {Iterable<string[]>} slots */
  joined(slots) {
    return this.#joined([...slots].flatMap((slot) => slot.flatMap(listed)));
  }

  /** What `word` and some other word behind it are read as. @param {string} word */
  joinsWith(word) {
    return [...(this.#joins.get(word)?.values() ?? [])];
  }

  /** @param {string[]} words */
  #joined(words) {
    const joined = [];
    for (let at = 0; at < words.length; at += 1) {
      const one = this.#joins.get(words[at])?.get(words[at + 1]);
      if (one) at += 1;
      joined.push(one ?? words[at]);
    }
    return joined;
  }

  /** Whether it stands in a list, or ends a sentence. @param {string} word */
  #isPlain(word) {
    return word === '.' || word === '?' || (this.#known.has(word) && !this.#spelling.has(word));
  }

  /** @param {string} word */
  #isDoubtful(word) {
    return word.length >= SHORTEST_DOUBTFUL && isOfLetters(word)
      && ![this.#ordinary, this.#known, this.#patternWords, this.#short].some((list) => list.has(word));
  }

  /** Whether there is more to a word than that it stands in no list. @param {string} word */
  #isSuspicious(word) {
    return this.#spelling.has(word) || this.#stem.test(word) || RUN.test(word) || Boolean(this.#oneSlip(word));
  }

  /** What `word` must have been meant as in front of a `letter` that is no word by itself ("cra t"), even if it is a word
   *  ("cat t"). @param {string} word @param {string} letter */
  #firstHalves(word, letter) {
    if (letter.length > 1 || this.#joins.get(word)?.has(letter)) return [];
    return (this.#halves.get(letter) ?? []).filter((first) => oneSlip(word, first));
  }

  /** The known word behind `token`, several words joined by spaces, or `token` itself. @param {string} token @returns {string} */
  #mend(token) {
    const read = this.#spelling.get(token);
    if (read !== undefined) return read;
    if (isOfLetters(token)) return this.#spelled(token) || token;
    return DISGUISED.test(token) ? this.#undisguised(token) : token;
  }

  /** @param {string} token */
  #undisguised(token) {
    const unit = NUMBER_AND_UNIT.exec(token);
    if (unit) return `${unit[1]} ${this.#mend(unit[2])}`;
    const [, letters = '', digits = ''] = WORD_AND_NUMBER.exec(token) ?? [];
    if (letters && this.#isWritten(letters)) return `${this.#asRead(letters)} ${digits}`;
    const word = letters.length > SHORTEST_SLIP && this.#spelled(letters);
    if (word) return `${word} ${digits}`;
    for (const table of this.#digits) {
      const plain = token.replace(/[^a-z]/g, (sign) => table[sign] ?? sign);
      const meant = this.#spelling.get(plain) || this.#spelled(plain);
      if (meant) return meant;
    }
    return token;
  }

  /** The known word or words meant by `word`, or "". @param {string} word @returns {string} */
  #spelled(word) {
    if (this.#known.has(word)) return this.#asRead(word);
    if (RUN.test(word)) {
      const squeezed = word.replace(RUNS, '$1');
      const doubled = word.replace(RUNS, '$1$1');
      return squeezed.length === 1 ? '' : this.#spelled(this.#known.has(doubled) ? doubled : squeezed);
    }
    return this.#oneSlip(word) || this.#unglued(word) || this.#familiar(word);
  }

  /** @param {string} word */
  #oneSlip(word) {
    for (const shape of shapes(word)) {
      for (const meant of this.#near.get(shape) ?? []) if (isOneSlipApart(word, meant)) return meant;
    }
    return '';
  }

  /** What is meant by a word that stands in no list: a word of the patterns, or two words without their space.
   *  @param {string} word */
  #familiar(word) {
    if (word.length < SHORTEST_SLIP || this.#ordinary.has(word) || this.#patternWords.has(word)) return '';
    if (word.endsWith('in') && this.#patternWords.has(`${word}g`)) return `${word}g`;
    const single = singled(word);
    return this.#closest(word, SAME)
      || (word.length > SHORTEST_NEAR_WORD && this.#inTwo(word, false))
      || (word[0] === 'i' && this.#patternWords.has(word.slice(1)) && `i ${this.#asRead(word.slice(1))}`)
      || this.#closest(word, ONE_SLIP)
      || this.#inTwo(word, true)
      || this.#unglued(single)
      || (single !== word && this.#inTwo(single, true))
      || (single.length >= SHORTEST_BADLY_SPELT && this.#closest(word, MORE))
      || this.#unglued(word, true);
  }

  /** The word of a pattern that is no further away than `furthest`, of several the one that tells an emergency. Doubled
   *  letters are no slip. @param {string} word @param {number} furthest */
  #closest(word, furthest) {
    if (word.length > LONGEST_SLIP) return '';
    const single = singled(word);
    /** @type {Set<string>} */
    const near = new Set();
    for (const shape of [...shapes(word), ...shapes(single)]) {
      const plain = this.#readings.shaped(shape).filter((meant) => meant.length > SHORTEST_SLIP
        && this.#patternWords.has(meant) && singled(meant) === meant);
      for (const meant of [...plain, ...(this.#doubled.get(shape) ?? [])]) if (meant[0] === word[0]) near.add(meant);
    }
    /** @type {[number, number, number, number, string] | undefined} */
    let best;
    for (const meant of near) {
      const ranked = this.#rank(word, single, meant);
      if (!best || isBefore(ranked, best)) best = ranked;
    }
    return best && best[0] <= furthest ? this.#asRead(best[4]) : '';
  }

  /** @param {string} word @param {string} single @param {string} meant @returns {[number, number, number, number, string]} */
  #rank(word, single, meant) {
    const slips = distance(word, meant);
    const least = Math.min(slips, distance(single, singled(meant)));
    return [least, this.#keys.has(meant) ? 0 : 1, slips, this.#ordinary.has(meant) ? 0 : 1, meant];
  }

  /** @param {string} part */
  #closestPart(part) {
    return part.length >= SHORTEST_NEAR_WORD ? this.#closest(part, ONE_SLIP) : '';
  }

  /** Two words, one of them of a pattern. `real`: all words count, and one may hold a slip.
   *  @param {string} word @param {boolean} real */
  #inTwo(word, real) {
    let best = '';
    let most = 0;
    const isKnown = (/** @type {string} */ part) => (real ? this.#isReal(part) : this.#isWritten(part));
    for (let at = 1; at < word.length; at += 1) {
      let [head, tail] = cut(word, at);
      if (real && at < SHORTEST_SLIP && isKnown(head) && !isKnown(tail)) tail = this.#closestPart(tail);
      else if (real && tail.length > 1 && tail.length < SHORTEST_SLIP && at > SHORTEST_SLIP && isKnown(tail) && !isKnown(head)) {
        head = this.#closestPart(head);
      } else if (!(isKnown(head) && isKnown(tail))) continue;
      const least = Math.min(head.length, tail.length);
      if (least > most && (this.#patternWords.has(head) || this.#patternWords.has(tail))) {
        best = `${this.#asRead(head)} ${this.#asRead(tail)}`;
        most = least;
      }
    }
    return best;
  }

  /** @param {string} word */
  #asRead(word) {
    return this.#spelling.get(word) ?? word;
  }

  /** @param {string} word */
  #isWritten(word) {
    return (word.length < SHORTEST_SLIP ? this.#short : this.#patternWords).has(word);
  }

  /** @param {string} word */
  #isReal(word) {
    return this.#isWritten(word) || (word.length >= SHORTEST_SLIP && this.#ordinary.has(word));
  }

  /** `word` cut into the fewest known words, or "" when it is not made of known words only. `last`: one more may be read
   *  into what is left at its end, with a slip. @param {string} word @param {boolean} [last] */
  #unglued(word, last = false) {
    if (word.length < SHORTEST_GLUED_WORD || word.length > LONGEST_GLUED_WORD || !(last || this.#stem.test(word))) return '';
    /** The fewest words up to each place that some lead to. @type {Map<number, string[]>} */
    const best = new Map([[0, []]]);
    for (let end = 1; end <= word.length; end += 1) {
      /** @type {string[] | undefined} */
      let fewest;
      for (const [start, head] of best) {
        const part = word.slice(start, end);
        const fits = this.#parts.has(part) && (start === 0 || part.length > 1);
        if (fits && (!fewest || head.length + 1 < fewest.length)) fewest = [...head, part];
      }
      if (fewest) best.set(end, fewest);
    }
    const parts = best.get(word.length) ?? (last ? this.#withLast(word, best) : []);
    return parts.map((part) => this.#asRead(part)).join(' ');
  }

  /** @param {string} word @param {Map<number, string[]>} best @returns {string[]} */
  #withLast(word, best) {
    for (const [at, head] of best) {
      const meant = head.length && this.#closestPart(word.slice(at));
      if (meant) return [...head, meant];
    }
    return [];
  }
}

/** The whole words that patterns are written with. @param {RulesFile} data */
function patternWords({ urgent, fragments, rules, guards }) {
  const sources = [...urgent, ...Object.values(fragments), ...[...rules, ...Object.values(guards)].flatMap(({ patterns }) => patterns)];
  /** @type {Set<string>} */
  const words = new Set();
  for (const source of sources) {
    for (const [, word, optional] of source.matchAll(PATTERN_WORD)) {
      words.add(word);
      if (optional) words.add(word.slice(0, -1));
    }
  }
  return words;
}

/** The word with no letter twice in a row: who hesitates on a key, or forgets to double it, means the same word.
 *  @param {string} word */
const singled = (word) => word.replace(DOUBLED, '$1');

/** @param {(number | string)[]} one @param {(number | string)[]} other */
function isBefore(one, other) {
  const at = one.findIndex((value, place) => value !== other[place]);
  return at >= 0 && one[at] < other[at];
}

/** `NEXT` for one letter missing, one too many, two swapped or the key beside it, `ONE_SLIP` for another wrong letter.
 *  @param {string} word @param {string} meant */
function distance(word, meant) {
  if (word === meant) return SAME;
  if (!isOneSlipApart(word, meant)) return MORE;
  if (word.length !== meant.length) return NEXT;
  const wrong = [...word].flatMap((letter, at) => (letter === meant[at] ? [] : [[letter, meant[at]]]));
  const [[mine, right]] = wrong;
  const areBeside = KEYS.includes(mine + right) || KEYS.includes(right + mine);
  return wrong.length === 2 || areBeside ? NEXT : ONE_SLIP;
}

/** One letter more, fewer or other, or two neighbours swapped. The first letter must agree unless swapped.
 *  @param {string} word @param {string} meant */
function isOneSlipApart(word, meant) {
  if (word === meant) return true;
  const [longer, shorter] = word.length >= meant.length ? [word, meant] : [meant, word];
  let same = 0;
  while (same < shorter.length && longer[same] === shorter[same]) same += 1;
  const rest = (/** @type {number} */ at) => longer.slice(at);
  if (longer.length > shorter.length) return same > 0 && rest(same + 1) === shorter.slice(same);
  const isSwapped = longer[same] === shorter[same + 1] && longer[same + 1] === shorter[same] && rest(same + 2) === shorter.slice(same + 2);
  return isSwapped || (same > 0 && rest(same + 1) === shorter.slice(same + 1));
}
