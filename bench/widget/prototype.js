// The yardstick of bench.widget, as it was when the floors were set; it is measured and never served. A launcher, bubbles,
// buttons, retries, and nothing else. Leave it as it is: a change would move every ratio.
const css = new CSSStyleSheet(); css.replaceSync(`:host{--c:#005a9c;font:16px/1.5 system-ui,sans-serif;color:#1a1a1a}*{box-sizing:border-box}
button{font:inherit;cursor:pointer}.l{position:fixed;inset:auto 20px 20px auto;min-height:48px;padding:0 20px;border-radius:24px;border:0;background:var(--c);color:#fff;font-weight:600}
.p{position:fixed;inset:auto 20px 20px auto;width:380px;height:min(600px,calc(100dvh - 40px));display:flex;flex-direction:column;background:#fff;border:1px solid #8a8a8a;border-radius:12px;overflow:hidden;box-shadow:0 8px 30px #0003}
.p[hidden],.l[hidden]{display:none}header{display:flex;align-items:center;justify-content:space-between;background:var(--c);color:#fff;padding:8px 8px 8px 16px}h2{font-size:1.05rem;margin:0}header button{min:44px;min-width:44px;min-height:44px;background:none;border:0;color:#fff;font-size:1.4rem}
.m{flex:1;overflow:auto;padding:16px;display:flex;flex-direction:column;gap:10px;overscroll-behavior:contain}.b,.u{max-width:85%;padding:8px 12px;border-radius:12px;overflow-wrap:anywhere;white-space:pre-line}.b{background:#eef3f7;align-self:start}.u{background:var(--c);color:#fff;align-self:end}
.q{display:flex;flex-wrap:wrap;gap:8px;margin-top:8px}.q button{min-height:44px;border:2px solid var(--c);background:#fff;color:var(--c);border-radius:22px;padding:0 14px}form{display:flex;gap:8px;padding:10px;border-top:1px solid #ccc}input{flex:1;min-width:0;font:inherit;padding:8px 12px;border:1px solid #595959;border-radius:8px}form button{min-height:44px;padding:0 16px;border:0;border-radius:8px;background:var(--c);color:#fff}
:focus-visible{outline:3px solid #ffbf47;outline-offset:2px}.s{min-height:1.5em;padding:0 16px;font-size:.875rem;color:#444}.v{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}@media(max-width:480px){.p{inset:0;width:auto;height:100dvh;border-radius:0}}@media(prefers-reduced-motion:no-preference){.s{transition:opacity .2s}}`);
const E = (t, a = {}, ...k) => { const e = document.createElement(t); for (const i in a) i in e && typeof a[i] != 'string' ? e[i] = a[i] : e.setAttribute(i, a[i]); e.append(...k); return e; };
const RX = /\*\*(.+?)\*\*|\[([^\]]+)\]\((\S+?)\)|(https?:\/\/[^\s<>"')]+)/g;
function md(s) { const f = document.createDocumentFragment(); let i = 0; for (const m of s.matchAll(RX)) { f.append(s.slice(i, m.index)); i = m.index + m[0].length;
  if (m[1]) f.append(E('strong', {}, m[1])); else { let u; try { u = new URL(m[3] || m[4]); } catch {} f.append(u && /^(https?|mailto|tel):$/.test(u.protocol) ? E('a', { href: u.href, target: '_blank', rel: 'noopener noreferrer' }, m[2] || m[4]) : m[2] || m[0]); } }
  f.append(s.slice(i)); return f; }
customElements.define('our-chat', class extends HTMLElement {
  connectedCallback() { if (this.shadowRoot) return; const r = this.attachShadow({ mode: 'open' }); r.adoptedStyleSheets = [css];
    this.k = 'our-chat'; let st; try { st = JSON.parse(localStorage[this.k]); } catch {} this.st = st || { id: crypto.randomUUID(), m: [] };
    const T = this.getAttribute('title-text') || 'Chat';
    this.log = E('div', { class: 'm', role: 'log', 'aria-label': 'Conversation', tabindex: '0' }); this.s = E('div', { class: 's', role: 'status' });
    this.i = E('input', { id: 'i', autocomplete: 'off', enterkeyhint: 'send', maxlength: '1000', placeholder: 'Type a message' });
    const f = E('form', { onsubmit: e => { e.preventDefault(); const t = this.i.value.trim(); if (t) { this.i.value = ''; this.send(t); } } }, E('label', { class: 'v', for: 'i' }, 'Your message'), this.i, E('button', {}, 'Send'));
    this.p = E('section', { class: 'p', role: 'dialog', 'aria-label': T, hidden: true, onkeydown: e => { if (e.key == 'Escape') this.open(false); } }, E('header', {}, E('h2', {}, T), E('button', { 'aria-label': 'Close chat', type: 'button', onclick: () => this.open(false) }, '\u00d7')), this.log, this.s, f);
    this.l = E('button', { class: 'l', type: 'button', 'aria-expanded': 'false', onclick: () => this.open(true) }, T); r.append(this.l, this.p);
    for (const m of this.st.m) this.draw(m); }
  open(o) { this.p.hidden = !o; this.l.hidden = o; this.l.setAttribute('aria-expanded', o); (o ? this.i : this.l).focus(); this.log.scrollTop = 1e9; }
  draw(m) { const d = E('div', { class: m.u ? 'u' : 'b' }, E('span', { class: 'v' }, m.u ? 'You: ' : 'Assistant: ')); m.u ? d.append(m.t) : d.append(md(m.t));
    if (m.q) d.append(E('div', { class: 'q' }, ...m.q.map(b => E('button', { type: 'button', onclick: () => this.send(b.payload, b.title) }, b.title)))); this.log.append(d); this.log.scrollTop = 1e9; }
  add(m) { this.st.m.push(m); this.draw(m); try { localStorage[this.k] = JSON.stringify(this.st); } catch {} }
  async send(t, label) { this.add({ u: 1, t: label || t }); await this.post(t); }
  async post(t, n = 0) { this.s.textContent = 'Assistant is typing…'; try { const x = await fetch((this.getAttribute('src') || '') + '/webhooks/rest/webhook', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ sender: this.st.id, message: t }), signal: AbortSignal.timeout(20000) });
      if (!x.ok) throw 0; for (const m of await x.json()) this.add({ t: m.text || '', q: m.buttons }); this.s.textContent = ''; }
    catch { if (n < 5) { this.s.textContent = 'No connection. Trying again…'; setTimeout(() => this.post(t, n + 1), 1000 * 2 ** n); } else this.s.replaceChildren('Could not send. ', E('button', { type: 'button', onclick: () => this.post(t) }, 'Try again')); } }
});
