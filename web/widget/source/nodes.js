/** Elements with text nodes, and links to addresses that are safe to follow. Nothing here reads markup. */

const FOLLOWED = ['https:', 'http:', 'mailto:', 'tel:'];

/**
 * @param {string} tag
 * @param {Record<string, string | boolean | EventListener | undefined>} [attributes] a function listens to the event of
 *   that name, true is an attribute without a value, false and undefined are left out
 * @param {...(Node | string)} children
 */
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name, value);
    else if (value !== false && value !== undefined) made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children);
  return made;
}

/** A button that does what `act` names when it is pressed; who draws it listens for all of them at once.
 *  @param {string} act @param {string | Node} label @param {Record<string, string | boolean | undefined>} [more] */
export function button(act, label, more = {}) {
  return make('button', { type: 'button', 'data-act': act, ...more }, label);
}

/** Words that only screen readers get. @param {string} text */
export const unseen = (text) => make('span', { class: 'unseen' }, text);

/** The address if it can be followed safely. @param {unknown} href @param {string[]} [schemes] @returns {URL | null} */
export function followed(href, schemes = FOLLOWED) {
  try {
    const address = new URL(String(href), document.baseURI);
    return schemes.includes(address.protocol) ? address : null;
  } catch {
    return null;
  }
}

/** A link, or the text alone where its address is not safe. @param {string} text @param {unknown} href */
export function link(text, href) {
  const address = followed(href);
  if (!address) return document.createTextNode(text);
  const away = address.protocol.startsWith('http') ? { target: '_blank', rel: 'noopener noreferrer' } : {};
  return make('a', { href: address.href, ...away }, text);
}
