"""What the chat element weighs and how fast it is, beside a prototype that does almost nothing and a rival:
`python -m bench.widget [--rounds N] [--messages N]`.

All are measured in turn in one run, on the same machine and server: compare ratios, not milliseconds. The prototype is
2 KB of script with a launcher, a text field and bubbles; it shows what a browser can do. The rival comes from the npm
registry; without it the rest is measured.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from bench.widget.pages import ELEMENT, OURS, PROTOTYPE, THE_RIVAL, Site, Widget, rival_bundle
from bench.widget.reading import measured
from tests.browser.chromium import QUIET, WITHOUT_SANDBOX
from web.widget.rules import PATH as RULES

MOST_FIRST_KIB, MOST_LATER_KIB = 16, 14
MOST_RATIO = 1.3
"""Ours over the prototype's, for the times."""
MOST_HEAP_KIB = 4.0
LOADS = 3
"""Pages of a widget that are opened in each round, as they come and slowed."""
WARM, WARM_MS = 5, 5000
"""Messages, and time, before the heap is first measured: by then all that is loaded once is there."""
SLOWED = 4
"""A cheap phone, as Lighthouse imitates it."""

NOTE = """(() => {
  const parts = %s;
  const roots = (root = document) => [root, ...Array.from(root.querySelectorAll('*'))
    .flatMap((node) => node.shadowRoot ? roots(node.shadowRoot) : [])];
  const begun = performance.now();
  const look = () => {
    const node = roots().map((root) => root.querySelector(parts.ready)).find(Boolean);
    if (node?.getClientRects().length && !node.disabled) window.usable = performance.now() - begun;
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  let known;
  window.painted = (text) => new Promise((resolve, reject) => {
    let pressed = 0;
    setTimeout(() => reject(new Error(`${text}: not painted; pressed: ${pressed}`)), 20000);
    addEventListener('click', () => { pressed ||= performance.now(); }, { capture: true, once: true });
    known ??= roots().slice(1);
    const watch = () => {
      const there = pressed && known.some((root) => Array.from(root.querySelectorAll(parts.reply)).slice(-3)
        .some((node) => node.textContent.includes(text)));
      if (!there) return requestAnimationFrame(watch);
      const channel = new MessageChannel();
      channel.port1.onmessage = () => resolve(performance.now() - pressed);
      requestAnimationFrame(() => channel.port2.postMessage(0));
    };
    requestAnimationFrame(watch);
  });
})()"""
"""Runs before the page. `usable`: milliseconds until the first thing to press is there. `painted`: from the press on
Send to the frame after the reply stands in the page."""


@dataclass
class Figures:
    usable: list[float] = field(default_factory=list)
    usable_slowed: list[float] = field(default_factory=list)
    painted: list[float] = field(default_factory=list)
    heap_kib: float = 0.0
    foreign: set[str] = field(default_factory=set)


def last(selector: str) -> str:
    """The selector within its shadow root, as the page's own `querySelector` wants it."""
    return selector.rpartition(" ")[2] if selector.count(" ") == 1 else selector


def opened(browser: Browser, site: Site, widget: Widget, slowed: int = 1) -> tuple[Page, CDPSession, set[str]]:
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    foreign: set[str] = set()
    page.on("request", lambda request: None if request.url.startswith(site.address) else foreign.add(request.url))
    parts = {"ready": last(widget.launcher or widget.input), "reply": last(widget.reply)}
    page.add_init_script(NOTE % parts)
    session = page.context.new_cdp_session(page)
    if slowed > 1:
        session.send("Emulation.setCPUThrottlingRate", {"rate": slowed})
    page.goto(f"{site.address}/{widget.name}")
    page.wait_for_function("window.usable")
    return page, session, foreign


def say(page: Page, widget: Widget, number: int) -> float:
    """Milliseconds from Send to the painted reply."""
    field = page.locator(widget.input)
    field.click()
    text = f"message number {number}"
    if field.evaluate("node => node.matches('input, textarea')"):
        field.fill(text)
    else:
        page.keyboard.insert_text(text)
    waiting = page.evaluate_handle("(text) => ({ painted: window.painted(text) })", f"reply {number} ends")
    page.locator(widget.send).last.click()
    return float(page.evaluate("(waiting) => waiting.painted", waiting))


def heap_kib(session: CDPSession) -> float:
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 1024


def measure(browser: Browser, site: Site, widget: Widget, figures: Figures, messages: int) -> None:
    """One round: pages as they come, pages on a slow machine, and some messages."""
    for slowed, times in ((SLOWED, figures.usable_slowed), (1, figures.usable)):
        for _ in range(LOADS):
            page, _, foreign = opened(browser, site, widget, slowed)
            times.append(page.evaluate("window.usable"))
            figures.foreign |= foreign
            if len(times) % LOADS == 0 and slowed == 1:
                start(page, widget)
                figures.painted += [say(page, widget, number) for number in range(messages)]
            page.context.close()


