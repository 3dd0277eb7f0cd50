"""The demo page in Debian's Chromium: asked by keyboard, heard by a screen reader, silent towards others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import NOTE_VIOLATIONS, chromium
from tests.running import Lantern

MOST_TABS = 20
SPOKEN_TO = """() => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element?.tagName;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


class Visit:
    """A page that notes what must not happen: errors, refusals by the content policy, calls to other hosts."""

    def __init__(self, page: Page, lantern: Lantern) -> None:
        self.page, self.errors, self.hosts = page, [], set[str]()
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("requestfailed", lambda request: self.errors.append(request.url))
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        page.add_init_script(NOTE_VIOLATIONS)
        self.home = f"127.0.0.1:{lantern.port}"
        page.goto(f"http://{self.home}/")
        self.log = page.get_by_role("log")

    def ask(self, text: str) -> None:
        """By keyboard alone: to the field, the words, Enter."""
        for _ in range(MOST_TABS):
            if self.page.evaluate(SPOKEN_TO) == "INPUT":
                break
            self.page.keyboard.press("Tab")
        assert self.page.evaluate(SPOKEN_TO) == "INPUT"
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")


@pytest.fixture
def visit(browser: Browser, running_lantern: Lantern) -> Iterator[Visit]:
    page = browser.new_page(viewport={"width": 390, "height": 844}, device_scale_factor=2, has_touch=True)
    visit = Visit(page, running_lantern)
    yield visit
    page.close()
    assert visit.errors == []
    assert visit.hosts == {visit.home}


def test_a_person_asks_follows_up_and_meets_an_emergency(
    visit: Visit, running_lantern: Lantern, tmp_path: Path
) -> None:
    answer = running_lantern.person().say("is lupus contagious").first
    first_sentence = answer["blocks"][0]["runs"][0]["text"]

    visit.ask("is lupus contagious")
    expect(visit.log).to_contain_text(first_sentence)
    about = visit.log.locator("summary").last
    about.focus()
    visit.page.keyboard.press("Enter")
    expect(visit.log.get_by_role("link", name=answer["sources"][0]["title"])).to_be_visible()
    expect(visit.log).to_contain_text(answer["sources"][0]["organisation"])
    expect(visit.log).to_contain_text("not yet approved by a clinician")

    offer = answer["follow_ups"][0]["title"]
    visit.page.get_by_role("button", name=offer).click()
    simpler = running_lantern.person()
    simpler.say("is lupus contagious")
    expect(visit.log).to_contain_text(simpler.say(offer).first["blocks"][0]["runs"][0]["text"])

    visit.ask("my dad collapsed and isn't breathing")
    card = visit.log.locator(".card")
    expect(card).to_be_visible()
    expect(card).to_contain_text("Call ")
    expect(card.locator("ol li")).not_to_have_count(0)
    assert visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
        "nothing to scroll sideways"
    )
    visit.page.screenshot(path=tmp_path / "phone.png")
    assert (tmp_path / "phone.png").stat().st_size > 10_000


def test_what_a_person_types_is_never_run(visit: Visit) -> None:
    visit.ask("<img src=x onerror=\"document.title='run'\"> <script>document.title='run'</script>")
    expect(visit.log).to_contain_text("<script>document.title='run'</script>")
    expect(visit.log.locator("img, script")).to_have_count(0)
    expect(visit.page).not_to_have_title("run")


def test_without_the_service_the_message_can_be_sent_again(browser: Browser, running_lantern: Lantern) -> None:
    page = browser.new_page()
    visit = Visit(page, running_lantern)
    page.context.set_offline(True)
    visit.ask("is lupus contagious")
    again = page.get_by_role("button", name="Try again")
    expect(again).to_be_visible()
    page.context.set_offline(False)
    again.click()
    expect(visit.log).to_contain_text("Sources and date")
    page.close()
