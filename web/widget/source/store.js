/**
 * What the element keeps in the browser, and where.
 *
 * As long as nobody has agreed to more, it is kept for this tab alone (`sessionStorage`) and only what a message needs
 * to arrive: the conversation's token, and messages until they are answered. Once the person agrees, the chat is kept on
 * the device (`localStorage`), and tabs share it. Where the browser refuses both, it is kept in memory.
 *
 * Each row is an item of its own, so that two tabs never overwrite each other's. Rows are numbered, not dated: clocks
 * are changed.
 */

/** @typedef {import('./shapes.js').Row} Row */

const PREFIX = 'lantern-chat/';
const ROW = `${PREFIX}row/`;
const AGREED = `${PREFIX}agreed`;
const TOKEN = `${PREFIX}token`;
const ERASING = `${PREFIX}erase/`;
/** Rows that stay on the device; older ones make room. */
const MOST_ROWS = 400;
const RANDOM_BYTES = 16;

/** A mark that no two messages share. Works on pages without TLS too, where `crypto.randomUUID` does not. */
export function newMark() {
  const bytes = crypto.getRandomValues(new Uint8Array(RANDOM_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Storage that lasts as long as the page. @returns {Storage} */
function inMemory() {
  /** @type {Map<string, string>} */
  const items = new Map();
  return /** @type {Storage} */ ({
    get length() { return items.size; },
    key: (at) => [...items.keys()][at] ?? null,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => { items.set(key, value); },
    removeItem: (key) => { items.delete(key); },
    clear: () => items.clear(),
  });
}

/** The storage of this name, if it can be written to. @param {'localStorage' | 'sessionStorage'} name */
function usable(name) {
  try {
    const storage = window[name];
    storage.setItem(`${PREFIX}try`, '');
    storage.removeItem(`${PREFIX}try`);
    return storage;
  } catch {
    return null;
  }
}

export class Store {
  /** @type {Storage | null} */
  #device;
  /** @type {Storage} */
  #tab;
  #agreed;

  /** @param {boolean} remember false for memory alone: a second element of a page is a chat of its own */
  constructor(remember) {
    this.#device = remember ? usable('localStorage') : null;
    this.#tab = (remember && usable('sessionStorage')) || inMemory();
    this.#agreed = this.#device?.getItem(AGREED) === '1';
    // What this tab could not send before it was agreed elsewhere to share the chat.
    if (this.#agreed) for (const key of this.#keys(ROW, this.#tab)) this.#adopt(key);
  }

  /** Whether the person can be asked to keep the chat on the device. */
  get canAgree() {
    return this.#device !== null;
  }

  /** Whether the person agreed to keep the chat on this device. A tab that was open before goes on by itself. */
  get agreed() {
    return this.#agreed;
  }

  /** Moves what is kept to the device, with the `rows` that were said before; or away from it.
   *  @param {boolean} yes @param {Row[]} rows */
  agree(yes, rows) {
    if (!this.#device) return;
    const token = this.token;
    const kept = yes ? rows : this.rows().map(([, row]) => row).filter(isUnsent);
    this.#removeAll((key) => key !== AGREED && !key.startsWith(ERASING));
    this.#agreed = yes;
    if (yes) this.#write(AGREED, '1');
    else this.#device.removeItem(AGREED);
    this.token = token;
    for (const row of kept) this.add(row);
  }

  /** What opens the conversation on the server; "" for none. */
  get token() {
    return this.#area.getItem(TOKEN) ?? '';
  }

  set token(token) {
    if (token) this.#write(TOKEN, token);
    else this.#area.removeItem(TOKEN);
  }

  /** All rows in their order, each with its key. @returns {[string, Row][]} */
  rows() {
    return this.#keys(ROW).sort().flatMap((key) => {
      const row = this.row(key);
      return row ? [[key, row]] : [];
    });
  }

  /** @param {string} key @returns {Row | null} */
  row(key) {
    return parsed(this.#area.getItem(key));
  }

  /** Adds a row at the end; returns its key, "" where it is not to be kept. @param {Row} row */
  add(row) {
    if (!this.agreed && !isUnsent(row)) return '';
    const keys = this.#keys(ROW).sort();
    if (keys.length >= MOST_ROWS) this.#makeRoom(keys);
    const number = Number(keys.at(-1)?.slice(ROW.length, ROW.length + 8) ?? 0) + 1;
    const key = `${ROW}${String(number).padStart(8, '0')}-${row.id.slice(0, 8)}${row.by === 'person' ? '' : '+'}`;
    this.put(key, row);
    return key;
  }

  /** Writes a row as it is now; what is done with is kept only on a device whose owner agreed.
   *  @param {string} key @param {Row} row */
  put(key, row) {
    if (this.agreed || isUnsent(row)) this.#write(key, JSON.stringify(row));
    else this.#area.removeItem(key);
  }

  /** Forgets the chat on this device, in all tabs. Conversations that are still to be erased on the server stay. */
  clear() {
    this.#removeAll((key) => !key.startsWith(ERASING));
    this.#agreed = false;
  }

  /** Tokens of conversations that the person deleted and the server has not yet. */
  get toErase() {
    return this.#keys(ERASING, this.#device ?? this.#tab).map((key) => key.slice(ERASING.length));
  }

  /** @param {string} token @param {boolean} pending */
  setErasing(token, pending) {
    const area = this.#device ?? this.#tab;
    if (pending) this.#write(ERASING + token, '', area);
    else area.removeItem(ERASING + token);
  }

  /** For texts that are nobody's: kept on the device once the person agreed. Null until then. */
  get shelf() {
    if (!this.agreed) return null;
    const name = (/** @type {string} */ key) => `${PREFIX}shelf/${key}`;
    return {
      get: (/** @type {string} */ key) => this.#area.getItem(name(key)),
      set: (/** @type {string} */ key, /** @type {string} */ text) => { this.#write(name(key), text); },
      remove: (/** @type {string} */ key) => this.#area.removeItem(name(key)),
    };
  }

  /** Calls `changed` when another tab changed what is shared: with the key of a row that is new or changed, or with null
   *  when the chat was forgotten. @param {(key: string | null) => void} changed @param {AbortSignal} signal */
  watch(changed, signal) {
    addEventListener('storage', ({ key, newValue, storageArea }) => {
      if (!this.#agreed || storageArea !== this.#device) return;
      if (this.#device?.getItem(AGREED) !== '1') {
        this.#agreed = false;
        changed(null);
      } else if (key?.startsWith(ROW) && newValue !== null) changed(key);
    }, { signal });
  }

  get #area() {
    return (this.#agreed && this.#device) || this.#tab;
  }

  /** @param {string} key of a row in the tab's storage */
  #adopt(key) {
    const row = parsed(this.#tab.getItem(key));
    this.#tab.removeItem(key);
    if (row) this.add(row);
  }

  /** @param {string} prefix */
  #keys(prefix, area = this.#area) {
    return Array.from({ length: area.length }, (_, at) => area.key(at) ?? '').filter((key) => key.startsWith(prefix));
  }

  /** @param {(key: string) => boolean} which */
  #removeAll(which) {
    for (const area of [this.#device, this.#tab]) {
      if (area) for (const key of this.#keys(PREFIX, area)) if (which(key)) area.removeItem(key);
    }
  }

  /** Older rows go, those that are not answered yet stay. @param {string[]} keys */
  #makeRoom(keys) {
    const done = keys.filter((key) => !isUnsent(this.row(key)));
    for (const key of done.slice(0, Math.ceil(MOST_ROWS / 10))) this.#area.removeItem(key);
  }

  /** Where the browser's share is full, older rows make room; if that does not help, the tab goes on from memory.
   *  @param {string} key @param {string} value */
  #write(key, value, area = this.#area) {
    try {
      area.setItem(key, value);
    } catch {
      try {
        this.#makeRoom(this.#keys(ROW).sort());
        area.setItem(key, value);
      } catch {
        this.#moveToMemory();
        this.#tab.setItem(key, value);
      }
    }
  }

  #moveToMemory() {
    const memory = inMemory();
    for (const key of this.#keys(PREFIX)) memory.setItem(key, this.#area.getItem(key) ?? '');
    this.#device = null;
    this.#agreed = false;
    this.#tab = memory;
  }
}

/** @param {string | null} text @returns {Row | null} */
function parsed(text) {
  try {
    const row = JSON.parse(text ?? 'null');
    return typeof row?.id === 'string' && (row.by === 'person' || row.by === 'assistant') ? row : null;
  } catch {
    return null;
  }
}

/** Whether a message still has to arrive. @param {Row | null} row */
export const isUnsent = (row) => row?.by === 'person' && !row.answered;
