/** Reads a text aloud with the browser's own voices, or with none where it has none. */

/** What is read as one piece: some browsers stop in the middle of a long one. */
const PIECES = 'p, li';

export class Reader {
  #speech = 'speechSynthesis' in window && 'SpeechSynthesisUtterance' in window ? speechSynthesis : null;
  /** The button whose text is being read. @type {HTMLElement | null} */
  #reading = null;

  get canSpeak() {
    return this.#speech !== null;
  }

  /** Reads the text, or stops reading it. @param {HTMLElement} pressed @param {HTMLElement} text @param {string} locale */
  toggle(pressed, text, locale) {
    const again = this.#reading !== pressed;
    this.stop();
    if (!again || !this.#speech) return;
    this.#reading = pressed;
    pressed.setAttribute('aria-pressed', 'true');
    const pieces = [...text.querySelectorAll(PIECES)].map((piece) => piece.textContent ?? '').filter(Boolean);
    pieces.forEach((piece, at) => {
      const spoken = new SpeechSynthesisUtterance(piece);
      spoken.lang = text.lang || locale;
      if (at === pieces.length - 1) spoken.onend = () => { if (this.#reading === pressed) this.stop(); };
      this.#speech?.speak(spoken);
    });
  }

  stop() {
    this.#speech?.cancel();
    this.#reading?.setAttribute('aria-pressed', 'false');
    this.#reading = null;
  }
}
