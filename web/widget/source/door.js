/**
 * Talks to the server (`/api/v1/`). What comes back is data that may be wrong in any way: it is read up to a limit, and
 * only `drawing.js` decides what of it is shown.
 */

/** @typedef {import('./shapes.js').Message} Message */

/** As long as the assistant takes at its slowest, and the way there and back by a bad line. */
const GIVE_UP_AFTER_MS = 20000;
/** Bytes of a reply; the longest real ones have a tenth. */
const LONGEST_REPLY = 512 * 1024;

/** The server refused. `retry` says whether the same message may be taken later, after `wait` seconds. */
export class Refused extends Error {
  /** @param {number} status @param {number} wait seconds */
  constructor(status, wait) {
    super(`refused with ${status}`);
    this.status = status;
    this.wait = wait;
  }

  get retry() {
    return this.status >= 500 || this.status === 408 || this.status === 425 || this.status === 429;
  }
}

/** Something answered, but nothing that can be read: a captive portal, a proxy's page, five megabytes. */
export class Unreadable extends Error {}

export class Door {
  #endpoint;
  #hints;
  #store;
  /** @type {Promise<void> | undefined} */
  #beginning;

  /** @param {string} endpoint @param {import('./store.js').Store} store keeps the token
   *  @param {{locale: string, region: string}} hints */
  constructor(endpoint, store, hints) {
    this.#endpoint = endpoint;
    this.#store = store;
    this.#hints = hints;
  }

  /** What the service is called, who runs it and what it keeps. @returns {Promise<import('./shapes.js').Service>} */
  service() {
    return this.#call('GET', `service?${new URLSearchParams(this.#hints)}`);
  }

  /** What a word of the glossary means. @param {string} id @returns {Promise<{definition: unknown}>} */
  word(id) {
    return this.#call('GET', `glossary/${encodeURIComponent(id)}?locale=${this.#hints.locale}`);
  }

  /** Opens a conversation where there is none yet. Where the server refuses, the message is sent all the same: without a
   *  token it begins a conversation too. Rejects where the server cannot be reached: a message that is sent again is
   *  known by its mark within its conversation only. */
  begin() {
    if (this.#store.token) return Promise.resolve();
    this.#beginning ??= this.#call('POST', 'conversations', this.#hints)
      .then((begun) => this.#keep(begun?.token))
      .catch((fault) => { if (!(fault instanceof Refused)) throw fault; })
      .finally(() => { this.#beginning = undefined; });
    return this.#beginning;
  }

  /**
   * The replies to a message. `id` is the mark by which it is known when it is sent again.
   * @param {string} text @param {string} id @returns {Promise<Message[]>}
   */
  async ask(text, id) {
    await this.begin();
    const said = { ...this.#hints, message: text, message_id: id };
    let reply;
    try {
      reply = await this.#call('POST', 'messages', said);
    } catch (fault) {
      if (!(fault instanceof Refused && fault.status === 401)) throw fault;
      // The conversation was erased or has run out; this message begins a new one.
      this.#store.token = '';
      await this.begin();
      reply = await this.#call('POST', 'messages', said);
    }
    this.#keep(reply?.token);
    if (!Array.isArray(reply?.messages) || !reply.messages.length) throw new Unreadable('no messages');
    return reply.messages;
  }

  /** Whether an answer was helpful. @param {object} opinion @returns {Promise<{messages?: Message[]}>} */
  rate(opinion) {
    return this.#call('POST', 'feedback', { ...this.#hints, ...opinion });
  }

  /** Erases a conversation; resolves to the number of its receipt, "" where nothing was kept any more.
   *  @param {string} token */
  async erase(token) {
    try {
      return String((await this.#call('DELETE', 'conversation', undefined, token))?.receipt ?? '');
    } catch (fault) {
      if (fault instanceof Refused && fault.status === 401) return '';
      throw fault;
    }
  }

  /** @param {unknown} token */
  #keep(token) {
    if (typeof token === 'string' && token) this.#store.token = token;
  }

  /** @param {string} method @param {string} path @param {object} [body] @returns {Promise<any>} */
  async #call(method, path, body, token = this.#store.token) {
    const giveUp = new AbortController();
    const patience = setTimeout(() => giveUp.abort(), GIVE_UP_AFTER_MS);
    try {
      const response = await fetch(`${this.#endpoint}/${path}`, {
        method,
        headers: {
          ...(body && { 'Content-Type': 'application/json' }), ...(token && { Authorization: `Bearer ${token}` }),
        },
        body: body && JSON.stringify(body),
        signal: giveUp.signal,
        // Nothing that says who the person is, or on which page, but the token.
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
        cache: 'no-store',
      });
      if (!response.ok) throw new Refused(response.status, Number(response.headers.get('Retry-After')) || 0);
      return parsed(await readUpTo(LONGEST_REPLY, response));
    } finally {
      clearTimeout(patience);
    }
  }
}

/** @param {number} most bytes @param {Response} response */
async function readUpTo(most, response) {
  if (!response.body) return response.text();
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (let length = 0; ;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    length += value.length;
    if (length > most) {
      reader.cancel().catch(() => {});
      throw new Unreadable('too long');
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Unreadable('no JSON');
  }
}
