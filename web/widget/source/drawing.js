/**
 * What the assistant says, as nodes. Whatever comes is data: every text becomes a text node, every address is looked at,
 * and what is of another shape than expected is shown as plain text or left out with a notice.
 */
import * as phrases from 'lantern:phrases';
import { button, link, make, unseen } from './nodes.js';
import { spokenDay } from './words.js';

/** @typedef {import('./shapes.js').Answer} Answer */
/** @typedef {import('./shapes.js').Message} Message */
/** @typedef {(phrase: string[], slots?: Record<string, string>) => string} Say */

/** Elements for a block with items, and for each item. @type {Record<string, [string, string]>} */
const LISTS = { steps: ['ol', 'li'], list: ['ul', 'li'], trial: ['div', 'p'] };
const PARAGRAPHS = ['paragraph', 'callout', 'link', 'quiz'];
const CARDS = ['emergency', 'crisis'];
/** Kinds of answers that people are asked about. */
const RATED = ['answer', 'steps', 'trials', 'defer'];
/** No real answer has a fourth of these. They keep a broken one from filling the page. */
const MOST = { blocks: 60, items: 100, runs: 400, text: 20000, offers: 12, sources: 40 };

/** @param {unknown} value @param {number} most @returns {any[]} */
const rows = (value, most) => (Array.isArray(value) ? value.slice(0, most) : []);

/** @param {unknown} value */
const text = (value) => (typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, MOST.text) : '');

/** Whether it is a card for an emergency or a crisis. @param {Message} message */
export const isCard = (message) => CARDS.includes(message?.answer?.kind ?? '');

/** All texts of a card in a row, to tell whether two are the same. @param {Answer} answer */
export const wording = (answer) => rows(answer?.blocks, MOST.blocks).flatMap((block) => texts(block)).join('\n');

/** A word is marked where it stands first. @param {unknown} runs @param {Set<string>} seen words so far */
function inline(runs, seen) {
  return rows(runs, MOST.runs).map((run) => {
    const said = text(run?.text);
    if (run?.href) return link(said, run.href);
    if (!said || typeof run?.glossary !== 'string' || seen.has(run.glossary)) return said;
    seen.add(run.glossary);
    return button('word', said, { class: 'word', value: run.glossary, 'aria-expanded': 'false' });
  }).filter((node) => node !== '');
}

/** A block as a node; null where there is nothing in it that can be shown. @param {any} block
 *  @param {Set<string>} seen words that are marked so far */
function drawBlock(block, seen) {
  const runs = inline(block?.runs, seen);
  const items = rows(block?.items, MOST.items).map((item) => inline(item, seen)).filter((item) => item.length);
  const shape = Object.hasOwn(LISTS, block?.type) ? LISTS[block.type] : null;
  if (block?.type === 'quiz') return runs.length ? make('p', { class: 'quiz' }, ...runs) : null;
  if (shape && items.length) {
    const list = make(shape[0], { class: block.type }, ...items.map((item) => make(shape[1], {}, ...item)));
    return runs.length ? make('div', {}, make('p', {}, ...runs), list) : list;
  }
  if (PARAGRAPHS.includes(block?.type) && runs.length) return make('p', { class: block.type }, ...runs);
  // A type that is not known here, or a known one in another shape: what of it is text.
  const said = texts(block);
  return said.length ? make('p', {}, said.join('\n')) : null;
}

/** The texts of a block, wherever they stand in it. @param {any} block @returns {string[]} */
function texts(block) {
  const lines = [block?.runs, ...rows(block?.items, MOST.items)]
    .map((runs) => rows(runs, MOST.runs).map((run) => text(run?.text)).join(''));
  return [...lines, text(block?.text)].filter(Boolean);
}

/** Where an answer comes from and how fresh it is, one tap away; null where nothing is known of that.
 *  @param {any} answer @param {string} locale @param {Say} say */
function about(answer, locale, say) {
  const sources = rows(answer.sources, MOST.sources).filter((source) => text(source?.title)).map((source) => make('li', {},
    source.address ? link(text(source.title), source.address) : text(source.title),
    [source.organisation, source.year].map(text).filter(Boolean).map((part) => `, ${part}`).join('')));
  const [asOf, checked] = [answer.as_of, answer.checked_on].map((day) => spokenDay(locale, day));
  const review = answer.review === 'clinician' ? phrases.review_clinician : answer.review ? phrases.review_editorial : null;
  const notes = [
    asOf && say(phrases.widget_as_of, { day: asOf }), checked && say(phrases.widget_checked, { day: checked }),
    review && say(review),
  ].filter(Boolean).map((note) => make('p', {}, /** @type {string} */ (note)));
  if (!sources.length && !notes.length) return null;
  return make('details', {}, make('summary', {}, say(phrases.widget_about)),
    ...(sources.length ? [make('ul', {}, ...sources)] : []), ...notes);
}

