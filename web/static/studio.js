// What the studio's pages do beyond forms and links: save while somebody writes, show the text as people will see it,
// find and choose facts and sources, warn before a session ends. Every page works without it.
'use strict';

const LOOK_AFTER = 400; // milliseconds after the last change until preview and checks are renewed
const SAVE_AFTER = 2500; // milliseconds after the last change until the draft saves itself
const SAVE_EVERY = 8000; // milliseconds between two saves at the least: each is a row of the audit trail
const AGAIN_AFTER = 15000; // milliseconds after a save that failed

/** @param {string} html from a template of ours, where every value is escaped */
function nodes(html) {
  return [...new DOMParser().parseFromString(html, 'text/html').body.childNodes];
}

async function post(address, form) {
  const response = await fetch(address, {
    method: 'POST',
    headers: { Accept: 'application/json' },
    body: new URLSearchParams(new FormData(form)),
  });
  const said = await response.json().catch(() => ({}));
  return { status: response.status, said };
}

class Editor {
  constructor(form) {
    this.form = form;
    this.saved = form.querySelector('[data-saved]');
    this.saves = form.hasAttribute('data-autosave');
    this.saved.querySelector('[data-saves]')?.removeAttribute('hidden');
    this.dirty = false;
    this.saving = null;
    this.lastSave = 0;
    form.addEventListener('input', () => this.changed());
    form.addEventListener('change', () => this.changed());
    form.addEventListener('submit', (event) => this.submitted(event));
    window.addEventListener('beforeunload', (event) => {
      if (this.dirty && !this.leaving) event.preventDefault();
    });
  }

  changed() {
    this.dirty = true;
    clearTimeout(this.lookTimer);
    this.lookTimer = setTimeout(() => this.look(), LOOK_AFTER);
    this.saveSoon(Math.max(SAVE_AFTER, this.lastSave + SAVE_EVERY - Date.now()));
  }

  saveSoon(wait) {
    if (!this.saves) return;
    clearTimeout(this.saveTimer);
    this.saveTimer = setTimeout(() => this.save(), wait);
  }

  async look() {
    const asked = (this.asked = (this.asked ?? 0) + 1);
    try {
      const { status, said } = await post(this.form.dataset.look, this.form);
      if (status === 200 && asked === this.asked) this.show(said);
    } catch {
      // The next save says that the line is down.
    }
  }

  show(said) {
    document.querySelector('[data-preview]').replaceChildren(...nodes(said.shown));
    for (const place of document.querySelectorAll('[data-notes]')) {
      place.replaceChildren(...nodes(said.notes[place.dataset.notes] ?? ''));
    }
    for (const place of document.querySelectorAll('[data-chosen]')) {
      // Whoever is at a button or a tick in it must not lose their place.
      if (place === document.activeElement || !place.contains(document.activeElement)) {
        place.replaceChildren(...nodes(said.chosen[place.dataset.chosen]));
      }
    }
    drawWidth();
  }

  save() {
    if (this.saving) return this.saving;
    this.dirty = false;
    this.lastSave = Date.now();
    this.say('Saving ...');
    this.saving = this.send().finally(() => { this.saving = null; });
    return this.saving;
  }

  async send() {
    let status = 0;
    let said = {};
    try {
      ({ status, said } = await post(this.form.action, this.form));
    } catch {
      said.detail = 'Not saved: the line is down. Your text is still in this page; it is tried again.';
    }
    if (status === 200) {
      this.form.elements.version.value = said.version;
      if (!this.dirty) this.show(said);
      const time = new Date().toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
      this.say(said.refused.length ? 'Saved, but for what is marked.' : `Saved as draft at ${time}.`, said.refused.length > 0);
      return;
    }
    this.dirty = true;
    this.say(said.detail ?? 'Not saved. Your text is still in this page; it is tried again.', true);
    if (status === 409) {
      // From here on a person decides: the button shows both texts.
      this.saves = false;
      this.say(`${said.detail} Press Save to see both.`, true);
    } else {
      this.saveSoon(AGAIN_AFTER);
    }
  }