def start(page: Page, widget: Widget) -> None:
    if widget.launcher:
        page.locator(widget.launcher).click()
    page.locator(widget.input).wait_for()


def measure_heap(browser: Browser, site: Site, widget: Widget, sends: int) -> float:
    """KiB of script heap for each message, the person's and the reply's alike, after a collection."""
    page, session, _ = opened(browser, site, widget)
    start(page, widget)
    for number in range(WARM):
        say(page, widget, number)
    page.wait_for_timeout(WARM_MS)
    before = heap_kib(session)
    for number in range(WARM, sends):
        say(page, widget, number)
    grown = heap_kib(session) - before
    page.context.close()
    return grown / (2 * (sends - WARM))


def sheet(site: Site, figures: dict[str, Figures]) -> str:
    ours, prototype, rival = (figures.get(widget.name) for widget in (OURS, PROTOTYPE, THE_RIVAL))
    assert ours is not None
    assert prototype is not None
    rows = [f"{'':34}{'Lantern':>10}{'prototype':>11}{'rival':>10}   ratio, floor"]

    def row(name: str, values: list[float | None], digits: int, verdict: str) -> None:
        cells = "".join(
            f"{'-' if value is None else f'{value:.{digits}f}':>{10 if at != 1 else 11}}"
            for at, value in enumerate(values)
        )
        rows.append(f"{name:34}{cells}   {verdict}")

    def size(widget: Widget) -> float | None:
        found = site.sizes.get(widget.script)
        return None if found is None else found[1] / 1024

    first = size(OURS)
    assert first is not None
    row("first load, KiB gzip", [first, size(PROTOTYPE), size(THE_RIVAL)], 2, _floor(first, MOST_FIRST_KIB))
    later = site.sizes[f"/widget/{ELEMENT.newest}/later.js"][1] / 1024
    row("later, KiB gzip", [later, None, None], 2, _floor(later, MOST_LATER_KIB))
    row("rules, loaded when idle, KiB gzip", [site.sizes[RULES][1] / 1024, None, None], 1, "data, kept by the browser")
    counts = [None if one is None else float(len(one.foreign)) for one in (ours, prototype, rival)]
    row("requests to other hosts", counts, 0, _floor(counts[0] or 0, 0))
    for name, kind in (
        ("usable, ms", "usable"),
        (f"usable, CPU {SLOWED} times slower, ms", "usable_slowed"),
        ("send to painted, ms", "painted"),
    ):
        medians = [None if one is None else statistics.median(getattr(one, kind)) for one in (ours, prototype, rival)]
        ratio = medians[0] / medians[1]  # type: ignore[operator]
        beats = "" if medians[2] is None else f", {'below' if medians[0] < medians[2] else 'NOT below'} the rival"  # type: ignore[operator]
        row(name, medians, 1, f"{ratio:.2f} {_floor(ratio, MOST_RATIO)}{beats}")
    heaps = [None if one is None else one.heap_kib for one in (ours, prototype, rival)]
    row("heap a message, KiB", heaps, 2, _floor(ours.heap_kib, MOST_HEAP_KIB))
    return "\n".join(rows)


def _slowed(rate: int) -> str:
    return f"CPU {rate} times slower, " if rate > 1 else ""


def _floor(value: float, most: float) -> str:
    return f"<= {most:g} {'ok' if value <= most else 'short'}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.widget", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="pages of each that are opened for the times (default 7)")
    parser.add_argument(
        "--messages", type=int, default=500, help="messages for the heap, replies included (default 500)"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rival = rival_bundle(Path(folder))
    if rival is None:
        print("The rival cannot be had from the npm registry; the rest is measured.")
    with Site(rival).open() as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[WITHOUT_SANDBOX, *QUIET])
        figures = {widget.name: Figures() for widget in site.widgets}
        for number in range(options.rounds):
            for widget in site.widgets:
                measure(browser, site, widget, figures[widget.name], 10)
            print(f"round {number + 1} of {options.rounds} (load {os.getloadavg()[0]:.1f})", flush=True)
        for widget in site.widgets:
            figures[widget.name].heap_kib = measure_heap(browser, site, widget, options.messages // 2)
        readings = [line for slowed in (1, SLOWED) for line in measured(browser, site, slowed).lines(_slowed(slowed))]
        browser.close()
        print(sheet(site, figures), *readings, sep="\n")


if __name__ == "__main__":
    main()