/** @param {unknown} wanted */
const language = (wanted) => (typeof wanted === 'string' && /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(wanted) ? wanted : undefined);

/**
 * A message of the assistant. Buttons tell by `data-act` what they do: `offer` sends its value, `calm` says that it is no
 * emergency, `word` explains, `aloud` reads, `print` prints, `rate` judges.
 * @param {Message} message @param {string} id of the message that it answers
 * @param {{locale: string, say: Say, number: import('./shapes.js').EmergencyNumber, canSpeak: boolean, extras?: Node[]}} means
 */
export function drawMessage(message, id, { locale, say, number, canSpeak, extras = [] }) {
  const answer = /** @type {any} */ (message?.answer);
  const given = rows(answer?.blocks, MOST.blocks);
  const words = new Set();
  const blocks = given.map((block) => drawBlock(block, words));
  const shown = /** @type {HTMLElement[]} */ (blocks.filter(Boolean));
  const plain = text(message?.text).trim();
  if (!shown.length) shown.push(make('p', {}, plain || say(phrases.widget_unreadable)));
  else if (blocks.includes(null)) shown.push(make('p', { class: 'notice' }, say(phrases.widget_left_out)));
  for (const block of shown) block.dir = 'auto';
  const card = isCard(message);
  // The call comes first, then what to do.
  if (answer?.kind === 'emergency' && number.dial) shown.splice(1, 0, dial(number, say, 'dial'));
  const kind = text(answer?.kind);
  const box = make('div', {
    class: card ? 'said card' : 'said', part: card ? 'message card' : 'message reply', 'data-id': id, 'data-kind': kind,
    'data-entry': text(answer?.entry), 'data-revision': text(answer?.revision), tabindex: card ? '-1' : undefined,
  }, unseen(`${say(phrases.widget_assistant)}: `), make('div', { class: 'text', lang: language(answer?.locale) }, ...shown), ...extras);
  const offers = rows(message?.buttons ?? answer?.follow_ups, MOST.offers)
    .map((offer) => [text(offer?.title), text(offer?.payload ?? offer?.message)]).filter(([title, payload]) => title && payload)
    .map(([title, payload]) => button(
      card && phrases.not_emergency_button.includes(payload) ? 'calm' : 'offer', title, { value: payload, class: 'button' }));
  if (offers.length) box.append(make('div', { class: 'offers', part: 'offers' }, ...offers));
  // Beside a question with choices of its own, this one would be taken for a part of it.
  const rated = RATED.includes(kind) && !given.some((block) => block?.type === 'quiz');
  const tools = [
    answer && given.length && about(answer, locale, say),
    answer && canSpeak && button('aloud', say(phrases.widget_aloud), { 'aria-pressed': 'false' }),
    answer && button('print', say(phrases.widget_print)),
    rated && make('span', { class: 'rating', role: 'group', 'aria-label': say(phrases.widget_helpful) },
      make('span', {}, say(phrases.widget_helpful)),
      button('rate', say(phrases.widget_yes), { value: 'yes' }), button('rate', say(phrases.widget_no), { value: 'no' })),
  ].filter(Boolean);
  if (tools.length) box.append(make('div', { class: 'tools' }, .../** @type {HTMLElement[]} */ (tools)));
  return box;
}

/** What the person wrote. @param {import('./shapes.js').Row} row @param {Say} say */
export function drawOwn(row, say) {
  return make('div', { class: 'own', part: 'message own', 'data-id': row.id }, unseen(`${say(phrases.widget_you)}: `),
    make('span', { class: 'text', dir: 'auto' }, row.shown ?? row.text ?? ''));
}

/** The number to call: to tap on a phone, to read on a desktop, which would only ask what shall dial it; or the advice to
 *  call where there is no number.
 *  @param {import('./shapes.js').EmergencyNumber} number @param {Say} say @param {string} [style] */
export function dial(number, say, style) {
  const words = say(phrases.widget_call, { emergency_number: number.text });
  const taps = number.dial && !matchMedia('(hover: hover) and (pointer: fine)').matches;
  return taps ? make('a', { href: `tel:${number.dial}`, class: style }, words) : make('strong', { class: style }, words);
}
