/** The published cards in each language, with the numbers of one region; at hand once they were loaded. */
import { LOCALES } from '../words.js';
import { fetchKept } from './kept.js';

/** @typedef {import('../shapes.js').Answer} Answer */
/** @typedef {{id: string, title: string, answer: Answer}} Card */

export class Cards {
  #host;
  /** @type {Map<string, Card[]>} */
  #byLocale = new Map();

  /** @param {import('../shapes.js').Host} host */
  constructor(host) {
    this.#host = host;
  }

  /** Resolves once those in the language of the chat are there, to whether they are today's; rejects where there are none.
   *  Those in the other languages follow: somebody may cry for help in another one than that of the page. */
  async load() {
    const { locale } = this.#host;
    const others = () => { for (const other of LOCALES) if (other !== locale) this.#load(other).catch(() => {}); };
    return this.#load(locale).finally(others);
  }

  /** Those in the language of the chat. @returns {Card[]} */
  get all() {
    return this.#byLocale.get(this.#host.locale) ?? [];
  }

  /** As the server chooses it too: in this language, else in English. @param {string} id @param {string} locale @returns {Answer | null} */
  find(id, locale) {
    const rows = [locale, LOCALES[0]].flatMap((language) => this.#byLocale.get(language) ?? []);
    return rows.find((row) => row.id === id)?.answer ?? null;
  }

  /** @param {string} locale */
  async #load(locale) {
    const { endpoint, region, signal, store } = this.#host;
    const asked = `cards?${new URLSearchParams({ locale, region })}`;
    try {
      const { content, isFresh } = await fetchKept(`${endpoint}/${asked}`, signal);
      this.#byLocale.set(locale, cardsIn(content));
      store?.set(asked, content);
      return isFresh;
    } catch (fault) {
      const kept = this.#byLocale.has(locale) ? null : store?.get(asked);
      if (!kept) throw fault;
      this.#byLocale.set(locale, cardsIn(kept));
      return false;
    }
  }
}

/** @param {string} content @returns {Card[]} */
function cardsIn(content) {
  const { cards } = JSON.parse(content);
  const whole = cards.filter((/** @type {any} */ card) => typeof card?.id === 'string' && typeof card.title === 'string' && card.answer?.blocks?.length);
  if (!whole.length) throw new TypeError('no cards');
  return whole;
}
