"""Pictures of the chat element in its states, to be looked at by people: `make screens`, or
`python -m bench.widget.screens [FOLDER] [--only WORD]`.

A real gateway with the starter content answers. LANTERN_TEST_HOME names a folder where the prepared content is kept
from one run to the next; without it, it is made anew, which takes a minute.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.chromium import QUIET, WITHOUT_SANDBOX
from tests.browser.conftest import DESK, PHONE, Gateway, Hospital, Visit
from tests.running import environment, run_command

QUESTION = "What is cytokine release syndrome?"
COLLAPSED = "my dad collapsed and isn't breathing"
SETTLED_MS = 400
"""A picture is taken this long after the last step, so that nothing is half painted."""

Steps = Callable[[Visit], None]


def opened(visit: Visit) -> None:
    visit.open()
    expect(visit.log).to_contain_text("Example Hospital")


def answered(visit: Visit) -> None:
    opened(visit)
    visit.say(QUESTION)
    expect(visit.replies.last).to_be_visible(timeout=20_000)


def explained(visit: Visit) -> None:
    answered(visit)
    visit.log.locator("summary").first.click()
    visit.log.locator(".word").first.click()


def judged(visit: Visit) -> None:
    answered(visit)
    visit.log.get_by_role("button", name="No", exact=True).first.click()


def in_need(visit: Visit) -> None:
    opened(visit)
    visit.say(COLLAPSED)
    expect(visit.log.locator(".card")).to_be_visible()


def after_a_card(visit: Visit) -> None:
    in_need(visit)
    visit.say("Is lupus contagious?")
    expect(visit.replies.nth(2)).to_be_visible(timeout=20_000)


def without_network(visit: Visit) -> None:
    answered(visit)
    visit.page.context.set_offline(True)
    for text in ("Is lupus contagious?", "What causes lupus?"):
        visit.say(text)
    expect(visit.status).to_contain_text("No connection")


def first_aid(visit: Visit) -> None:
    opened(visit)
    visit.press("First aid")


def beating(visit: Visit) -> None:
    """On a card that was shown without any network."""
    opened(visit)
    expect(visit.chat.get_by_role("button", name="First aid")).to_be_visible()
    visit.page.context.set_offline(True)
    visit.say(COLLAPSED)
    beat = visit.log.locator(".beat")
    visit.press("Count 30 pushes, then 2 breaths")
    visit.press("Start the beat")
    beat.scroll_into_view_if_needed()
    expect(visit.log.locator(".light")).to_have_text("2")


def with_menu(visit: Visit) -> None:
    answered(visit)
    visit.press("Menu")


def before_deleting(visit: Visit) -> None:
    with_menu(visit)
    visit.press("Delete everything")


def larger(visit: Visit) -> None:
    answered(visit)
    visit.press("Menu")
    for _ in range(2):
        visit.press("Larger text")
    visit.page.keyboard.press("Escape")


def in_spanish(visit: Visit) -> None:
    visit.chat.get_by_role("button", name="Haga una pregunta").click()
    visit.chat.get_by_role("textbox").fill("mi papá se desmayó y no respira")
    visit.page.keyboard.press("Enter")
    expect(visit.log.locator(".card")).to_be_visible()


def beating_in_spanish(visit: Visit) -> None:
    in_spanish(visit)
    visit.press("Iniciar el ritmo")
    visit.log.locator(".beat").scroll_into_view_if_needed()


@dataclass(frozen=True)
class Picture:
    name: str
    steps: Steps
    options: dict[str, Any] = field(default_factory=lambda: PHONE)
    attributes: str = 'region="US"'
    html: str = 'lang="en"'


SMALL = {"viewport": {"width": 320, "height": 568}}
ENLARGED = {"viewport": {"width": 320, "height": 200}, "device_scale_factor": 4}
LANDSCAPE = {"viewport": {"width": 844, "height": 390}, "device_scale_factor": 2, "has_touch": True}
DARK = {"color_scheme": "dark"}
RIGHT_TO_LEFT = 'lang="en" dir="rtl"'
PICTURES = (
    Picture("closed-desk", lambda visit: None, DESK),
    Picture("closed-phone", lambda visit: None),
    Picture("opened-phone", opened),
    Picture("opened-desk", opened, DESK),
    Picture("answered-phone", answered),
    Picture("answered-desk", answered, DESK),
    Picture("explained-phone", explained),
    Picture("judged-phone", judged),
    Picture("card-phone", in_need),
    Picture("card-desk", in_need, DESK),
    Picture("after-card-phone", after_a_card),
    Picture("offline-phone", without_network),
    Picture("first-aid-phone", first_aid),
    Picture("beat-phone", beating),
    Picture("beat-desk", beating, DESK),
    Picture("beat-dark-phone", beating, PHONE | DARK),
    Picture("beat-small-320", beating, SMALL),
    Picture("beat-forced-colors-desk", beating, DESK | {"forced_colors": "active"}),
    Picture("menu-phone", with_menu),
    Picture("deleting-phone", before_deleting),
    Picture("larger-phone", larger),
    Picture("dark-phone", explained, PHONE | DARK),
    Picture("dark-card-desk", in_need, DESK | DARK),
    Picture("right-to-left-desk", explained, DESK, html=RIGHT_TO_LEFT),
    Picture("right-to-left-phone", answered, html=RIGHT_TO_LEFT),
    Picture("spanish-phone", in_spanish, attributes='region="ES" lang="es"'),
    Picture("beat-spanish-phone", beating_in_spanish, attributes='region="ES" lang="es"'),
    Picture("small-320", explained, SMALL),
    Picture("enlarged-400", answered, ENLARGED),
    Picture("enlarged-400-card", in_need, ENLARGED),
    Picture("landscape", answered, LANDSCAPE),
    Picture("forced-colors-desk", explained, DESK | {"forced_colors": "active"}),
    Picture(
        "accent-desk",
        explained,
        DESK,
        'region="GB" accent="#7bd389" position="start" label="Ask us" name="Example Hospital"',
    ),
)
PAGES = ("/", "/chat", "/ask", "/docs/embed")


def take(browser: Browser, gateway: Gateway, hospital: Hospital, folder: Path, only: str) -> None:
    for picture in PICTURES:
        if only not in picture.name:
            continue
        context = browser.new_context(**picture.options)
        page = context.new_page()
        visit = Visit(page, hospital.page(gateway.address, picture.attributes, html=picture.html), set())
        picture.steps(visit)
        _keep(visit.page, folder / f"{picture.name}.png")
        context.close()
    for path in PAGES:
        for size, options in (("phone", PHONE), ("desk", DESK)):
            name = f"page-{path.strip('/').replace('/', '-') or 'home'}-{size}"
            if only in name:
                context = browser.new_context(**options)
                page = context.new_page()
                page.goto(gateway.address + path)
                _keep(page, folder / f"{name}.png")
                context.close()


def _keep(page: Any, file: Path) -> None:
    page.wait_for_timeout(SETTLED_MS)
    page.screenshot(path=file)
    print(file, flush=True)


def prepared(home: Path) -> Path:
    for command in (("model",), ("content", "import", "--seed")):
        done = run_command(*command, env=environment(home), seconds=600)
        if done.returncode:
            raise SystemExit(done.stdout)
    return home


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.widget.screens", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("screens"), help="where the pictures go")
    parser.add_argument("--only", default="", metavar="WORD", help="only pictures with this in their name")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, Hospital().open() as hospital:
        kept = prepared(Path(os.environ.get("LANTERN_TEST_HOME") or Path(scratch) / "home"))
        home = shutil.copytree(kept, Path(scratch) / "gateway")
        gateway = Gateway(home, LANTERN_ORIGINS=hospital.address, LANTERN_OPERATOR="Example Hospital")
        gateway.start()
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path="/usr/bin/chromium", args=[WITHOUT_SANDBOX, *QUIET]
                )
                take(browser, gateway, hospital, options.folder, options.only)
                browser.close()
        finally:
            gateway.kill()


if __name__ == "__main__":
    main()
