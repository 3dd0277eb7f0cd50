/** What people reach for after reading: the menu, and the tools below an answer. */
import * as phrases from 'lantern:phrases';
import { Reader } from './aloud.js';
import { button, followed, link, make } from './nodes.js';
import { print, save } from './transcript.js';

/** @typedef {import('./shapes.js').Message} Message */

/**
 * @typedef {object} Desk What the chat lets them use.
 * @property {ShadowRoot} root
 * @property {HTMLElement} menu
 * @property {import('./settings.js').Settings} settings
 * @property {import('./door.js').Door} door
 * @property {() => Partial<import('./shapes.js').Service>} service
 * @property {() => string} name of the service
 * @property {(phrase: string[], slots?: Record<string, string>) => string} say
 * @property {(text: string) => void} ask sends a message in the person's name
 * @property {(message: Message, id: string) => void} show
 * @property {(...lines: HTMLElement[]) => void} note shows something that the element itself says
 * @property {(size: string) => void} resize
 * @property {() => Promise<string>} erase
 * @property {() => void} closeMenu
 */

const TEXT_SIZES = ['1', '1.25', '1.5', '2'];
const LONGEST_WORD = '300';
const PHONE_NUMBER = /^[+\d][\d ()./-]{4,}$/;

export class Tools {
  #asked = 0;
  #desk;
  #reader = new Reader();
  #textSize = 0;

  /** @param {Desk} desk */
  constructor(desk) {
    this.#desk = desk;
  }

  /** Silence. */
  stop() {
    this.#reader.stop();
  }

  /** Fills the menu with its choices. */
  listMenu() {
    const { menu, say, settings } = this.#desk;
    const choices = [
      ['person', phrases.widget_person], ['larger', phrases.widget_larger], ['smaller', phrases.widget_smaller],
      ['print-all', phrases.widget_print_all], ['save', phrases.widget_save], ['erase', phrases.widget_delete],
    ];
    menu.replaceChildren(...choices.map(([act, phrase]) => make('li', {}, button(act, say(phrase)))),
      ...(settings.privacy ? [make('li', {}, link(say(phrases.widget_privacy), settings.privacy))] : []));
  }

