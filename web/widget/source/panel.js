/** The parts of the element that are always there, as nodes. What they do stands in `chat.js`. */
import * as phrases from 'lantern:phrases';
import { dial } from './drawing.js';
import { button, make } from './nodes.js';

/** Longer than any question, and in every alphabet below what the server takes. */
const LONGEST_MESSAGE = 4000;

/** @typedef {ReturnType<typeof drawPanel>} Panel */

/** @param {import('./settings.js').Settings} settings @param {(phrase: string[]) => string} say */
export function drawLauncher(settings, say) {
  const label = settings.label || say(phrases.widget_launcher);
  return button('open', label, { class: 'launcher', part: 'launcher', 'aria-haspopup': 'dialog' });
}

/**
 * @param {import('./settings.js').Settings} settings @param {(phrase: string[]) => string} say
 * @param {string} name of the service
 */
export function drawPanel(settings, say, name) {
  const title = make('h2', { id: 'title', tabindex: '-1' }, name);
  const menuButton = button('menu', '\u22ef', {
    'aria-label': say(phrases.widget_menu), 'aria-expanded': 'false', 'aria-controls': 'menu',
  });
  const header = make('div', { class: 'header', part: 'header' }, title,
    button('hide', say(phrases.widget_hide)), menuButton,
    ...(settings.inline ? [] : [button('close', '\u00d7', { 'aria-label': say(phrases.widget_close) })]));
  const number = make('span', { class: 'number' });
  const firstAid = button('first-aid', say(phrases.widget_first_aid), {
    hidden: true, 'aria-expanded': 'false', 'aria-controls': 'cards',
  });
  const alarm = make('div', { class: 'alarm', part: 'alarm' }, make('span', {}, say(phrases.widget_emergency)), number, firstAid);
  const cards = make('ul', { id: 'cards', class: 'list', hidden: true });
  const menu = make('ul', { id: 'menu', class: 'list', hidden: true });
  const pin = make('div', { class: 'pin', hidden: true }, make('span', {}, say(phrases.widget_pinned)),
    button('show-card', say(phrases.widget_show_card)),
    button('calm', say(phrases.not_emergency_button), { value: say(phrases.not_emergency_button) }));
  const first = make('div', { class: 'first', id: 'first', 'aria-live': 'off' });
  // Only what is added is news: a mark that changes on an old message is not.
  const log = make('div', {
    class: 'log', part: 'log', role: 'log', 'aria-label': say(phrases.widget_log), 'aria-relevant': 'additions', tabindex: '0',
  }, first);
  const status = make('span', { role: 'status' });
  const tryNow = button('try-now', say(phrases.widget_try_now), { hidden: true });
  const input = /** @type {HTMLTextAreaElement} */ (make('textarea', {
    id: 'question', part: 'input', rows: '1', autocomplete: 'off', enterkeyhint: 'send', maxlength: String(LONGEST_MESSAGE),
  }));
  const form = make('form', {}, make('label', { for: 'question' }, say(phrases.widget_question)),
    make('div', { class: 'line' }, input, make('button', { class: 'send', part: 'send' }, say(phrases.widget_send))));
  const shell = make(settings.inline ? 'section' : 'dialog', {
    class: 'panel', part: 'panel', 'aria-labelledby': 'title', 'aria-describedby': 'first',
  }, header, alarm, cards, menu, pin, log, make('div', { class: 'state' }, status, tryNow), form);
  return { shell, title, menuButton, menu, alarm, number, firstAid, cards, pin, first, log, status, tryNow, input, form };
}

/** The number to call, in the bar that is always in sight.
 *  @param {Panel} panel @param {import('./shapes.js').EmergencyNumber} number
 *  @param {(phrase: string[], slots?: Record<string, string>) => string} say */
export function showNumber(panel, number, say) {
  panel.number.replaceChildren(dial(number, say));
}
