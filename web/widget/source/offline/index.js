/**
 * What works without any network: the emergency rules, the cards, the beat for CPR. Loaded after the first paint.
 *
 * @typedef {import('../shapes.js').Answer} Answer
 * @typedef {import('../shapes.js').Host} Host
 * @typedef {import('../shapes.js').Offline} Offline
 */
import { Cards } from './cards.js';
import { fetchKept } from './kept.js';
import { Metronome } from './metronome.js';
import look from './offline.css';
import { FORM, readRules } from './safety/served.js';

/** What may not stand in a message: the server takes it out before it reads it. */
const UNWANTED = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;
/** As long as a step of the work in idle moments may hold up the page; a frame takes 16. */
const STEP_MS = 6;

/** Resolves as soon as cards can be shown; rejects where there are none. @param {Host} host @returns {Promise<Offline>} */
export async function prepare(host) {
  const cards = new Cards(host);
  const watch = new Watch(host);
  const metronome = new Metronome(host);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(look);
  const areFresh = await cards.load();
  watch.begin();
  // What was as it was last, or not there, is asked for again when the network is back.
  addEventListener('online', () => {
    if (!areFresh) cards.load().catch(() => {});
    watch.begin();
  }, { signal: host.signal });
  return {
    async check(text) {
      const found = await watch.check(text.replace(UNWANTED, ''));
      return found && cards.find(found.card, found.locale);
    },
    notEmergency: () => metronome.stop(),
    cards: () => cards.all.map(({ id, title }) => ({ id, title })),
    card: (id) => cards.find(id, host.locale),
    extras: ({ entry }) => (entry?.startsWith('cpr-') ? [metronome.draw()] : []),
    sheet,
    stop: () => metronome.stop(),
  };
}

/** Reads what the person says with the rules of the server, as soon as these are there. */
class Watch {
  #host;
  /** @type {import('./safety/rules.js').Rules | null} */
  #rules = null;
  /** @type {Promise<void> | null} */
  #loading = null;
  /** What was mentioned makes the rules heed milder words. */
  #mentioned = { therapy: false, suppressed: false };

  /** @param {Host} host */
  constructor(host) {
    this.#host = host;
  }

  /** Loads the rules, in idle moments, where they are not there. Without them the server alone reads. */
  begin() {
    this.#loading ??= this.#load().catch(() => { this.#loading = null; });
  }

  /** What a message needs at once; null where the rules cannot be had. @param {string} text */
  async check(text) {
    if (!this.#rules) await this.#loading;
    // What was said is on the screen before it is read.
    else await new Promise((resolve) => { setTimeout(resolve); });
    const found = this.#rules?.check(text, this.#mentioned) ?? null;
    this.#mentioned.therapy ||= Boolean(this.#rules?.mentionsTherapy(text));
    this.#mentioned.suppressed ||= Boolean(this.#rules?.mentionsSuppression(text));
    return found;
  }

  async #load() {
    const { base, signal } = this.#host;
    const { content } = await fetchKept(new URL(`../rules/${FORM}`, base).href, signal);
    const pause = pausing(signal);
    await pause();
    const rules = await readRules(JSON.parse(content), pause);
    this.#rules = rules;
    rules.warm(pause).catch(() => {});
  }
}

/** A pause that waits for an idle moment whenever the work since the last one has taken long enough. Rejects when the
 *  element is removed. @param {AbortSignal} signal */
function pausing(signal) {
  let begun = -Infinity;
  return async () => {
    if (performance.now() - begun < STEP_MS) return;
    await new Promise((resolve) => { (globalThis.requestIdleCallback ?? setTimeout)(resolve); });
    signal.throwIfAborted();
    begun = performance.now();
  };
}
