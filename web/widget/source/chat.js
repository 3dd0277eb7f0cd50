/** One chat: what the person does, what comes back, and what becomes of it in the log. */
import * as phrases from 'lantern:phrases';
import { Door } from './door.js';
import { drawMessage, drawOwn, isCard, wording } from './drawing.js';
import { BASE, loadLater } from './later-part.js';
import { button, make } from './nodes.js';
import { emergencyNumber } from './numbers.js';
import { Outbox } from './outbox.js';
import { drawLauncher, drawPanel, showNumber } from './panel.js';
import { coloursWith, readSettings } from './settings.js';
import { isUnsent, newMark, Store } from './store.js';
import { say } from './words.js';
import sheet from './lantern-chat.css';

/** @typedef {import('./shapes.js').Row} Row */
/** @typedef {import('./shapes.js').Message} Message */

const TYPING_AFTER_MS = 300;
/** Rows that are still at hand when the person decides to keep the chat; earlier ones are on the screen only. */
const RECENT_ROWS = 40;
/** Where the panel covers the whole screen. The same as in lantern-chat.css. */
const SMALL_SCREEN = '(max-width: 480px), (max-height: 480px)';
const DEFAULT_NAME = 'Lantern';

export class Chat {
  #element;
  #settings;
  #store;
  #door;
  #outbox;
  #root;
  #number;
  /** @type {HTMLElement | null} */
  #launcher = null;
  /** @type {import('./panel.js').Panel | null} */
  #panel = null;
  /** Ends all that listens and waits, when the element is removed. */
  #life = new AbortController();
  /** @type {Partial<import('./shapes.js').Service>} */
  #service = {};
  /** @type {import('./shapes.js').Offline | null} */
  #offline = null;
  /** @type {import('./tools.js').Tools | null} */
  #tools = null;
  /** @type {Promise<typeof import('./later.js')> | undefined} */
  #later;
  /** @type {Row[]} */
  #recent = [];
  /** Keys of rows in the log, where tabs share the chat. @type {Set<string>} */
  #drawn = new Set();
  /** The card that is open. @type {HTMLElement | null} */
  #card = null;
  #cardInSight = new IntersectionObserver(([seen]) => this.#showPin(!seen.isIntersecting));
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #typing;

