/** `<lantern-chat>`: a patient asks, Lantern answers. `/docs/embed` of a gateway is the contract with those who embed it. */
import { Chat } from './chat.js';

/** Of several elements on a page one keeps its chat in the browser; another is a chat of its own while the page is open.
 *  @type {HTMLElement | undefined} */
let keeping;

class LanternChat extends HTMLElement {
  /** @type {Chat | undefined} */
  #chat;

  static version = VERSION;

  connectedCallback() {
    if (!this.#chat) {
      if (!keeping?.isConnected) keeping = this;
      this.#chat = new Chat(this, keeping === this);
    }
    this.#chat.resume();
  }

  disconnectedCallback() {
    this.#chat?.pause();
  }

  get isOpen() {
    return this.#chat?.isOpen ?? false;
  }

  /** Opens the panel, as the button does. */
  open() {
    this.#chat?.open();
  }

  close() {
    this.#chat?.close();
  }

  /** Closes the panel and leaves nothing of the chat on the device. */
  hide() {
    this.#chat?.hide();
  }

  /** Says something in the person's name. @param {string} text */
  ask(text) {
    if (typeof text === 'string' && text.trim()) this.#chat?.ask(text.trim());
  }

  /** Deletes the chat here and on the server. */
  erase() {
    return this.#chat?.erase();
  }
}

if (!customElements.get('lantern-chat')) customElements.define('lantern-chat', LanternChat);
