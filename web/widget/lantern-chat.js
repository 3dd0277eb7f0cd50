/**
 * `<lantern-chat>`: a patient asks, Lantern answers. One custom element, no dependency, nothing stored, no markup parsed:
 * every text becomes a text node, so what is written is exactly what is shown.
 *
 * Attributes: `endpoint` (default `/api/v1`), `lang` (`en` or `es`), `region` (ISO country code),
 * `emergency-number` (dialled if it is digits, otherwise words that say whom to call), `name` (of the service).
 */

/** @typedef {{text: string, href?: string, glossary?: string}} Run */
/** @typedef {{type: string, runs?: Run[], items?: Run[][], data?: object}} Block */
/** @typedef {{title: string, organisation: string, year?: number, address?: string}} Source */
/** @typedef {{kind: string, locale: string, blocks: Block[], sources: Source[], checked_on?: string, as_of?: string,
 *             review?: string}} Answer */
/** @typedef {{text?: string, answer?: Answer, buttons?: {title: string, payload: string}[]}} Message */

const WORDS = {
  en: {
    first: (name) => `${name} is an automated assistant. It gives general education, not medical advice.`,
    emergency: 'Emergency?', call: (number) => `Call ${number}`, callLocal: 'Call your local emergency number',
    log: 'Conversation', label: 'Your question', send: 'Send', you: 'You', assistant: 'Assistant',
    typing: 'Finding an answer…', failed: 'Your message could not be sent.', retry: 'Try again',
    about: 'Sources and date', checked: (date) => `Checked on ${date}`, asOf: (date) => `True as of ${date}`,
    editorial: 'Starter content, not yet approved by a clinician.', clinician: 'Approved by a clinician.',
  },
  es: {
    first: (name) => `${name} es un asistente automático. Da información general, no consejo médico.`,
    emergency: '¿Emergencia?', call: (number) => `Llame al ${number}`, callLocal: 'Llame a su número local de emergencias',
    log: 'Conversación', label: 'Su pregunta', send: 'Enviar', you: 'Usted', assistant: 'Asistente',
    typing: 'Buscando una respuesta…', failed: 'No se pudo enviar su mensaje.', retry: 'Intentar de nuevo',
    about: 'Fuentes y fecha', checked: (date) => `Revisado el ${date}`, asOf: (date) => `Válido al ${date}`,
    editorial: 'Contenido inicial, todavía sin aprobación de un médico.', clinician: 'Aprobado por un médico.',
  },
};

/** Elements for a block with items, and for each item. */
const LISTS = { steps: ['ol', 'li'], list: ['ul', 'li'], trial: ['div', 'p'] };
const CARD_KINDS = new Set(['emergency', 'crisis']);
const LINKS = new Set(['https:', 'http:', 'mailto:', 'tel:']);
const TYPING_AFTER_MS = 300;
const GIVE_UP_AFTER_MS = 20000;

