/** Whom to call in an emergency, by country: as `safety/numbers.py` says it, and without any network. */
import { certain, doubtful, uncertain, unknown } from 'lantern:numbers';
import { say } from './words.js';

/** @param {string} table @param {string} region */
const found = (table, region) => new RegExp(`(?:^| )${region}(\\d+)`).exec(table)?.[1] ?? '';

/** Whether there is a number for this country. @param {string} region two capital letters */
export const isKnown = (region) => Boolean(found(certain, region) || found(uncertain, region));

/** @param {string} region two capital letters, "" where it is not known @param {string} locale
 *  @returns {import('./shapes.js').EmergencyNumber} */
export function emergencyNumber(region, locale) {
  const sure = region && found(certain, region);
  if (sure) return { text: sure, dial: sure };
  const unsure = region && found(uncertain, region);
  return { text: unsure ? say(locale, doubtful, { number: unsure }) : say(locale, unknown), dial: '' };
}