  /** @param {string} act @param {HTMLButtonElement} pressed */
  press(act, pressed) {
    const { settings, closeMenu } = this.#desk;
    const answer = /** @type {HTMLElement} */ (pressed.closest('.said'));
    if (act === 'word') this.#explain(pressed);
    else if (act === 'aloud') this.#reader.toggle(pressed, /** @type {HTMLElement} */ (answer.querySelector('.text')), settings.locale);
    else if (act === 'print') print([answer], this.#title, settings.locale);
    else if (act === 'rate') this.#rate(answer, pressed.value);
    else if (act === 'larger' || act === 'smaller') this.#resize(act === 'larger' ? 1 : -1);
    else if (act === 'erase') this.#askBeforeErasing();
    else {
      closeMenu();
      if (act === 'person') this.#reachPerson();
      else if (act === 'print-all') print(this.#said, this.#title, settings.locale);
      else if (act === 'save') save(this.#said, this.#title);
      else if (act === 'erase-now') this.#erase();
    }
  }

  get #title() {
    return this.#desk.say(phrases.widget_transcript, { name: this.#desk.name() });
  }

  get #said() {
    return /** @type {HTMLElement[]} */ ([...this.#desk.root.querySelectorAll('.first, .own, .said')]);
  }

  /** The meaning of a word, below the text that it stands in. @param {HTMLButtonElement} word */
  async #explain(word) {
    const shown = word.getAttribute('aria-expanded') === 'true';
    word.setAttribute('aria-expanded', String(!shown));
    const place = /** @type {HTMLElement} */ (word.closest('p, li'));
    if (shown) {
      place.querySelector(`.meaning[data-word="${CSS.escape(word.value)}"]`)?.remove();
      return;
    }
    const { door, say } = this.#desk;
    const meaning = await door.word(word.value).then((found) => String(found?.definition ?? ''), () => '');
    if (word.getAttribute('aria-expanded') !== 'true') return;
    place.append(make('span', { class: 'meaning', role: 'note', 'data-word': word.value },
      meaning || say(phrases.widget_word_failed)));
  }

  /** @param {HTMLElement} answer @param {string} judged yes or no */
  async #rate(answer, judged) {
    const { say } = this.#desk;
    const rating = /** @type {HTMLElement} */ (answer.querySelector('.rating'));
    const thank = () => {
      const thanks = make('span', { tabindex: '-1' }, say(phrases.widget_thanks));
      rating.replaceChildren(thanks);
      thanks.focus({ preventScroll: true });
    };
    if (!(await this.#send(answer, rating, { helpful: judged === 'yes' }))) return;
    if (judged === 'yes') {
      thank();
      return;
    }
    const field = /** @type {HTMLInputElement} */ (make('input', {
      id: `word-${this.#asked += 1}`, maxlength: LONGEST_WORD, autocomplete: 'off',
    }));
    const submit = async (/** @type {Event} */ event) => {
      event.preventDefault();
      const word = field.value.trim();
      if (!word || await this.#send(answer, rating, { helpful: false, word })) thank();
    };
    rating.replaceChildren(make('form', { class: 'word-form', submit },
      make('label', { for: field.id }, say(phrases.widget_missing)), field, make('button', {}, say(phrases.widget_send))));
    field.focus({ preventScroll: true });
  }

  /** Whether the server took what the person thinks of an answer.
   *  @param {HTMLElement} answer @param {HTMLElement} rating @param {{helpful: boolean, word?: string}} opinion */
  async #send(answer, rating, opinion) {
    const { door, say, show } = this.#desk;
    const { id = '', entry, revision } = answer.dataset;
    rating.querySelector('.notice')?.remove();
    try {
      const judged = entry && { entry, revision: Number(revision) || null };
      const { messages } = await door.rate({ message_id: id, ...judged, ...opinion });
      // Somebody in need may write it here.
      for (const message of Array.isArray(messages) ? messages : []) show(message, id);
      return true;
    } catch {
      rating.append(make('span', { class: 'notice' }, say(phrases.widget_not_taken)));
      return false;
    }
  }

  /** How a person can be reached; where nobody said so, the assistant is asked. */
  #reachPerson() {
    const { ask, note, say, service, settings } = this.#desk;
    const contact = settings.contact || String(service().contact ?? '');
    const hours = settings.contact ? '' : String(service().contact_hours ?? '');
    if (!contact) {
      ask(say(phrases.widget_person_message));
      return;
    }
    const address = contact.includes('@') ? `mailto:${contact}`
      : PHONE_NUMBER.test(contact) ? `tel:${contact.replace(/[^+\d]/g, '')}` : /^https?:/.test(contact) && contact;
    const reached = address && followed(address) ? link(contact, address) : contact;
    const [before, after = ''] = say(phrases.handoff_contact).split('{contact}');
    note(make('p', {}, before, reached, after),
      ...(hours ? [make('p', {}, say(phrases.handoff_hours, { hours }))] : []), make('p', {}, say(phrases.handoff_emergency)));
  }

  /** @param {number} step */
  #resize(step) {
    this.#textSize = Math.min(Math.max(this.#textSize + step, 0), TEXT_SIZES.length - 1);
    this.#desk.resize(TEXT_SIZES[this.#textSize]);
  }

  #askBeforeErasing() {
    const { menu, say } = this.#desk;
    menu.replaceChildren(make('li', {}, make('p', {}, say(phrases.widget_delete_question)),
      button('erase-now', say(phrases.widget_delete_yes)), button('cancel', say(phrases.widget_cancel))));
    menu.querySelector('button')?.focus();
  }

  async #erase() {
    const { erase, note, say } = this.#desk;
    const said = await erase().then(
      (receipt) => (receipt ? say(phrases.widget_deleted, { receipt }) : say(phrases.widget_deleted_nothing)),
      () => say(phrases.widget_deleted_later));
    note(make('p', {}, said));
  }
}