const SHEET = new CSSStyleSheet();
SHEET.replaceSync(`
  :host { --ink: #1b2733; --navy: #123a5e; --pale: #eef3f8; --line: #8496a8; --alarm: #a3121f; --alarm-pale: #fdecec;
    display: flex; flex-direction: column; height: min(640px, 80dvh); min-height: 320px; overflow: hidden; color: var(--ink);
    background: #fff; border: 1px solid var(--line); border-radius: 12px; font: 1rem/1.5 system-ui, sans-serif; }
  * { box-sizing: border-box; }
  .alarm { display: flex; flex-wrap: wrap; gap: 0 .75rem; align-items: center; padding: 0 1rem; background: var(--alarm); color: #fff; }
  .alarm a { display: inline-flex; align-items: center; min-height: 44px; color: #fff; font-weight: 700; }
  .alarm span { padding: .6rem 0; }
  .log { position: relative; flex: 1; overflow-y: auto; overscroll-behavior: contain; padding: 1rem; display: flex; flex-direction: column; gap: .75rem; }
  .you, .bot { max-width: 92%; padding: .6rem .9rem; border-radius: 12px; overflow-wrap: anywhere; }
  .you { align-self: flex-end; background: var(--navy); color: #fff; white-space: pre-wrap; }
  .bot { align-self: flex-start; background: #fff; border: 1px solid #c3ced9; }
  .failed { align-self: flex-end; padding: .6rem .9rem; border: 2px dashed var(--alarm); border-radius: 12px; }
  .first { background: var(--pale); border: 0; }
  .card { align-self: stretch; max-width: none; background: var(--alarm-pale); border: 3px solid var(--alarm); font-size: 1.1rem; }
  .card .dial { display: flex; align-items: center; justify-content: center; min-height: 52px; margin: .5rem 0; border-radius: 8px;
    background: var(--alarm); color: #fff; font-weight: 700; text-decoration: none; }
  p, ol, ul, .first { margin: 0 0 .6rem; white-space: pre-line; } :is(p, ol, ul):last-child { margin-bottom: 0; }
  ol, ul { padding-left: 1.5rem; } li { margin-bottom: .35rem; }
  .trial + .trial { margin-top: .8rem; padding-top: .8rem; border-top: 1px solid #c3ced9; }
  .callout { border-left: 4px solid var(--navy); padding-left: .7rem; }
  a { color: #0b4f8a; }
  details { margin-top: .5rem; font-size: .9rem; } summary { min-height: 44px; padding: .6rem 0; cursor: pointer; color: #0b4f8a; }
  .offers { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: .6rem; }
  button { min-height: 44px; padding: .4rem 1rem; border: 2px solid var(--navy); border-radius: 22px; background: #fff;
    color: var(--navy); font: inherit; text-align: start; cursor: pointer; }
  .status { min-height: 1.6rem; padding: 0 1rem; font-size: .9rem; }
  form { display: flex; gap: .5rem; align-items: end; padding: .6rem 1rem 1rem; border-top: 1px solid #c3ced9; }
  label { flex: 1; min-width: 0; font-size: .9rem; }
  input { display: block; width: 100%; min-height: 44px; padding: .4rem .7rem; border: 1px solid #51606e; border-radius: 8px; font: inherit;
    font-size: 1rem; }
  form button { border-radius: 8px; background: var(--navy); color: #fff; }
  .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  :focus-visible { outline: 3px solid #c05600; outline-offset: 2px; }
  .alarm :focus-visible, .dial:focus-visible { outline-color: #fff; outline-offset: -4px; }
  @media (max-width: 480px) { :host { height: 100dvh; border: 0; border-radius: 0; } }
  @media (forced-colors: active) { .you, .bot, button { border: 2px solid; } }
  @media print { :host { display: block; height: auto; overflow: visible; } .log { overflow: visible; } form, .status { display: none; } }
`);

/**
 * @param {string} tag
 * @param {Record<string, string | EventListener>} [attributes] a function is a listener for the event of that name
 * @param {...(Node | string)} children
 */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name, value);
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** A link for an address that is safe to follow, otherwise its text alone. @param {string} text @param {unknown} href */
function link(text, href) {
  let address;
  try { address = new URL(String(href), document.baseURI); } catch { return text; }
  if (!LINKS.has(address.protocol)) return text;
  const away = address.protocol.startsWith('http') ? { target: '_blank', rel: 'noopener noreferrer' } : {};
  return element('a', { href: address.href, ...away }, text);
}

/** A mark that no two messages share. */
const randomMark = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** @param {unknown} value @returns {any[]} */
const rows = (value) => (Array.isArray(value) ? value : []);

/** @param {unknown} runs */
const inline = (runs) => rows(runs).map((run) => {
  const text = String(run?.text ?? '');
  return run?.href ? link(text, run.href) : text;
});

/** A block as a node. A type this version does not know is shown as a paragraph. @param {Block} block */
function drawBlock(block) {
  const items = rows(block?.items);
  if (items.length) {
    const [outer, inner] = LISTS[block.type] ?? LISTS.list;
    const list = element(outer, block.type === 'trial' ? { class: 'trial' } : {}, ...items.map((runs) => element(inner, {}, ...inline(runs))));
    return rows(block.runs).length ? element('div', {}, element('p', {}, ...inline(block.runs)), list) : list;
  }
  return element('p', block?.type === 'callout' ? { class: 'callout' } : {}, ...inline(block?.runs));
}

