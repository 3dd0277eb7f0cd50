/**
 * Which messages need a card before anything else is said. It reads the same `safety/rules.json` as `safety/rules.py`,
 * where each step is explained; `safety/vectors.jsonl` holds what both must find.
 */
import { Expander } from './patterns.js';
import { Speller } from './spelling.js';
import { listed, normalise, split } from './text.js';

const WINDOW = 20;
const REACH = 8;
const CLUSTER = 40;
const MOST_READINGS = 10;
const MOST_CHANGES = 120;

/**
 * @typedef {{kind: string, rule: string, card: string, locale: string}} Finding what a message needs at once
 * @typedef {{fits: (text: string) => boolean, needs: () => Set<string>[], where: string, yields: boolean}} Guard
 * @typedef {{id: string, kind: string, card: string, locale: string, cards: [(text: string) => boolean, string][],
 *   guards: Guard[], therapy: boolean, suppressed: boolean}} Rule
 * @typedef {{rule: Rule, regex: () => RegExp, needs: () => Set<string>[], words: Set<string>[]}} Pattern
 */

/** Whether a text of these words has one of each set. @param {Iterable<string>} words @returns {(needs: Set<string>[]) => boolean} */
function having(words) {
  const present = new Set(words);
  /** @type {Map<Set<string>, boolean>} */
  const known = new Map();
  return (needs) => needs.every((needed) => {
    const met = known.get(needed) ?? meets(needed, present);
    known.set(needed, met);
    return met;
  });
}

export class Rules {
  /** Lists of words, by name. @type {Map<string, Set<string>>} */
  #concepts = new Map();
  #speller;
  #expand;
  #breaks;
  #opening;
  #therapy;
  #suppressants;
  /** @type {Pattern[]} */
  #patterns = [];
  /** Places of patterns, by the key words in them. @type {Map<string, Set<number>>} */
  #ordersByKey = new Map();
  /** @type {{fits: (text: string) => boolean, needs: () => Set<string>[]}[]} */
  #urgent = [];

  /** Not ready before `compile` is through. @param {import('./spelling.js').RulesFile} data @param {Speller} speller */
  constructor(data, speller) {
    for (const [name, { near = '', exact = '' }] of Object.entries(data.words)) this.#concepts.set(name, new Set(listed(`${near} ${exact}`)));
    this.#therapy = this.#concepts.get('THERAPY') ?? new Set();
    this.#suppressants = this.#concepts.get('SUPPRESSANT') ?? new Set();
    this.#breaks = new Set(['.', '?', ...listed(data.breaks)]);
    const opening = listed(data.openers ?? '').map((word) => word[0].toUpperCase() + word.slice(1)).join('|');
    this.#opening = opening ? new RegExp(`((?<![^ ])(?:[a-z]+|[A-Z]{2,}),?) ((?:${opening}) )`, 'g') : null;
    this.#expand = new Expander(this.#concepts, data.fragments, listed(data.denials));
    this.#speller = speller;
  }

  /** The rules of a file, compiled in many small steps with a `pause` after each, so that nothing on the page waits.
   *  @param {import('./spelling.js').RulesFile} data @param {Set<string>} ordinary words that mean themselves
   *  @param {() => Promise<void>} pause */
  static async of(data, ordinary, pause) {
    await pause();
    const rules = new Rules(data, await Speller.of(data, ordinary, pause));
    await rules.#compile(data, pause);
    return rules;
  }

  /** Works out ahead what the first check would have to, in as small steps. @param {() => Promise<void>} pause */
  async warm(pause) {
    for (const { rule, needs } of this.#patterns) {
      needs();
      for (const guard of rule.guards) guard.needs();
      await pause();
    }
  }

