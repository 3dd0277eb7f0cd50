/**
 * Delivers messages: each until it is answered, in the order in which they were written, each answered once.
 *
 * A message is sent again after a failure, with the mark that it was given at first, by which the server knows it. Of
 * several tabs that share a chat one delivers at a time. A message that calls for help waits for nobody.
 */
import { Refused, Unreadable } from './door.js';
import { isUnsent } from './store.js';

/** @typedef {import('./shapes.js').Row} Row */
/** @typedef {import('./shapes.js').Message} Message */

/** After this time on its way a message has reached the server, which keeps the order: the next may follow, and somebody
 *  in need is not kept waiting by a slow answer to an earlier question. */
const REACHES_SERVER_MS = 300;
const FIRST_REST_MS = 1000;
const LONGEST_REST_MS = 30000;
/** Tries for replies that cannot be read; then the person decides. */
const UNREADABLE_TRIES = 4;
const LOCK = 'lantern-chat';
/** A tab that still delivers after this time may be asleep, and its lock with it: this one goes on. */
const LOCK_PATIENCE_MS = 4000;

/**
 * @typedef {object} Told
 * @property {(row: Row, messages: Message[]) => void} answered
 * @property {(row: Row) => void} refused it is not sent again by itself
 * @property {(state: {flying: number, waiting: string[], wait: number}) => void} state how many messages are on their way,
 *   the ids of those that wait since a failure, and the seconds that the server asked for before the next try
 */

export class Outbox {
  #store;
  #door;
  #told;
  /** What is not answered yet, by the message's id. @type {Map<string, {key: string, row: Row}>} */
  #unsent = new Map();
  /** Ids of messages on their way. @type {Set<string>} */
  #flying = new Set();
  /** Tokens of conversations whose erasure is on its way. @type {Set<string>} */
  #erasing = new Set();
  #failures = 0;
  #unreadable = 0;
  #wait = 0;
  #delivering = false;
  #stopped = false;
  /** Ends the rest before its time. */
  #wake = () => {};

  /** @param {import('./store.js').Store} store @param {import('./door.js').Door} door @param {Told} told */
  constructor(store, door, told) {
    this.#store = store;
    this.#door = door;
    this.#told = told;
  }

  /** Takes over what an earlier page, or another tab, left unanswered; to be called again when rows have moved. */
  resume() {
    this.#stopped = false;
    for (const [key, row] of this.#store.rows()) {
      if (isUnsent(row) && !row.refused) this.#unsent.set(row.id, { key, row });
    }
    this.#deliver();
    this.#eraseLater();
  }

  /** Starts nothing any more; what is on its way may still arrive. */
  stop() {
    this.#stopped = true;
    this.#wake();
  }

