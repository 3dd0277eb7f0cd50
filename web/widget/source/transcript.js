/** What was said, on paper or in a file. Nothing of it leaves the device. */
import { make } from './nodes.js';
import sheet from './print.css';

/** What belongs to the screen only. */
const ON_SCREEN_ONLY = 'button, .offers, .rating, .mark, .refused, .beat';

/** Prints these nodes on a page of their own, so that nothing of the page around the chat is printed.
 *  @param {Node[]} nodes @param {string} title @param {string} locale */
export function print(nodes, title, locale) {
  const frame = /** @type {HTMLIFrameElement} */ (make('iframe', { hidden: true, title }));
  document.body.append(frame);
  const page = /** @type {Window & typeof globalThis} */ (frame.contentWindow);
  const styles = new page.CSSStyleSheet();
  styles.replaceSync(sheet);
  page.document.adoptedStyleSheets = [styles];
  page.document.documentElement.lang = locale;
  page.document.title = title;
  page.document.body.append(make('h1', {}, title), ...nodes.map(onPaper));
  page.addEventListener('afterprint', () => frame.remove());
  page.print();
}

/** Offers what was said as a text file. @param {HTMLElement[]} nodes @param {string} title */
export function save(nodes, title) {
  const lines = nodes.map((node) => /** @type {HTMLElement} */ (onPaper(node))).flatMap((node) => {
    const pieces = [...node.querySelectorAll('p, li, summary, .text:not(:has(p, li))')];
    const said = pieces.map((piece) => (piece.localName === 'li' ? '- ' : '') + piece.textContent?.trim());
    return [node.querySelector('.unseen')?.textContent ?? '', ...said, ''];
  });
  const file = URL.createObjectURL(new Blob([[title, '', ...lines].join('\r\n')], { type: 'text/plain;charset=utf-8' }));
  make('a', { href: file, download: `${title}.txt` }).click();
  // The download has begun by then.
  setTimeout(() => URL.revokeObjectURL(file), 60000);
}

/** @param {Node} node */
function onPaper(node) {
  const copy = /** @type {HTMLElement} */ (node.cloneNode(true));
  for (const part of copy.querySelectorAll(ON_SCREEN_ONLY)) part.replaceWith(...(part.matches('.word') ? part.childNodes : []));
  for (const details of copy.querySelectorAll('details')) details.open = true;
  return copy;
}
