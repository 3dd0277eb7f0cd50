/** The beat for CPR: heard, seen and felt. Screen readers are told when it starts and stops, and when to breathe. */
import * as phrases from 'lantern:phrases';
import { beats, beatsAfter, FASTEST, SLOWEST, USUAL } from './beats.js';

/** @typedef {import('./beats.js').Beat} Beat */
/** @typedef {{box: HTMLElement, light: HTMLElement, button: HTMLElement, pace: number, isCounting: boolean}} Controls */

/** How far ahead sounds are set on the clock of the sound card. Pages in the background get a turn only each second. */
const AHEAD_S = 1.5;
const TURN_MS = 100;
/** Until the first beat. */
const LEAD_S = 0.15;
const PUSH_SOUND = { pitch: 880, loudness: 0.6, seconds: 0.08 };
const BREATH_SOUND = { pitch: 330, loudness: 0.4, seconds: 0.8 };
const PULSE_MS = 60;
const FLASH_MS = 160;

export class Metronome {
  #host;
  /** The beat that is running. @type {Run | null} */
  #run = null;

  /** @param {import('../shapes.js').Host} host */
  constructor(host) {
    this.#host = host;
  }

  /** Its controls, anew. */
  draw() {
    const { make, say } = this.#host;
    const spoken = () => say(phrases.widget_metronome_speed, { pace: String(controls.pace) });
    /** @type {Controls} */
    const controls = {
      box: make('div', { class: 'beat', role: 'group', 'aria-label': say(phrases.widget_metronome_name), 'aria-live': 'off' }),
      light: make('div', { class: 'light', 'aria-hidden': 'true' }, say(phrases.widget_metronome_ready)),
      button: make('button', { type: 'button', class: 'button primary', click: () => this.#toggle(controls) }, say(phrases.widget_metronome_start)),
      pace: USUAL,
      isCounting: false,
    };
    const pace = make('span', { 'aria-hidden': 'true' }, spoken());
    const setPace = (/** @type {Event} */ event) => {
      const range = /** @type {HTMLInputElement} */ (event.target);
      controls.pace = Number(range.value);
      range.setAttribute('aria-valuetext', spoken());
      pace.textContent = spoken();
      this.#changed(controls);
    };
    const setCounting = (/** @type {Event} */ event) => {
      controls.isCounting = !controls.isCounting;
      /** @type {HTMLElement} */ (event.currentTarget).setAttribute('aria-pressed', String(controls.isCounting));
      this.#changed(controls);
    };
    controls.box.append(controls.light, controls.button,
      make('label', {}, say(phrases.widget_metronome_pace), ' ', pace, make('input', {
        type: 'range', min: `${SLOWEST}`, max: `${FASTEST}`, value: `${USUAL}`, 'aria-valuetext': spoken(), input: setPace,
      })),
      make('button', { type: 'button', class: 'button', 'aria-pressed': 'false', click: setCounting }, say(phrases.widget_metronome_count)));
    return controls.box;
  }

  stop() {
    this.#run?.stop();
    this.#run = null;
  }

  /** @param {Controls} controls */
  #changed(controls) {
    if (this.#run?.controls === controls) this.#run.begin();
  }

  /** @param {Controls} controls */
  #toggle(controls) {
    const { say, status } = this.#host;
    const mine = this.#run?.controls === controls;
    this.stop();
    status(say(mine ? phrases.widget_metronome_stopped : phrases.widget_metronome_started, { pace: String(controls.pace) }));
    if (!mine) this.#run = new Run(this.#host, controls);
  }
}

/** The beat while it runs. */
class Run {
  #host;
  controls;
  #sound = openSound();
  /** Whether the clock is that of the sound card; it stands still where sound is blocked, or during a phone call. */
  #isSounding = false;
  /** @type {Generator<Beat, never>} */
  #coming;
  /** Set, but not due yet. @type {{beat: Beat, tone: OscillatorNode | null}[]} */
  #set = [];
  /** @type {Beat | null} */
  #shown = null;
  #turns;
  #frame = 0;
  /** @type {WakeLockSentinel | null} */
  #awake = null;