  /** The card that `text` needs before anything else, or null. The whole text is read, however long.
   *  @param {string} text @param {{therapy?: boolean, suppressed?: boolean}} [earlier] what was mentioned before: CAR-T,
   *  a medicine that weakens the defences against infection @returns {Finding | null} */
  check(text, { therapy = false, suppressed = false } = {}) {
    const found = this.#lookTwice(text, therapy, suppressed);
    if (found || !this.#opening) return found;
    // With the full stops that were left out before words that open a sentence and are written so.
    const parted = text.replace(this.#opening, '$1. $2');
    return parted === text ? null : this.#lookTwice(parted, therapy, suppressed);
  }

  /** Whether `text` speaks of CAR-T. @param {string} text */
  mentionsTherapy(text) {
    const words = split(normalise(text));
    if (meets(this.#therapy, this.#speller.mended(words))) return true;
    const [slots, guesses] = this.#speller.doubtful(words);
    const halves = new Map([...guesses].map(([place, found]) => (
      [place, found.filter((guess) => this.#speller.joinsWith(guess[guess.length - 1]).length)])));
    for (const changed of changes(halves, false)) {
      if (meets(this.#therapy, this.#speller.joined(slotsWith(slots, changed)))) return true;
    }
    return false;
  }

  /** Whether `text` names a medicine that weakens the defences against infection. @param {string} text */
  mentionsSuppression(text) {
    return meets(this.#suppressants, this.#speller.mended(split(normalise(text))));
  }

  /** @param {string} text @param {boolean} therapy @param {boolean} suppressed */
  #lookTwice(text, therapy, suppressed) {
    const words = split(normalise(text));
    return this.#found(this.#speller.mended(words), therapy, suppressed) ?? this.#secondLook(words, therapy, suppressed);
  }

  /** @param {string[]} words @param {boolean} therapy @param {boolean} suppressed */
  #found(words, therapy, suppressed) {
    const [afterTherapy, isSuppressed] = [therapy || meets(this.#therapy, words), suppressed || meets(this.#suppressants, words)];
    for (const [keys, start, end] of this.#windows(words)) {
      const read = words.slice(start, end);
      const has = having(read);
      const orders = this.#ordersOf(keys).filter((order) => {
        const { rule, needs } = this.#patterns[order];
        return has(needs()) && (afterTherapy || !rule.therapy) && (isSuppressed || !rule.suppressed);
      });
      const found = this.#look(` ${read.join(' ')} `, orders);
      if (found) return found;
    }
    return null;
  }

  /** What is found when one or two doubtful words are read otherwise than by themselves.
   *  @param {string[]} written @param {boolean} therapy @param {boolean} suppressed */
  #secondLook(written, therapy, suppressed) {
    const [slots, guesses] = this.#speller.doubtful(written);
    if (!guesses.size) return null;
    const words = new Set(slots.flat());
    const afterTherapy = therapy || meets(this.#therapy, this.#speller.joined(slots));
    const isSuppressed = suppressed || meets(this.#suppressants, words);
    const useful = this.#useful(words, [...guesses.values()].flat(2));
    const kept = new Map([...guesses].map(([place, found]) => (
      [place, found.filter((guess) => useful.some((list) => meets(list, guess))).slice(0, MOST_READINGS)])));
    let tried = 0;
    for (const changed of changes(kept, true)) {
      if (tried === MOST_CHANGES) break;
      tried += 1;
      const found = this.#found(this.#speller.joined(slotsWith(slots, changed)), afterTherapy, isSuppressed);
      if (found) return found;
    }
    return null;
  }

  /** The words of all patterns that could fit if every doubtful word were read in all ways at once, as lists.
   *  @param {Set<string>} words @param {string[]} guessed */
  #useful(words, guessed) {
    const opening = guessed.filter((word) => this.#speller.joinsWith(word).length);
    const every = new Set([...words, ...guessed, ...opening.flatMap((word) => this.#speller.joinsWith(word))]);
    const has = having(every);
    const fitting = this.#ordersOf(every).map((order) => this.#patterns[order]).filter(({ needs }) => has(needs()));
    return fitting.length ? [...new Set([...fitting.flatMap((pattern) => pattern.words), new Set(opening)])] : [];
  }

  /** Places of the patterns with any of these key words, in their order. @param {Iterable<string>} words */
  #ordersOf(words) {
    const orders = new Set();
    for (const word of words) for (const order of this.#ordersByKey.get(word) ?? []) orders.add(order);
    return [...orders].sort((one, other) => one - other);
  }

  /** The key words of each window, and where it starts and ends. @param {string[]} words @returns {Generator<[Set<string>, number, number]>} */
  * #windows(words) {
    const places = [...words.keys()].filter((place) => this.#ordersByKey.has(words[place]));
    for (let at = 0; at < places.length;) {
      const start = at;
      do at += 1; while (at < places.length && places[at] - places[start] <= CLUSTER && places[at] - places[at - 1] <= WINDOW);
      const keys = new Set(places.slice(start, at).map((place) => words[place]));
      yield [keys, Math.max(0, places[start] - WINDOW), places[at - 1] + WINDOW + 1];
    }
  }

  /** @param {string} text @param {number[]} orders @returns {Finding | null} */
  #look(text, orders) {
    for (const order of orders) {
      const { rule, regex } = this.#patterns[order];
      const search = regex();
      search.lastIndex = 0;
      for (let match = search.exec(text); match; match = search.exec(text)) {
        const [start, end] = [match.index, match.index + match[0].length];
        if (!this.#isSilenced(rule, text, start, end)) {
          const near = around(text, start, end);
          const [, card] = rule.cards.find(([fits]) => fits(near)) ?? [null, rule.card];
          return { kind: rule.kind, rule: rule.id, card, locale: rule.locale };
        }
        search.lastIndex = start + 1;
      }
    }
    return null;
  }

  /** Whether a guard speaks against the match between `start` and `end`. @param {Rule} rule @param {string} text
   *  @param {number} start @param {number} end */
  #isSilenced(rule, text, start, end) {
    const before = `${this.#clauseBefore(text.slice(0, start).split(' ')).join(' ')} `;
    const after = ` ${this.#clauseAfter(text.slice(end).split(' ')).join(' ')}`;
    const until = `${before}${text.slice(start, end).trim()} `;
    const whole = until.trimEnd() + after;
    /** @type {Record<string, string>} */
    const where = { before, after, until, around: whole, beyond: text.slice(end) };
    const has = having(whole.split(' '));
    let isYielding = false;
    for (const guard of rule.guards) {
      // What lies beyond the clause was not counted.
      if ((has(guard.needs()) || guard.where === 'beyond') && guard.fits(where[guard.where])) {
        if (!guard.yields) return true;
        isYielding = true;
      }
    }
    return isYielding && !this.#urgent.some(({ needs, fits }) => has(needs()) && fits(whole));
  }

  /** @param {string[]} words */
  #clauseBefore(words) {
    let at = words.length;
    while (at && !this.#breaks.has(words[at - 1]) && words.length - at <= REACH) at -= 1;
    return ['', ...words.slice(at).filter(Boolean)];
  }

  /** The words up to the end of the clause, with its question mark, so that guards can see a question. @param {string[]} words */
  #clauseAfter(words) {
    const kept = [];
    for (const word of words.slice(0, REACH + 1)) {
      if (word === '?') kept.push(word);
      if (this.#breaks.has(word)) break;
      if (word) kept.push(word);
    }
    return [...kept, ''];
  }

  /** @param {import('./spelling.js').RulesFile} data @param {() => Promise<void>} pause */
  async #compile(data, pause) {
    const needs = (/** @type {string} */ source) => lazily(() => this.#expand.needs(source));
    const fitting = (/** @type {string} */ source) => {
      const regex = lazily(() => this.#expand.regex(source));
      return (/** @type {string} */ text) => regex().test(text);
    };
    const needing = (/** @type {string} */ source) => ({ fits: fitting(source), needs: needs(source) });
    this.#urgent = data.urgent.map(needing);
    await pause();
    /** @type {Map<string, Guard[]>} */
    const guards = new Map();
    for (const [name, { where, yields, patterns }] of Object.entries(data.guards)) {
      guards.set(name, patterns.map((source) => ({ ...needing(source), where, yields })));
    }
    const chosen = new Map(Object.entries(data.cards).map(([card, rows]) => (
      [card, rows.map(([source, other]) => /** @type {[(text: string) => boolean, string]} */ ([fitting(source), other]))])));
    await pause();
    for (const { id, kind, card, locale, keys, patterns, unless = data.usual_guards, therapy = false, suppressed = false } of data.rules) {
      const rule = { id, kind, card, locale, therapy, suppressed, cards: chosen.get(card) ?? [], guards: unless.flatMap((name) => guards.get(name) ?? []) };
      const keyWords = new Set(listed(keys).flatMap((name) => [...(this.#concepts.get(name) ?? [])]));
      for (const source of patterns) {
        const words = this.#expand.wordsIn(source);
        for (const word of keyWords) {
          if (!words.some((list) => list.has(word))) continue;
          if (!this.#ordersByKey.has(word)) this.#ordersByKey.set(word, new Set());
          this.#ordersByKey.get(word)?.add(this.#patterns.length);
        }
        this.#patterns.push({
          rule, regex: lazily(() => this.#expand.regex(source, 'g')), needs: needs(source), words,
        });
      }
      await pause();
    }
  }
}

/** Made at its first use: most are never used. @template T @param {() => T} make @returns {() => T} */
function lazily(make) {
  /** @type {T | undefined} */
  let made;
  return () => (made ??= make());
}

/** @param {Set<string>} words @param {Iterable<string>} others */
function meets(words, others) {
  for (const word of others) if (words.has(word)) return true;
  return false;
}

/** The slots within reach of those that are `changed`, with what these are read as.
 *  @param {string[][]} slots @param {Map<number, string[]>} changed */
function slotsWith(slots, changed) {
  const first = Math.max(0, Math.min(...changed.keys()) - CLUSTER);
  const last = Math.max(...changed.keys()) + CLUSTER + 1;
  return slots.slice(first, last).map((slot, at) => changed.get(first + at) ?? slot);
}

/** Each word read otherwise by itself, then two words near each other `together`.
 *  @param {Map<number, string[][]>} guesses @param {boolean} together @returns {Generator<Map<number, string[]>>} */
function* changes(guesses, together) {
  for (const [place, found] of guesses) for (const guess of found) yield new Map([[place, guess]]);
  const places = together ? [...guesses.keys()].sort((one, other) => one - other) : [];
  for (const [at, first] of places.entries()) {
    for (const second of places.slice(at + 1)) {
      if (second - first > WINDOW) continue;
      for (const one of guesses.get(first) ?? []) {
        for (const other of guesses.get(second) ?? []) yield new Map([[first, one], [second, other]]);
      }
    }
  }
}

/** The match with some words on each side, however far the window goes: who is in danger stands near by.
 *  @param {string} text @param {number} start @param {number} end */
function around(text, start, end) {
  const before = text.slice(0, start).split(' ').slice(1).slice(-WINDOW).join(' ');
  const after = text.slice(end).split(' ').slice(0, WINDOW + 1).join(' ');
  return ` ${before}${text.slice(start, end)}${after} `;
}
