/**
 * From a pattern of the rules file to a regular expression, and to the words without which it cannot fit: the twin of
 * `safety/patterns.py`.
 */

const CONCEPT = /<([A-Z_]+)>/g;
const GAP = /<([GPX])([0-9]+)>/g;
const WORD = /([a-z0-9]*)([a-z0-9])(\??)/g;
const PIECE = /<[GPX][0-9]+>|<[A-Z_]+>|\(\?[!=]|\((?:\?:)?|\)|\||[?*+]|\{[0-9,]+\}| |[a-z0-9]+|\[[^\]]*\]|\\.|./g;

/**
 * @typedef {object} Item A piece of a pattern.
 * @property {'word' | 'name' | 'gap' | 'space' | 'ahead' | 'group' | 'sign'} kind
 * @property {string} text
 * @property {Item[][]} [inside] the alternatives of a group
 * @property {(Set<string> | null)[]} [needed] what a group needs, by whether a word begins before it and ends after it
 * @property {boolean} [optional] it may be left out
 *
 * @typedef {{source: string, words?: Set<string>[], item?: Item}} Fragment
 */

export class Expander {
  #concepts;
  #gapWords;
  /** Parts of patterns that have a name, read once. @type {Map<string, Fragment>} */
  #fragments = new Map();
  /** @type {Map<string, Set<string>>} */
  #single = new Map();