  /** @param {string} key of the row in the store @param {Row} row */
  send(key, row) {
    this.#unsent.set(row.id, { key, row });
    if (this.#failures) this.#tell();
    this.#deliver();
  }

  /** This message calls for help: it is on its way at once, whatever else waits. @param {string} id */
  hurry(id) {
    if (this.#unsent.has(id) && !this.#flying.has(id)) this.#fly(id);
  }

  /** The person, or the network, says that it is worth another try. */
  tryNow() {
    this.#failures = Math.min(this.#failures, 1);
    this.#wake();
    this.#deliver();
    this.#eraseLater();
  }

  /** Nothing of it is to be sent any more. */
  forget() {
    this.#unsent.clear();
    this.#failures = 0;
    this.#wake();
    this.#tell();
  }

  /** Erases a conversation on the server, later if need be. Resolves to the receipt's number ("" where nothing was kept),
   *  rejects while the server cannot be reached. @param {string} token */
  async erase(token) {
    this.#store.setErasing(token, true);
    this.#erasing.add(token);
    try {
      const receipt = await this.#door.erase(token);
      this.#store.setErasing(token, false);
      return receipt;
    } finally {
      this.#erasing.delete(token);
    }
  }

  #eraseLater() {
    for (const token of this.#store.toErase) if (!this.#erasing.has(token)) this.erase(token).catch(() => {});
  }

  async #deliver() {
    if (this.#delivering || this.#stopped || !this.#next()) return;
    this.#delivering = true;
    await this.#alone(() => this.#deliverAll());
    this.#delivering = false;
    // What was written, or came back, meanwhile.
    this.#deliver();
  }

  /** Does the work while no other tab does it, where tabs share a chat and the browser can tell. Two that do it all the
   *  same do no harm: the server knows each message by its mark. @param {() => Promise<void>} work */
  async #alone(work) {
    if (!this.#store.agreed || !navigator.locks) return work();
    /** @type {Promise<void> | undefined} */
    let working;
    const begin = () => (working = work());
    await navigator.locks.request(LOCK, { signal: AbortSignal.timeout(LOCK_PATIENCE_MS) }, begin)
      .catch(() => working ?? navigator.locks.request(LOCK, { steal: true }, begin))
      .catch(() => working);
  }

  async #deliverAll() {
    let id;
    while (!this.#stopped && (id = this.#next())) {
      if (this.#failures) await this.#rest();
      if (this.#stopped || this.#isSettled(id)) continue;
      const flight = this.#fly(id);
      await (this.#failures ? flight : Promise.race([flight, pause(REACHES_SERVER_MS)]));
      // The order is kept by waiting for what is still on its way.
      while (this.#failures && this.#flying.size) await pause(REACHES_SERVER_MS);
    }
  }

  #next() {
    return [...this.#unsent.keys()].find((id) => !this.#flying.has(id));
  }

  /** Whether nothing is left to do: it was forgotten, or another tab had it answered. @param {string} id */
  #isSettled(id) {
    const waiting = this.#unsent.get(id);
    if (waiting && (!this.#store.agreed || isUnsent(this.#store.row(waiting.key)))) return false;
    this.#unsent.delete(id);
    return true;
  }

  /** @param {string} id */
  async #fly(id) {
    const { row } = /** @type {{row: Row}} */ (this.#unsent.get(id));
    this.#flying.add(id);
    this.#tell();
    try {
      const messages = await this.#door.ask(row.text ?? '', id);
      this.#failures = this.#unreadable = this.#wait = 0;
      if (!this.#isSettled(id)) this.#told.answered(this.#done(id, { answered: true }), messages);
    } catch (fault) {
      this.#failed(id, fault);
    }
    this.#flying.delete(id);
    this.#tell();
    this.#deliver();
  }

  /** @param {string} id @param {Partial<Row>} outcome */
  #done(id, outcome) {
    const { key, row } = /** @type {{key: string, row: Row}} */ (this.#unsent.get(id));
    const done = { ...row, ...outcome };
    this.#unsent.delete(id);
    this.#store.put(key, done);
    return done;
  }

  /** @param {string} id @param {unknown} fault */
  #failed(id, fault) {
    if (!this.#unsent.has(id)) return;
    if (fault instanceof Unreadable) this.#unreadable += 1;
    const turnedAway = fault instanceof Refused && !fault.retry;
    if (turnedAway || this.#unreadable >= UNREADABLE_TRIES) {
      this.#unreadable = 0;
      const refused = turnedAway && fault.status === 413 ? 'too long' : 'failed';
      this.#told.refused(this.#done(id, { refused }));
      return;
    }
    this.#failures += 1;
    this.#wait = fault instanceof Refused ? fault.wait : 0;
  }

  /** Waits before the next try: longer from time to time, and by chance, so that not everybody comes back at once. */
  async #rest() {
    const doubled = Math.min(FIRST_REST_MS * 2 ** (this.#failures - 1), LONGEST_REST_MS);
    const wanted = Math.max(doubled * (0.75 + Math.random() / 2), this.#wait * 1000);
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, wanted);
      this.#wake = () => { clearTimeout(timer); resolve(undefined); };
    });
  }

  #tell() {
    const waiting = this.#failures ? [...this.#unsent.keys()] : [];
    this.#told.state({ flying: this.#flying.size, waiting, wait: this.#wait });
  }
}

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
