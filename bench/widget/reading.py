"""What it costs the browser to read messages by the safety rules, on a slow machine too."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser

from bench.widget.pages import Site
from tests.safety.conftest import examples
from web.widget.rules import PATH

EVERY = 9
"""Of the examples of the rules, each so many-th is read; urgent and calm ones take turns in the file."""

READ = """async ([address, rows]) => {
  const { readRules } = await import('/source/offline/safety/served.js');
  const served = await (await fetch(address)).json();
  const steps = [];
  let begun = performance.now();
  const pause = async () => {
    steps.push(performance.now() - begun);
    await new Promise((resolve) => setTimeout(resolve));
    begun = performance.now();
  };
  const rules = await readRules(served, pause);
  await rules.warm(pause);
  const times = rows.map(({ text, ...earlier }) => {
    const start = performance.now();
    rules.check(text, earlier);
    return performance.now() - start;
  });
  return { steps, times };
}"""


@dataclass(frozen=True)
class Reading:
    """Milliseconds: to get ready in all and in the longest step, and for each message."""

    ready: float
    longest_step: float
    times: list[float]

    def lines(self, name: str) -> list[str]:
        median, slow = statistics.median(self.times), statistics.quantiles(self.times, n=20)[-1]
        return [
            f"{name + 'get ready for reading, ms':50}{self.ready:8.1f}   in steps of {self.longest_step:.1f} at most",
            f"{name + 'read a message, ms':50}{median:8.2f}   95 of 100 within {slow:.2f}, all {max(self.times):.2f}",
        ]


def measured(browser: Browser, site: Site, slowed: int) -> Reading:
    page = browser.new_context().new_page()
    page.goto(f"{site.address}/prototype")
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": slowed})
    found: dict[str, Any] = page.evaluate(READ, [PATH, examples("vectors.jsonl")[::EVERY]])
    page.context.close()
    return Reading(sum(found["steps"]), max(found["steps"]), found["times"])