class LanternChat extends HTMLElement {
  /** Names this conversation; a new page is a new conversation. */
  /** Opens the conversation; kept in memory only. */
  #token = '';
  /** @type {Promise<void> | undefined} */
  #begun;
  /** @type {HTMLElement} */
  #first;
  #words = WORDS.en;
  /** Messages without a reply so far. They are all sent at once: an emergency must not wait behind a slow answer, and the
   *  server keeps the order of the others. */
  #waiting = 0;
  #log; #status; #input;

  connectedCallback() {
    if (this.shadowRoot) return;
    const words = this.#words = WORDS[(this.getAttribute('lang') ?? 'en').slice(0, 2)] ?? WORDS.en;
    this.#log = element('div', { class: 'log', role: 'log', 'aria-label': words.log, tabindex: '0' });
    this.#status = element('div', { class: 'status', role: 'status' });
    this.#input = element('input', { autocomplete: 'off', enterkeyhint: 'send', focus: () => this.#begin() });
    const form = element('form', { submit: (event) => this.#submit(event) },
      element('label', {}, words.label, this.#input), element('button', {}, words.send));
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [SHEET];
    root.append(element('div', { class: 'alarm' }, element('span', {}, words.emergency), this.#dial()), this.#log, this.#status, form);
    this.#first = element('div', { class: 'bot first' }, words.first(this.getAttribute('name') || 'Lantern'));
    this.#log.append(this.#first);
  }

  /** The number to call as a link, or the advice to call where no number is known. @param {string} [style] */
  #dial(style) {
    const number = (this.getAttribute('emergency-number') ?? '').trim();
    const attributes = style ? { class: style } : {};
    if (/^[0-9]{2,6}$/.test(number)) return element('a', { href: `tel:${number}`, ...attributes }, this.#words.call(number));
    return element('strong', {}, number ? this.#words.call(number) : this.#words.callLocal);
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    event.preventDefault();
    const text = this.#input.value.trim();
    if (!text) return this.#input.focus();
    this.#input.value = '';
    this.#say(text, text);
  }

  /** Shows what the person says and sends its `payload`. @param {string} shown @param {string} payload */
  #say(shown, payload) {
    this.#add(element('div', { class: 'you' }, element('span', { class: 'unseen' }, `${this.#words.you}: `), shown));
    this.#send(payload, randomMark());
    this.#input.focus();
  }

  /** @param {string} text @param {string} id the mark by which a message that is sent again is known */
  async #send(text, id) {
    this.#waiting += 1;
    const typing = setTimeout(() => { this.#status.textContent = this.#words.typing; }, TYPING_AFTER_MS);
    try {
      const messages = await this.#fetch(text, id);
      const drawn = messages.map((message) => this.#draw(message));
      drawn.forEach((node) => this.#add(node));
      this.#reveal(drawn[0]);
      // A phone's keyboard would cover the steps of a card.
      if (messages.some((message) => CARD_KINDS.has(message?.answer?.kind))) this.#input.blur();
    } catch {
      this.#offerRetry(text, id);
    } finally {
      clearTimeout(typing);
      this.#waiting -= 1;
      if (!this.#waiting) this.#status.textContent = '';
    }
  }

  /** @param {string} text @param {string} id */
  #offerRetry(text, id) {
    const retry = () => { box.remove(); this.#send(text, id); this.#input.focus(); };
    const box = element('div', { class: 'failed' }, element('p', {}, this.#words.failed),
      element('button', { type: 'button', click: retry }, this.#words.retry));
    this.#add(box);
  }

  /** @param {string} text @param {string} id @returns {Promise<Message[]>} */
  async #fetch(text, id) {
    await this.#begin();
    const post = () => this.#post('messages', { message: text, message_id: id });
    let response = await post();
    if (response.status === 401 && this.#token) {
      // The conversation was erased or has run out; this message begins a new one.
      this.#token = '';
      response = await post();
    }
    const { messages, token } = response.ok ? await response.json() : {};
    if (!Array.isArray(messages) || !messages.length) throw new Error('no usable reply');
    if (token) this.#token = token;
    return messages;
  }

  /** A conversation of its own, before the person has written anything: it says what is kept of what they write. */
  #begin() {
    this.#begun ??= this.#open();
    return this.#begun;
  }

  async #open() {
    try {
      const { token, introduction } = await (await this.#post('conversations', {})).json();
      if (!token) return;
      this.#token = token;
      this.#first.textContent = String(introduction);
    } catch {
      // A message without a token begins a conversation too, so nobody is kept from asking.
    }
  }

  /** @param {string} path @param {object} body */
  #post(path, body) {
    const hints = { locale: this.getAttribute('lang') ?? 'en', region: this.getAttribute('region') ?? '' };
    return fetch(`${this.getAttribute('endpoint') ?? '/api/v1'}/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(this.#token && { Authorization: `Bearer ${this.#token}` }) },
      body: JSON.stringify({ ...hints, ...body }),
      signal: AbortSignal.timeout(GIVE_UP_AFTER_MS),
    });
  }

  /** A message of the assistant as a node. Throws for one that says nothing. @param {Message} message */
  #draw(message) {
    const answer = message?.answer;
    const blocks = rows(answer?.blocks).map(drawBlock).filter((block) => block.textContent);
    const text = String(message?.text ?? '').trim();
    if (!blocks.length && !text) throw new Error('a message that says nothing');
    const card = CARD_KINDS.has(answer?.kind ?? '');
    const box = element('div', { class: card ? 'bot card' : 'bot' }, element('span', { class: 'unseen' }, `${this.#words.assistant}: `));
    if (answer?.locale) box.setAttribute('lang', String(answer.locale));
    // The call comes first, then what to do.
    if (answer?.kind === 'emergency' && this.#knowsNumber()) blocks.splice(1, 0, this.#dial('dial'));
    box.append(...(blocks.length ? blocks : [element('p', {}, text)]));
    if (blocks.length) this.#about(answer, box);
    const offers = rows(message.buttons).filter((offer) => offer?.title && offer.payload).map((offer) => element('button', {
      type: 'button', click: () => this.#say(String(offer.title), String(offer.payload)),
    }, String(offer.title)));
    if (offers.length) box.append(element('div', { class: 'offers' }, ...offers));
    return box;
  }

  /** Where the answer comes from and how fresh it is, one tap away. @param {Answer} answer @param {HTMLElement} box */
  #about(answer, box) {
    const sources = rows(answer.sources).filter((source) => source?.title).map((source) => element('li', {},
      source.address ? link(String(source.title), source.address) : String(source.title),
      `, ${[source.organisation, source.year].filter(Boolean).join(', ')}`));
    const notes = [
      answer.as_of && this.#words.asOf(answer.as_of), answer.checked_on && this.#words.checked(answer.checked_on),
      answer.review && this.#words[answer.review === 'clinician' ? 'clinician' : 'editorial'],
    ].filter(Boolean).map((note) => element('p', {}, note));
    if (!sources.length && !notes.length) return;
    const list = sources.length ? [element('ul', {}, ...sources)] : [];
    box.append(element('details', {}, element('summary', {}, this.#words.about), ...list, ...notes));
  }

  #knowsNumber() {
    return this.#dial() instanceof HTMLAnchorElement;
  }

  /** @param {HTMLElement} node */
  #add(node) {
    this.#log.append(node);
    this.#log.scrollTop = this.#log.scrollHeight;
    return node;
  }

  /** Scrolls to where reading begins: the start of a long answer matters more than its end. @param {HTMLElement} node */
  #reveal(node) {
    this.#log.scrollTop = node.offsetTop - 16;
  }
}

if (!customElements.get('lantern-chat')) customElements.define('lantern-chat', LanternChat);