  async submitted(event) {
    clearTimeout(this.saveTimer);
    this.leaving = true;
    if (!this.saving) return;
    // The form holds the number of the version before the one that is being saved this moment.
    event.preventDefault();
    const button = event.submitter;
    await this.saving;
    this.form.requestSubmit(button);
  }

  say(text, bad = false) {
    this.saved.textContent = text;
    this.saved.classList.toggle('not', bad);
  }
}

/** @param {(lines: string[]) => string[]} changed the lines of a field -> what it is to hold */
function change(form, name, changed) {
  const field = form.elements[name];
  const there = field.value.split('\n').map((row) => row.trim()).filter(Boolean);
  field.value = [...new Set(changed(there))].join('\n');
  field.dispatchEvent(new Event('input', { bubbles: true }));
}

function choose(button, form) {
  const { add, also, alsoValues, remove, first, value } = button.dataset;
  if (add) {
    change(form, add, (lines) => [...lines, value]);
    if (also && form.elements[also]) change(form, also, (lines) => [...lines, ...alsoValues.split('\n').filter(Boolean)]);
    button.disabled = true;
    button.textContent = 'Added';
    button.removeAttribute('aria-label');
    return;
  }
  // The button goes away with what it stands in.
  button.closest('[data-chosen]').focus();
  if (remove) change(form, remove, (lines) => lines.filter((line) => line !== value));
  else change(form, first, (lines) => [value, ...lines]);
}

function drawWidth() {
  const desktop = document.querySelector('[data-desktop]')?.getAttribute('aria-pressed') === 'true';
  document.querySelector('[data-shown]')?.classList.toggle('phone', !desktop);
}

function switchWidth(group) {
  group.hidden = false;
  group.addEventListener('click', (event) => {
    const pressed = event.target.closest('button');
    if (!pressed) return;
    for (const button of group.querySelectorAll('button')) button.setAttribute('aria-pressed', String(button === pressed));
    drawWidth();
  });
}

function findGrounds(place, form) {
  const words = place.querySelector('input');
  const results = place.querySelector('.results');
  const { find: address, beside } = place.dataset;
  let timer = 0;
  const find = async () => {
    const asked = new URLSearchParams({ words: words.value, ...(beside && { [beside]: form.elements[beside].value }) });
    const response = await fetch(`${address}?${asked}`, { headers: { Accept: 'application/json' } });
    if (!response.ok) return;
    results.hidden = false;
    results.replaceChildren(...nodes((await response.json()).html));
  };
  words.addEventListener('input', (event) => {
    event.stopPropagation();
    clearTimeout(timer);
    timer = setTimeout(find, LOOK_AFTER);
  });
  words.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') { event.preventDefault(); find(); }
  });
  place.querySelector('[data-search]').addEventListener('click', (event) => { event.preventDefault(); find(); });
}

function watchIdle(box) {
  let timer = 0;
  const wait = () => {
    box.hidden = true;
    clearTimeout(timer);
    timer = setTimeout(() => { box.hidden = false; }, Number(box.dataset.idleMinutes) * 60000);
  };
  box.querySelector('[data-stay]').addEventListener('click', async () => {
    const response = await fetch('/studio/account', { headers: { Accept: 'text/html' }, redirect: 'error' }).catch(() => null);
    if (response?.ok) wait();
    else location.reload();
  });
  wait();
}

const form = document.getElementById('editor');
if (form) {
  new Editor(form);
  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-add], [data-remove], [data-first]');
    if (!button) return;
    event.preventDefault();
    choose(button, form);
  });
}
for (const group of document.querySelectorAll('[data-width]')) switchWidth(group);
for (const place of document.querySelectorAll('[data-find]')) findGrounds(place, form);
for (const box of document.querySelectorAll('[data-idle-minutes]')) watchIdle(box);
for (const button of document.querySelectorAll('[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => print());
}