  /** @param {Map<string, Set<string>>} concepts @param {Record<string, string>} fragments @param {string[]} denials */
  constructor(concepts, fragments, denials) {
    this.#concepts = concepts;
    for (const [name, source] of Object.entries(fragments)) this.#fragments.set(name, { source });
    this.#gapWords = /** @type {Record<string, string>} */ ({
      G: '[a-z0-9][^ ]*', P: `(?!(?:${denials.join('|')}) )[a-z0-9][^ ]*`, X: '[^ ]+',
    });
  }

  /** A new regular expression. A match starts on the space before its first word; the space after its last word stays
   *  unread. @param {string} source @param {string} [flags] */
  regex(source, flags) {
    const body = this.#writtenOut(source).replace(GAP, (_, kind, most) => `(?:${this.#gapWords[kind]} ){0,${most}}`)
      .replace(CONCEPT, (_, name) => anyOf(this.#words(name)));
    return new RegExp(`${source.startsWith('^') ? '' : ' '}(?:${body})${source.endsWith('$') ? '' : '(?= )'}`, flags);
  }

  /** The words a pattern is written with, as lists; one that ends in an optional letter counts with and without it.
   *  @param {string} source @returns {Set<string>[]} */
  wordsIn(source) {
    /** @type {Set<string>[]} */
    const lists = [];
    const own = new Set();
    const bare = source.replace(CONCEPT, (_, name) => {
      const fragment = this.#fragments.get(name);
      lists.push(...(fragment ? (fragment.words ??= this.wordsIn(fragment.source)) : [this.#words(name)]));
      return fragment ? '()' : '';
    });
    for (const [, head, last, optional] of bare.replace(GAP, '').matchAll(WORD)) {
      own.add(head + last);
      if (optional) own.add(head);
    }
    return [...new Set([own, ...lists])];
  }

  /** Of each of these sets one word stands in every text that the pattern fits. @param {string} source @returns {Set<string>[]} */
  needs(source) {
    const alternatives = this.#read(source);
    if (alternatives.length === 1) return this.#sequence(alternatives[0], true, true);
    const union = this.#union(alternatives, true, true);
    return union?.size ? [union] : [];
  }

  /** @param {string} source @returns {string} */
  #writtenOut(source) {
    return source.replace(CONCEPT, (written, name) => {
      const fragment = this.#fragments.get(name);
      return fragment ? `(?:${this.#writtenOut(fragment.source)})` : written;
    });
  }

  /** @param {string} name */
  #words(name) {
    return this.#concepts.get(name) ?? new Set();
  }

  /** The set of one word; always the same, so that it is counted once. @param {string} word */
  #alone(word) {
    const single = this.#single.get(word) ?? new Set([word]);
    this.#single.set(word, single);
    return single;
  }

  /** One word of these stands where any of the alternatives does; null where that cannot be said.
   *  @param {Item[][]} alternatives @param {boolean} left @param {boolean} right @returns {Set<string> | null} */
  #union(alternatives, left, right) {
    const union = new Set();
    for (const items of alternatives) {
      const needed = this.#sequence(items, left, right);
      if (!needed.length) return null;
      const least = needed.reduce((one, other) => (other.size < one.size ? other : one));
      if (alternatives.length === 1) return least;
      for (const word of least) union.add(word);
    }
    return union;
  }

  /** `left` and `right`: whether a word begins before the first item and ends after the last.
   *  @param {Item[]} items @param {boolean} left @param {boolean} right */
  #sequence(items, left, right) {
    const ends = [right];
    for (const item of [...items].reverse()) ends.unshift(boundary(item, ends[0], false));
    const found = [];
    let begins = left;
    for (const [at, item] of items.entries()) {
      const { kind, text } = item;
      const isWhole = begins && ends[at + 1];
      if (item.optional) found.push(null);
      else if (kind === 'group') found.push(this.#needed(item, begins, ends[at + 1]));
      else if (isWhole && kind === 'word') found.push(this.#alone(text));
      else if (isWhole && kind === 'name') found.push(this.#words(text.slice(1, -1)));
      begins = boundary(item, begins, true);
    }
    return /** @type {Set<string>[]} */ (found.filter((words) => words?.size));
  }

  /** @param {Item} group @param {boolean} left @param {boolean} right */
  #needed({ inside = [], needed = [] }, left, right) {
    const edges = Number(left) * 2 + Number(right);
    if (needed[edges] === undefined) needed[edges] = this.#union(inside, left, right);
    return needed[edges];
  }

  /** The alternatives of a pattern. @param {string} source */
  #read(source) {
    return this.#alternatives((source.match(PIECE) ?? []).values());
  }

  /** The pieces up to the end of the group, as items. @param {Iterator<string>} pieces @returns {Item[][]} */
  #alternatives(pieces) {
    /** @type {Item[][]} */
    const alternatives = [[]];
    for (let next = pieces.next(); !next.done && next.value !== ')'; next = pieces.next()) {
      const text = next.value;
      const items = /** @type {Item[]} */ (alternatives.at(-1));
      if (text === '|') alternatives.push([]);
      else if (/^[?*+{]/.test(text)) {
        const last = /** @type {Item} */ (items.pop());
        // Of a word, "?" makes only the last letter optional.
        items.push(last.kind === 'group' ? { ...last, optional: true } : { kind: 'sign', text });
      } else if (/^\(\?[!=]/.test(text)) {
        this.#alternatives(pieces);
        items.push({ kind: 'ahead', text });
      } else items.push(this.#item(text, pieces));
    }
    return alternatives;
  }

  /** @param {string} text @param {Iterator<string>} pieces that follow it @returns {Item} */
  #item(text, pieces) {
    if (text[0] === '(') return { kind: 'group', text, inside: this.#alternatives(pieces), needed: [] };
    const fragment = this.#fragments.get(text.slice(1, -1));
    if (fragment) return (fragment.item ??= { kind: 'group', text, inside: this.#read(fragment.source), needed: [] });
    if (text === ' ') return { kind: 'space', text };
    if (/^<.+>$/.test(text)) return { kind: /\d/.test(text) ? 'gap' : 'name', text };
    return { kind: /^[a-z0-9]/.test(text) ? 'word' : 'sign', text };
  }
}

/** Whether a word begins after this item (`forwards`), or ends before it, if one does on its other side: at a space, and
 *  at what may be left out. @param {Item} item @param {boolean} before @param {boolean} forwards @returns {boolean} */
function boundary(item, before, forwards) {
  if (item.kind === 'space') return true;
  if (item.kind === 'ahead') return before;
  if (item.kind === 'gap') return before && forwards; // words, each with the space behind it
  if (item.kind !== 'group') return false;
  const edges = (item.inside ?? []).map((items) => (
    (forwards ? items : [...items].reverse()).reduce((edge, inner) => boundary(inner, edge, forwards), before)));
  return edges.every(Boolean) && (before || !item.optional);
}

/** An expression for any of `words`, sorted by first letter: several times faster than a plain list of choices.
 *  @param {Set<string>} words */
function anyOf(words) {
  /** @type {Map<string, string[]>} */
  const tails = new Map();
  for (const word of words) tails.set(word[0], [...(tails.get(word[0]) ?? []), word.slice(1)]);
  return `(?:${[...tails].map(([first, rest]) => `${first}(?:${rest.join('|')})`).join('|')})`;
}