  /** @param {HTMLElement} element @param {boolean} remember false for a second chat on one page */
  constructor(element, remember) {
    this.#element = element;
    this.#settings = readSettings(element);
    const { endpoint, locale, region } = this.#settings;
    this.#store = new Store(remember);
    this.#door = new Door(endpoint, this.#store, { locale, region });
    this.#outbox = new Outbox(this.#store, this.#door, {
      answered: (row, messages) => this.#answered(row, messages),
      refused: (row) => this.#markOwn(row),
      state: (state) => this.#showState(state),
    });
    this.#number = emergencyNumber(region, locale);
    this.#root = element.attachShadow({ mode: 'open' });
    const styles = new CSSStyleSheet();
    styles.replaceSync(sheet);
    this.#root.adoptedStyleSheets = [styles];
  }

  get isOpen() {
    const shell = this.#panel?.shell;
    return Boolean(shell?.isConnected && !shell.hidden);
  }

  /** The element is on the page, for the first time or again. */
  resume() {
    this.#life = new AbortController();
    const { signal } = this.#life;
    const back = () => { if (!document.hidden) this.#isBack(); };
    addEventListener('online', back, { signal });
    addEventListener('pageshow', back, { signal });
    document.addEventListener('visibilitychange', back, { signal });
    for (const moved of ['resize', 'scroll']) {
      window.visualViewport?.addEventListener(moved, () => this.#fitKeyboard(), { signal });
    }
    this.#store.watch((key) => this.#changedElsewhere(key), signal);
    if (this.#card) this.#cardInSight.observe(this.#card);
    if (!this.#launcher) {
      this.#drawLauncher();
      if (this.#settings.inline) this.open(false);
    }
    // What could not be sent or erased before the page was left is, whether the chat is open or not.
    if (this.#store.rows().some(([, row]) => isUnsent(row)) || this.#store.toErase.length) this.#build();
    if (this.#panel) this.#outbox.resume();
    if (this.isOpen) this.#begun();
  }

  /** The element was taken from the page. */
  pause() {
    this.#life.abort();
    this.#outbox.stop();
    this.#quieten();
    this.#offline = null;
    this.#root.adoptedStyleSheets.length = 1;
    clearTimeout(this.#typing);
    this.#cardInSight.disconnect();
  }

  /** @param {boolean} [focus] false where nobody asked for it */
  open(focus = true) {
    if (this.isOpen || !this.#launcher?.isConnected) return;
    const { shell, input, title } = this.#build();
    shell.hidden = false;
    if (shell instanceof HTMLDialogElement) {
      if (matchMedia(SMALL_SCREEN).matches) shell.showModal();
      else shell.show();
    }
    this.#launcher.hidden = true;
    // With a finger on the screen, focus in the field would bring up the keyboard before anything can be read.
    if (focus) (matchMedia('(pointer: coarse)').matches ? title : input).focus({ preventScroll: true });
    this.#scrollDown();
    this.#begun();
    this.#tell('open');
  }

  close() {
    if (!this.#settings.inline) this.#shut();
  }

  #shut() {
    if (!this.isOpen || !this.#panel || !this.#launcher) return;
    const { shell } = this.#panel;
    this.#toggle('menu', false);
    this.#toggle('cards', false);
    if (shell instanceof HTMLDialogElement) shell.close();
    shell.hidden = true;
    this.#quieten();
    this.#launcher.hidden = false;
    this.#launcher.focus();
    this.#tell('close');
  }

  /** Nothing sounds any more. */
  #quieten() {
    this.#tools?.stop();
    this.#offline?.stop();
  }

  /** Out of sight at once, with nothing left of it on this device. */
  hide() {
    this.#shut();
    this.#forgetHere();
    const { hideTo } = this.#settings;
    if (hideTo) location.replace(hideTo);
  }

  /** Says something in the person's name. @param {string} text */
  ask(text) {
    this.open();
    if (this.isOpen) this.#saying(text, text);
  }

  /** Deletes the chat, here at once and on the server as soon as it can be reached. Resolves to the number of the
   *  receipt, "" where nothing was kept; rejects where the server could not be reached yet. */
  async erase() {
    const { token } = this.#store;
    this.#forgetHere();
    return token ? this.#outbox.erase(token) : '';
  }

  /** @param {string[]} phrase @param {Record<string, string>} [slots] */
  #say(phrase, slots) {
    return say(this.#settings.locale, phrase, { emergency_number: this.#number.text, ...slots });
  }

  get #name() {
    return this.#settings.name || this.#service.name || DEFAULT_NAME;
  }

  #drawLauncher() {
    this.#launcher = drawLauncher(this.#settings, (phrase) => this.#say(phrase));
    this.#launcher.addEventListener('click', () => this.open());
    // Whoever reaches for it is likely to open it.
    this.#launcher.addEventListener('pointerenter', () => this.#fetchLater(), { once: true });
    this.#paint(this.#launcher);
    this.#root.append(this.#launcher);
  }

  /** @param {HTMLElement} part */
  #paint(part) {
    const { accent } = this.#settings;
    if (!accent) return;
    const { on, line } = coloursWith(accent);
    part.style.setProperty('--accent-set', accent);
    part.style.setProperty('--on-accent-set', on);
    part.style.setProperty('--line-accent-set', line || 'var(--ink)');
  }

  /** The panel with what was said before, made when it is first needed. */
  #build() {
    if (this.#panel) return this.#panel;
    const panel = drawPanel(this.#settings, (phrase) => this.#say(phrase), this.#name);
    this.#panel = panel;
    panel.shell.hidden = true;
    this.#paint(panel.shell);
    showNumber(panel, this.#number, (phrase, slots) => this.#say(phrase, slots));
    this.#introduce();
    panel.shell.addEventListener('click', (event) => this.#pressed(event));
    panel.shell.addEventListener('keydown', (event) => this.#keyed(event));
    // In small windows the browser itself would close the panel, and leave the launcher hidden.
    panel.shell.addEventListener('cancel', (event) => { event.preventDefault(); this.close(); });
    panel.form.addEventListener('submit', (event) => this.#submitted(event));
    // So that the first message need not wait for it.
    panel.input.addEventListener('input', () => this.#door.begin().catch(() => {}), { once: true });
    panel.log.setAttribute('aria-live', 'off');
    this.#root.append(panel.shell);
    for (const [key, row] of this.#store.rows()) this.#restore(key, row);
    // What was said before is not news.
    setTimeout(() => panel.log.removeAttribute('aria-live'));
    this.#outbox.resume();
    return panel;
  }

  /** The panel is in use: what it says of the service is fetched, then what works without network. */
  #begun() {
    if (!this.#service.kept_days) this.#door.service().then((service) => this.#introduced(service), () => {});
    // After what is in sight has been painted.
    requestAnimationFrame(() => setTimeout(() => this.#fetchLater()));
  }

  /** @param {Partial<import('./shapes.js').Service>} service */
  #introduced(service) {
    this.#service = service && typeof service === 'object' ? service : {};
    const { locale, region } = this.#settings;
    if (!region && typeof this.#service.region === 'string') this.#number = emergencyNumber(this.#service.region, locale);
    if (!this.#panel) return;
    this.#panel.title.textContent = this.#name;
    showNumber(this.#panel, this.#number, (phrase, slots) => this.#say(phrase, slots));
    this.#introduce();
  }

  /** Who speaks, who runs it, and what is kept where. */
  #introduce() {
    const { operator, kept_days: days } = this.#service;
    const { agreed, canAgree } = this.#store;
    const here = canAgree ? (agreed ? phrases.widget_kept_here : phrases.widget_here) : phrases.widget_blocked;
    const lines = [
      this.#say(phrases.introduction), operator && this.#say(phrases.widget_operator, { operator: String(operator) }),
      days && this.#say(phrases.what_is_kept, { days: String(days) }), this.#say(here),
    ].filter(Boolean).map((line) => make('p', {}, /** @type {string} */ (line)));
    const pressed = { class: 'button', 'aria-pressed': String(agreed) };
    const keep = canAgree ? [button('keep', this.#say(phrases.widget_keep), pressed)] : [];
    this.#panel?.first.replaceChildren(...lines, ...keep);
  }

  /** @param {Event} event */
  #pressed(event) {
    const pressed = /** @type {HTMLElement} */ (event.target).closest('[data-act]');
    if (!(pressed instanceof HTMLElement)) return;
    const { act = '' } = pressed.dataset;
    const { value } = /** @type {HTMLButtonElement} */ (pressed);
    if (act === 'close') this.close();
    else if (act === 'hide') this.hide();
    else if (act === 'menu') this.#openMenu();
    else if (act === 'cancel') this.#toggle('menu', false);
    else if (act === 'first-aid') this.#toggle('cards');
    else if (act === 'offer') this.#saying(pressed.textContent ?? '', value);
    else if (act === 'calm') this.#calm(value);
    else if (act === 'show-card') this.#showCard();
    else if (act === 'look-up') this.#lookUp(value);
    else if (act === 'again') this.#again(value);
    else if (act === 'try-now') this.#outbox.tryNow();
    else if (act === 'keep') this.#keep();
    else this.#withTools((tools) => tools.press(act, /** @type {HTMLButtonElement} */ (pressed)));
  }

  #openMenu() {
    this.#withTools((tools) => {
      tools.listMenu();
      this.#toggle('menu');
    });
  }

  /** @param {(tools: import('./tools.js').Tools) => void} use */
  async #withTools(use) {
    await this.#fetchLater();
    if (this.#tools) use(this.#tools);
    else if (this.#panel) this.#panel.status.textContent = this.#say(phrases.widget_no_connection);
  }

  /** @param {KeyboardEvent} event */
  #keyed(event) {
    if (event.key === 'Escape') {
      // Otherwise the browser closes a panel that covers the screen, whatever list is open in it.
      event.preventDefault();
      event.stopPropagation();
      const opened = this.#panel && [this.#panel.menu, this.#panel.cards].find((list) => !list.hidden);
      if (opened) this.#toggle(/** @type {'menu' | 'cards'} */ (opened.id), false);
      else this.close();
    }
    // Whoever composes a character of Chinese or Japanese ends it with this key.
    const sends = event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.target === this.#panel?.input;
    if (sends) this.#submitted(event);
  }

  /** @param {Event} event */
  #submitted(event) {
    event.preventDefault();
    const input = /** @type {HTMLTextAreaElement} */ (this.#panel?.input);
    const text = input.value.trim();
    if (!text) return input.focus();
    input.value = '';
    return this.#saying(text, text);
  }

  /** The person says something: `shown` stands in the log, `text` is sent. @param {string} shown @param {string} text */
  #saying(shown, text) {
    /** @type {Row} */
    const row = { by: 'person', id: newMark(), text, ...(shown !== text && { shown }) };
    const found = this.#offline?.check(text) ?? null;
    const key = this.#keepRow(row);
    this.#append(drawOwn(row, (phrase) => this.#say(phrase)));
    this.#panel?.input.focus({ preventScroll: true });
    if (found && !(found instanceof Promise)) this.#warn(row, found);
    this.#outbox.send(key, row);
    if (found instanceof Promise) found.then((card) => { if (card) this.#warn(row, card); }, () => {});
    this.#tell('message');
  }

  /** The rules in the browser found that a message calls for help: the card is there before any reply.
   *  @param {Row} row @param {import('./shapes.js').Answer} answer */
  #warn(row, answer) {
    if (this.#cardFor(row.id, answer.entry)) return;
    const message = { answer };
    this.#keepRow({ by: 'assistant', id: row.id, message });
    this.#show(message, row.id);
    this.#outbox.hurry(row.id);
    this.#tell('emergency');
  }

  /** @param {Row} row @param {Message[]} messages */
  #answered(row, messages) {
    this.#markOwn(row);
    /** @type {HTMLElement | undefined} */
    let first;
    for (const message of messages) {
      const shown = isCard(message) ? this.#cardFor(row.id, message.answer?.entry) : null;
      if (shown && wording(/** @type {any} */ (message.answer)) === shown.dataset.wording) continue;
      shown?.remove();
      this.#keepRow({ by: 'assistant', id: row.id, message });
      const node = this.#show(message, row.id);
      first ??= node;
      if (isCard(message) && !shown) this.#tell('emergency');
    }
    if (first && !messages.some(isCard)) this.#reveal(first);
    this.#tell('answer');
  }

  /** The card that is shown already for a message. @param {string} id @param {unknown} entry @returns {HTMLElement | null} */
  #cardFor(id, entry) {
    const cards = /** @type {HTMLElement[]} */ ([...this.#root.querySelectorAll('.card')]);
    return cards.find((card) => card.dataset.id === id && card.dataset.entry === String(entry ?? '')) ?? null;
  }

  /** @param {Message} message @param {string} id @returns {HTMLElement} */
  #show(message, id) {
    const card = isCard(message);
    const node = drawMessage(message, id, {
      locale: this.#settings.locale,
      say: (phrase, slots) => this.#say(phrase, slots),
      number: this.#number,
      canSpeak: 'speechSynthesis' in window,
      extras: card ? this.#offline?.extras(/** @type {any} */ (message.answer)) ?? [] : [],
    });
    if (card) node.dataset.wording = wording(/** @type {any} */ (message.answer));
    this.#append(node);
    if (card) this.#pin(node);
    return node;
  }

  /** @param {HTMLElement} card */
  #pin(card) {
    this.#cardInSight.disconnect();
    this.#card = card;
    this.#cardInSight.observe(card);
    // A phone's keyboard would cover the steps.
    if (matchMedia('(pointer: coarse)').matches) this.#panel?.input.blur();
    this.#reveal(card);
  }

  /** @param {boolean} shown */
  #showPin(shown) {
    if (this.#panel) this.#panel.pin.hidden = !shown || !this.#card?.isConnected;
  }

  #showCard() {
    if (!this.#card) return;
    this.#reveal(this.#card);
    this.#card.focus({ preventScroll: true });
  }

  /** It is no emergency. @param {string} said */
  #calm(said) {
    this.#unpin();
    this.#offline?.notEmergency();
    this.#saying(said, said);
  }

  #unpin() {
    this.#cardInSight.disconnect();
    this.#card = null;
    this.#showPin(false);
  }

  /** @param {string} id of a card */
  #lookUp(id) {
    this.#toggle('cards', false);
    const answer = this.#offline?.card(id);
    if (!answer) return;
    const node = this.#show({ answer }, '');
    node.focus({ preventScroll: true });
  }

  /** Something the element itself says. @param {...HTMLElement} lines */
  #note(...lines) {
    this.#reveal(this.#append(make('div', { class: 'said note', part: 'message note' }, ...lines)));
  }

  #keep() {
    this.#store.agree(!this.#store.agreed, this.#recent);
    this.#drawn = new Set(this.#store.rows().map(([key]) => key));
    this.#outbox.resume();
    this.#introduce();
    /** @type {HTMLElement | null | undefined} */ (this.#panel?.first.querySelector('[data-act=keep]'))?.focus();
  }

  /** Another try for a message that was given up. @param {string} id */
  #again(id) {
    const found = this.#store.rows().find(([, row]) => row.id === id && isUnsent(row));
    if (!found) return;
    const [key, { refused, ...row }] = found;
    this.#store.put(key, row);
    this.#markOwn(row);
    this.#outbox.send(key, row);
  }

  /** @param {Row} row */
  #keepRow(row) {
    this.#recent = [...this.#recent.slice(1 - RECENT_ROWS), row];
    const key = this.#store.add(row);
    if (key && this.#store.agreed) this.#drawn.add(key);
    return key;
  }

  /** Something that was said before, or in another tab. @param {string} key @param {Row} row */
  #restore(key, row) {
    this.#drawn.add(key);
    this.#recent = [...this.#recent.slice(1 - RECENT_ROWS), row];
    if (row.by === 'assistant') {
      if (row.message) this.#show(row.message, row.id);
      return;
    }
    this.#append(drawOwn(row, (phrase) => this.#say(phrase)));
    this.#markOwn(row);
    if (phrases.not_emergency_button.includes(row.text ?? '')) this.#unpin();
  }

  /** Another tab added or changed a row, or forgot the chat. @param {string | null} key */
  #changedElsewhere(key) {
    if (!this.#panel) return;
    const row = key && this.#store.row(key);
    if (!key) this.#forgetHere();
    else if (row && this.#drawn.has(key)) this.#markOwn(row);
    else if (row) this.#restore(key, row);
  }

  /** Shows on a message of the person what became of it. @param {Row} row */
  #markOwn(row) {
    const node = this.#own(row.id);
    node?.querySelector('.refused')?.remove();
    if (row.by !== 'person' || !row.refused) return;
    const why = row.refused === 'too long' ? phrases.widget_too_long : phrases.widget_failed;
    node?.append(make('div', { class: 'refused' }, make('p', {}, this.#say(why)),
      ...(row.refused === 'too long' ? []
        : [button('again', this.#say(phrases.widget_retry), { value: row.id, class: 'button' })])));
  }

  /** @param {string} id */
  #own(id) {
    return this.#root.querySelector(`.own[data-id="${CSS.escape(id)}"]`);
  }

  /** How the sending goes. @param {{flying: number, waiting: string[], wait: number}} state */
  #showState({ flying, waiting, wait }) {
    if (!this.#panel) return;
    const { status, tryNow } = this.#panel;
    clearTimeout(this.#typing);
    /** @param {string} text */
    const tell = (text) => { if (status.textContent !== text) status.textContent = text; };
    const marks = this.#root.querySelectorAll('.mark');
    for (const mark of marks) mark.remove();
    // The status says it once for all; on each message it is for the eye.
    for (const id of waiting) {
      this.#own(id)?.append(make('span', { class: 'mark', 'aria-hidden': 'true' }, this.#say(phrases.widget_not_sent)));
    }
    tryNow.hidden = !waiting.length;
    if (waiting.length) {
      tell(this.#say(wait ? phrases.widget_busy : phrases.widget_no_connection, { seconds: String(Math.ceil(wait)) }));
    } else if (!flying) tell('');
    else this.#typing = setTimeout(() => tell(this.#say(phrases.widget_typing)), TYPING_AFTER_MS);
    // The marks and what the status says take room from what was just written.
    if (waiting.length > marks.length) this.#scrollDown();
  }

  /** The network, or the page, is back. */
  #isBack() {
    if (!this.#panel) return;
    this.#outbox.tryNow();
    if (this.isOpen) this.#begun();
  }

  /** Nothing of the chat is left here. */
  #forgetHere() {
    this.#store.clear();
    this.#outbox.forget();
    this.#tools?.stop();
    this.#unpin();
    this.#recent = [];
    this.#drawn.clear();
    if (!this.#panel) return;
    this.#panel.log.replaceChildren(this.#panel.first);
    this.#panel.input.value = '';
    this.#introduce();
  }

  /** What the first paint did not need; tried again at the next occasion where it cannot be had. */
  async #fetchLater() {
    try {
      const later = await (this.#later ??= loadLater());
      this.#tools ??= this.#newTools(later);
      // Not awaited: the menu does not wait for what works without network.
      if (!this.#offline) this.#goOffline(later).catch(() => {});
    } catch {
      this.#later = undefined;
    }
  }

  /** @param {typeof import('./later.js')} later */
  #newTools({ Tools }) {
    return new Tools({
      root: this.#root,
      menu: this.#build().menu,
      settings: this.#settings,
      door: this.#door,
      service: () => this.#service,
      name: () => this.#name,
      say: (phrase, slots) => this.#say(phrase, slots),
      ask: (text) => this.#saying(text, text),
      show: (message, id) => { this.#show(message, id); },
      note: (...lines) => this.#note(...lines),
      resize: (size) => this.#resize(size),
      erase: () => this.erase(),
      closeMenu: () => this.#toggle('menu', false),
    });
  }

  /** Sets the size of the text, and keeps in sight what is being read. @param {string} size */
  #resize(size) {
    const { log, shell } = this.#build();
    const top = log.getBoundingClientRect().top;
    const read = [...log.children].find((node) => node.getBoundingClientRect().bottom > top);
    shell.style.setProperty('--text-size', size);
    if (read instanceof HTMLElement) this.#reveal(read);
  }

  /** From here on the rules are at hand, and the cards. @param {typeof import('./later.js')} later */
  async #goOffline({ prepare }) {
    const { endpoint, locale, region } = this.#settings;
    const [number, store] = [() => this.#number, () => this.#store.shelf];
    const { signal } = this.#life;
    const offline = await prepare({
      endpoint,
      base: BASE,
      locale,
      region,
      // These may be known, or change, later.
      get number() { return number(); },
      get store() { return store(); },
      say: (phrase, slots) => this.#say(phrase, slots),
      make,
      status: (text) => { if (this.#panel) this.#panel.status.textContent = text; },
      signal,
    });
    if (signal.aborted || this.#offline) return;
    this.#offline = offline;
    if (offline.sheet) this.#root.adoptedStyleSheets.push(offline.sheet);
    this.#listCards();
  }

  #listCards() {
    const cards = this.#offline?.cards() ?? [];
    if (!this.#panel || !cards.length) return;
    this.#panel.firstAid.hidden = false;
    this.#panel.cards.replaceChildren(...cards.map(({ id, title }) => make('li', {}, button('look-up', title, { value: id }))));
  }

  /** Opens or closes one of the lists below the header. @param {'menu' | 'cards'} name @param {boolean} [open] */
  #toggle(name, open) {
    const panel = this.#panel;
    if (!panel) return;
    const [list, opener] = name === 'menu' ? [panel.menu, panel.menuButton] : [panel.cards, panel.firstAid];
    const shown = open ?? list.hidden;
    if (shown === !list.hidden) return;
    list.hidden = !shown;
    opener.setAttribute('aria-expanded', String(shown));
    if (shown) this.#toggle(name === 'menu' ? 'cards' : 'menu', false);
    if (shown) list.querySelector('button')?.focus();
    else if (list.contains(this.#root.activeElement) || !this.#root.activeElement) opener.focus();
  }

  /** @param {HTMLElement} node */
  #append(node) {
    const { log } = this.#build();
    log.append(node);
    this.#scrollDown();
    return node;
  }

  #scrollDown() {
    const { log, shell } = this.#build();
    log.scrollTop = log.scrollHeight;
    // In a window of little height the panel scrolls as a whole.
    if (shell instanceof HTMLDialogElement) shell.scrollTop = shell.scrollHeight;
  }

  /** Scrolls to where reading begins: the start of a long answer matters more than its end. @param {HTMLElement} node */
  #reveal(node) {
    const { log, shell, alarm } = this.#build();
    const scrolled = log.scrollHeight > log.clientHeight ? log : shell;
    const top = scrolled === log ? log.getBoundingClientRect().top : alarm.getBoundingClientRect().bottom;
    scrolled.scrollTop += node.getBoundingClientRect().top - top - 12;
  }

  /** A phone's keyboard covers a part of the page without telling it, except here. */
  #fitKeyboard() {
    const seen = window.visualViewport;
    const style = this.#panel?.shell.style;
    // Who enlarges the page with two fingers wants to see it larger, not fitted.
    const covered = seen && seen.scale < 1.01 && seen.height < innerHeight;
    style?.setProperty('--seen-height', covered ? `${seen.height}px` : '');
    style?.setProperty('--seen-top', covered ? `${seen.offsetTop}px` : '');
  }

  /** Tells the page. Nothing that was said is in it. @param {string} what */
  #tell(what) {
    this.#element.dispatchEvent(new CustomEvent(`lantern-${what}`, { bubbles: true }));
  }
}