  /** @param {import('../shapes.js').Host} host @param {Controls} controls */
  constructor(host, controls) {
    this.#host = host;
    this.controls = controls;
    this.#coming = this.#fromNow();
    controls.button.textContent = host.say(phrases.widget_metronome_stop);
    this.#turns = setInterval(() => this.#turn(), TURN_MS);
    // A screen that goes dark shows no light.
    navigator.wakeLock?.request('screen').then((awake) => { this.#awake = awake; if (!this.#turns) awake.release(); }, () => {});
    this.#turn();
    this.#look();
  }

  stop() {
    const { button, light } = this.controls;
    clearInterval(this.#turns);
    this.#turns = 0;
    cancelAnimationFrame(this.#frame);
    this.#sound?.close().catch(() => {});
    claimSound('auto');
    this.#awake?.release().catch(() => {});
    button.textContent = this.#host.say(phrases.widget_metronome_start);
    light.textContent = this.#host.say(phrases.widget_metronome_ready);
  }

  get #now() {
    return this.#isSounding && this.#sound ? this.#sound.currentTime : performance.now() / 1000;
  }

  #fromNow() {
    return beats(this.#now + LEAD_S, this.controls.pace, this.controls.isCounting);
  }

  /** Sets the coming beats anew, as the controls stand now. */
  begin() {
    for (const { tone } of this.#set.splice(0)) tone?.disconnect();
    const { pace, isCounting } = this.controls;
    this.#coming = this.#shown ? beatsAfter(this.#shown, pace, isCounting) : this.#fromNow();
    this.#turn();
  }

  #turn() {
    if (!this.controls.box.isConnected) return this.stop();
    const isSounding = this.#sound?.state === 'running';
    if (isSounding !== this.#isSounding) {
      const late = this.#now;
      this.#isSounding = isSounding;
      // The same moment on the other clock.
      if (this.#shown) this.#shown = { ...this.#shown, at: this.#shown.at + this.#now - late };
      return this.begin();
    }
    if (!isSounding) this.#sound?.resume().catch(() => {});
    const now = this.#now;
    while ((this.#set.at(-1)?.beat.at ?? 0) < now + AHEAD_S) {
      const beat = this.#coming.next().value;
      // After a sleep, those that were missed would all sound at once.
      this.#set.push({ beat, tone: isSounding && this.#sound && beat.at >= now ? sounded(this.#sound, beat) : null });
    }
  }

  /** Shows what is due, with each frame of the screen. */
  #look() {
    this.#frame = requestAnimationFrame(() => this.#look());
    const now = this.#now - (this.#isSounding && this.#sound?.outputLatency || 0);
    /** @type {Beat | undefined} */
    let due;
    while (this.#set[0]?.beat.at <= now) due = this.#set.shift()?.beat;
    if (due) this.#show(due);
  }

  /** @param {Beat} beat */
  #show(beat) {
    const { say, status } = this.#host;
    const { light, isCounting } = this.controls;
    this.#shown = beat;
    const { push, breath } = beat;
    light.textContent = breath ? say(phrases.widget_metronome_breath, { number: String(breath) })
      : isCounting ? String(push) : say(phrases.widget_metronome_push);
    const moves = !matchMedia('(prefers-reduced-motion: reduce)').matches;
    const lit = { background: 'var(--alarm)', color: 'var(--on-alarm)', ...(moves && { transform: 'scale(1.04)' }) };
    light.animate([lit, lit], FLASH_MS);
    navigator.vibrate?.(PULSE_MS);
    if (breath === 1) status(say(phrases.widget_metronome_breaths));
    if (breath && breath > 1) status('');
  }
}

/** "playback" is heard on a phone that is set to silent too, where the browser knows that. @param {string} type */
function claimSound(type) {
  const session = /** @type {{audioSession?: {type: string}}} */ (navigator).audioSession;
  if (session) session.type = type;
}

/** Sound; null where there is none. */
function openSound() {
  try {
    claimSound('playback');
    return new AudioContext();
  } catch {
    return null;
  }
}

/** @param {AudioContext} sound @param {Beat} beat */
function sounded(sound, { at, breath }) {
  const { pitch, loudness, seconds } = breath ? BREATH_SOUND : PUSH_SOUND;
  const [tone, level] = [sound.createOscillator(), sound.createGain()];
  tone.type = 'square';
  tone.frequency.value = pitch;
  level.gain.setValueAtTime(loudness, at);
  level.gain.exponentialRampToValueAtTime(0.001, at + seconds);
  tone.connect(level).connect(sound.destination);
  tone.start(at);
  tone.stop(at + seconds);
  return tone;
}
