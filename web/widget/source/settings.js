/** The attributes of the element. One that makes no sense is told on the console, and its default is used. */
import { followed } from './nodes.js';
import { isKnown } from './numbers.js';
import { LOCALES } from './words.js';

/**
 * @typedef {object} Settings
 * @property {string} locale language of the element's own words
 * @property {string} region country whose emergency number is shown; "" where the page does not say
 * @property {string} endpoint address of the interface, without a slash at its end
 * @property {string} name of the service; "" for what the service calls itself
 * @property {string} label of the button that opens the chat; "" for the usual one
 * @property {boolean} inline part of the page, always open
 * @property {string} accent colour as #rrggbb; "" for the usual one
 * @property {string} contact phone number, e-mail, address of a page, or words; "" for what the service says
 * @property {string} privacy address of a page about privacy; "" for none
 * @property {string} hideTo address of the page that "hide quickly" leads to; "" to stay on this one
 */

const CHOICES = { position: ['end', 'start', 'inline'], theme: ['auto', 'light', 'dark'] };

/** @param {HTMLElement} element @returns {Settings} */
export function readSettings(element) {
  /** @param {string} name @param {string} wanted */
  const unusable = (name, wanted) => {
    console.warn(`<lantern-chat>: ${name}="${element.getAttribute(name)}" is not understood; give ${wanted}`);
    return '';
  };
  /** @param {string} name */
  const text = (name) => element.getAttribute(name)?.trim() ?? '';
  /** @param {string} name @param {RegExp} shape @param {string} wanted */
  const shaped = (name, shape, wanted) => {
    const value = text(name);
    return !value || shape.test(value) ? value : unusable(name, wanted);
  };
  /** @param {string} name */
  const page = (name) => {
    const value = text(name);
    return value && (followed(value, ['https:', 'http:'])?.href ?? unusable(name, 'the address of a page'));
  };
  for (const [name, known] of Object.entries(CHOICES)) {
    if (text(name) && !known.includes(text(name))) unusable(name, known.join(', '));
  }
  const given = text('lang') || /** @type {HTMLElement | null} */ (element.closest('[lang]'))?.lang || '';
  const locale = given.slice(0, 2).toLowerCase();
  if (text('lang') && !LOCALES.includes(locale)) unusable('lang', LOCALES.join(', '));
  // The code of the United Kingdom is GB, but people write UK.
  const region = text('region').toUpperCase().replace(/^UK$/, 'GB');
  const regionKnown = /^[A-Z]{2}$/.test(region) && isKnown(region);
  if (region && !regionKnown) unusable('region', 'a country code such as US');
  return {
    locale: LOCALES.includes(locale) ? locale : LOCALES[0],
    region: regionKnown ? region : '',
    endpoint: (page('endpoint') || new URL('../../api/v1', import.meta.url).href).replace(/\/+$/, ''),
    name: text('name'),
    label: text('label'),
    inline: text('position') === 'inline',
    accent: shaped('accent', /^#[0-9a-f]{6}$/i, 'a colour such as #123a5e'),
    contact: text('contact'),
    privacy: page('privacy'),
    hideTo: page('hide-to'),
  };
}

/** The colours that go with an accent: `on` is what is legible on it, `line` what of it is legible on white.
 *  @param {string} accent #rrggbb */
export function coloursWith(accent) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(accent.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  // Relative luminance and contrast as WCAG 2.2 defines them; 4.5 is what it asks of text.
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  const legibleOnWhite = 1.05 / (luminance + 0.05) >= 4.5;
  return { on: legibleOnWhite ? '#fff' : '#000', line: legibleOnWhite ? accent : '' };
}
