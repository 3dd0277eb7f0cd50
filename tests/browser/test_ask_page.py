"""`/ask` in a browser without script: questions, follow-ups and an emergency, in one conversation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PHONE, Gateway

COLLAPSED = "my dad collapsed and isn't breathing"


@pytest.fixture
def page(browser: Browser, gateway: Gateway) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False, **PHONE)
    page = context.new_page()
    page.goto(f"{gateway.address}/ask")
    yield page
    assert context.cookies() == []
    context.close()


def ask(page: Page, text: str) -> None:
    page.get_by_label("Your question").fill(text)
    page.get_by_role("button", name="Send").click()


def test_a_question_is_answered_and_followed_up(page: Page, gateway: Gateway) -> None:
    for said in ("automated assistant", "30 days", "run by Example Hospital"):
        expect(page.get_by_role("main")).to_contain_text(said)
    ask(page, "Is lupus contagious?")
    answer = page.get_by_role("region", name="Answer")
    expect(answer).to_contain_text("No, lupus is not contagious")
    page.get_by_text("Sources and date").click()
    expect(answer.get_by_role("link", name="Is lupus contagious?")).to_be_visible()
    expect(answer).to_contain_text("not yet approved by a clinician")
    page.get_by_role("button", name="What causes lupus?").click()
    expect(answer).to_contain_text("You: What causes lupus?")
    token = page.locator("input[name=token]").get_attribute("value")
    assert token is not None
    kept = gateway.kept(token)["messages"]
    assert [row["text"] for row in kept] == [None, "What causes lupus?"], (
        "words are kept once it was said that they are"
    )


def test_an_emergency_comes_first(page: Page) -> None:
    ask(page, COLLAPSED)
    expect(page.locator("#answer .urgent").first).to_contain_text("Call 911 now")
    expect(page.get_by_role("link", name="Call 911")).to_have_attribute("href", "tel:911")


def test_a_page_that_is_sent_twice_is_answered_once(page: Page, gateway: Gateway) -> None:
    ask(page, "Is lupus contagious?")
    ask(page, "What causes lupus?")
    # A reload that overtakes the page that is still coming fails in the browser.
    expect(page.get_by_role("region", name="Answer")).to_contain_text("You: What causes lupus?")
    page.reload()
    expect(page.get_by_role("region", name="Answer")).to_contain_text("You: What causes lupus?")
    token = page.locator("input[name=token]").get_attribute("value")
    assert token is not None
    assert len(gateway.kept(token)["messages"]) == 2


def test_a_conversation_that_has_run_out_is_followed_by_a_new_one(page: Page) -> None:
    page.locator("input[name=token]").evaluate("node => { node.value = 'x'.repeat(43); }")
    ask(page, "Is lupus contagious?")
    expect(page.get_by_role("region", name="Answer")).to_contain_text("No, lupus is not contagious")
    assert page.locator("input[name=token]").get_attribute("value") != "x" * 43


@pytest.mark.parametrize("text", ["", "<script>alert(1)</script>", "\x00" * 5, "/restart", "{{7*7}}"])
def test_whatever_is_sent_is_shown_as_text(page: Page, text: str) -> None:
    ask(page, text)
    expect(page.get_by_role("region", name="Answer").locator(".reply").first).not_to_be_empty()
    assert page.locator("main script").count() == 0
    assert "49" not in page.get_by_role("main").inner_text()
