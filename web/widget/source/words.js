/** What the element says: phrases of knowledge/content/<locale>/phrases.yml, each a list in the order of LOCALES. */

/** As in build.mjs. */
export const LOCALES = ['en', 'es'];

/** The phrase with its slots filled; braces that name no value stay. The text is looked at once, so that a value is
 *  never taken for a slot.
 *  @param {string} locale @param {string[]} phrase @param {Record<string, string>} [slots] */
export function say(locale, phrase, slots = {}) {
  const text = phrase[LOCALES.indexOf(locale)] ?? phrase[0];
  return text.replace(/\{(\w+)\}/g, (slot, name) => (Object.hasOwn(slots, name) ? slots[name] : slot));
}

/** A day as people write it; "" for what is no day. @param {string} locale @param {unknown} day such as 2026-11-22 */
export function spokenDay(locale, day) {
  if (typeof day !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(day)) return '';
  const moment = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(moment.getTime())) return '';
  return new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' }).format(moment);
}
