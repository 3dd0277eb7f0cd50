"""The demo page with the whole of Lantern behind it: asked by keyboard, on a phone, silent towards others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import MOST_TABS, PHONE, Visit
from tests.running import Lantern


@pytest.fixture
def visit(browser: Browser, running_lantern: Lantern) -> Iterator[Visit]:
    address = f"http://127.0.0.1:{running_lantern.port}/"
    page = browser.new_page(**PHONE)
    visit = Visit(page, address, {urlsplit(address).netloc})
    yield visit
    page.close()
    visit.assert_quiet()


def ask(visit: Visit, text: str) -> None:
    """By keyboard alone: to the field, the words, Enter."""
    for _ in range(MOST_TABS):
        if visit.focused()[0] == "textarea":
            break
        visit.page.keyboard.press("Tab")
    assert visit.focused()[0] == "textarea"
    visit.page.keyboard.type(text)
    visit.page.keyboard.press("Enter")


def test_a_person_asks_follows_up_and_meets_an_emergency(
    visit: Visit, running_lantern: Lantern, tmp_path: Path
) -> None:
    answer = running_lantern.person().say("is lupus contagious").first
    first_sentence = answer["blocks"][0]["runs"][0]["text"]

    ask(visit, "is lupus contagious")
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

    ask(visit, "my dad collapsed and isn't breathing")
    card = visit.log.locator(".card")
    expect(card).to_be_visible()
    expect(card).to_contain_text("Call ")
    expect(card.locator("ol li")).not_to_have_count(0)
    assert visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
        "nothing to scroll sideways"
    )
    visit.page.screenshot(path=tmp_path / "phone.png")
    assert (tmp_path / "phone.png").stat().st_size > 10_000


def test_a_check_question_is_answered_by_its_buttons(visit: Visit, running_lantern: Lantern) -> None:
    person = running_lantern.person()
    person.say("is lupus contagious")
    asked = person.say("check my understanding").first["blocks"][0]["data"]
    right = next(choice for choice in asked["choices"] if choice["correct"])

    ask(visit, "is lupus contagious")
    expect(visit.replies).not_to_have_count(0)
    ask(visit, "check my understanding")
    expect(visit.log).to_contain_text(asked["question"])
    visit.log.locator(".offers").last.get_by_role("button", name=right["text"], exact=True).click()
    expect(visit.log).to_contain_text(right["explanation"])
