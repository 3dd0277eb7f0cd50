"""The pages of the trial registry in a browser: by keyboard, on a phone, on paper."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from knowledge.phrases import Phrases
from knowledge.trials.answers import TrialAnswers
from tests.browser.chromium import chromium
from tests.trials_registry import records, registry_copy
from tests.web.conftest import SmallKnowledge
from tests.web.test_serve import door
from web.parts import Parts

LIST = "/library/trials/"
TOO_WIDE = "document.documentElement.scrollWidth > innerWidth"


@pytest.fixture
def page(parts: Parts, knowledge: SmallKnowledge, phrases: Phrases) -> Iterator[Page]:
    """A phone's page that runs no script. Whatever the browser complains about fails the test."""
    knowledge.answerer.trials = TrialAnswers(registry_copy(records(40)), phrases.of("en"))
    complaints: list[str] = []
    with door(parts) as (host, port), chromium() as browser:
        page = browser.new_page(
            viewport={"width": 390, "height": 844}, base_url=f"http://{host}:{port}", java_script_enabled=False
        )
        page.on("console", lambda message: complaints.append(message.text))
        page.on("requestfailed", lambda request: complaints.append(request.url))
        yield page
    assert complaints == []


def test_a_reader_narrows_the_list_by_keyboard_and_reads_a_study(page: Page) -> None:
    page.goto(LIST)
    assert not page.evaluate(TOO_WIDE)
    page.get_by_label("Country", exact=True).focus()
    page.keyboard.type("Germ")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Only recruiting")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("fit Germany, recruiting only")
    assert "country=Germany" in page.url
    assert not page.evaluate(TOO_WIDE)
    first = page.locator(".studies a").first
    title = first.inner_text()
    first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    assert not page.evaluate(TOO_WIDE)


def test_on_paper_there_is_what_one_reads_and_nothing_to_press(page: Page) -> None:
    page.emulate_media(media="print")
    page.goto(LIST + "?country=Germany")
    expect(page.get_by_role("heading", name="By country")).to_be_visible()
    expect(page.get_by_text("This is not a recommendation.")).to_be_visible()
    for pressed in ("button", "select", ".masthead", ".feed"):
        expect(page.locator(pressed).first).to_be_hidden()
