"""What a person writes arrives, in its order, and is answered once, whatever network, server and tab do."""

from __future__ import annotations

import threading

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Gateway, Visit, Visits
from tests.browser.stand_in import Said, StandIn, answer, card
from tests.running import wait_until

BEFORE = "What is a clinical trial?"
QUESTIONS = ("Is lupus contagious?", "What causes lupus?", "What is cytokine release syndrome?")
FIRST_WORDS = ("No, lupus is not contagious", "", "CRS, or cytokine release syndrome")
TOKEN = "() => sessionStorage.getItem('lantern-chat/token') ?? localStorage.getItem('lantern-chat/token')"
GONE = ("Failed to load resource", "ERR_CONNECTION_REFUSED", "ERR_INTERNET_DISCONNECTED", "CORS", "503", "429", "413")


def own(visit: Visit) -> list[str]:
    return [text.strip() for text in visit.log.locator(".own .text").all_inner_texts()]


def assert_all_answered_once(visit: Visit, gateway: Gateway, *before: str) -> None:
    """In the log and in the record: each question once, in order, its answer behind it; first those of `before`."""
    kept = gateway.kept(visit.page.evaluate(TOKEN))["messages"]
    assert [row["text"] for row in kept] == [*before, *QUESTIONS]
    assert all(row["kind"] == "answer" for row in kept)
    text = visit.log.inner_text()
    places = [text.index(words) for words in FIRST_WORDS if words]
    assert places == sorted(places)
    assert [text.count(words) for words in FIRST_WORDS if words] == [1, 1]
    expect(visit.status).to_be_empty()


def test_what_is_written_while_the_server_is_gone_is_answered_when_it_is_back(
    visits: Visits, own_gateway: Gateway
) -> None:
    visit = visits.visit(own_gateway.address).open()
    visit.say(BEFORE)
    expect(visit.replies).not_to_have_count(0)
    own_gateway.kill()
    for question in QUESTIONS:
        visit.say(question)
    expect(visit.status).to_have_text("No connection. What you write is sent as soon as it is back.")
    expect(visit.log.locator(".mark")).to_have_count(3)
    own_gateway.start()
    visit.try_now()
    expect(visit.log).to_contain_text(FIRST_WORDS[2], timeout=30_000)
    assert own(visit) == [BEFORE, *QUESTIONS]
    assert_all_answered_once(visit, own_gateway, BEFORE)
    visit.assert_quiet(*GONE)


def test_it_is_answered_across_a_reload_too(visits: Visits, own_gateway: Gateway) -> None:
    visit = visits.visit(own_gateway.address).open()
    visit.input.press_sequentially("x")
    visit.page.wait_for_function(TOKEN)
    own_gateway.kill()
    for question in QUESTIONS:
        visit.say(question)
    expect(visit.status).to_contain_text("No connection")
    visit.page.reload()
    visit.open()
    assert own(visit) == list(QUESTIONS)
    expect(visit.status).to_contain_text("No connection")
    own_gateway.start()
    visit.page.evaluate("dispatchEvent(new Event('online'))")
    expect(visit.log).to_contain_text(FIRST_WORDS[2], timeout=30_000)
    assert_all_answered_once(visit, own_gateway)


def test_a_chat_that_is_kept_on_the_device_loses_nothing_either(visits: Visits, stand_in: StandIn) -> None:
    visit = visits.visit(stand_in.address).open()
    visit.press("Keep this chat on this device")
    visit.say("before")
    expect(visit.replies).to_have_count(1)
    stand_in.respond = lambda method, path, body: Said({"error": "too_busy", "detail": ""}, 503)
    for number in range(3):
        visit.say(f"message {number}")
    expect(visit.status).to_contain_text("No connection")
    visit.page.reload()
    visit.open()
    assert own(visit) == ["before", "message 0", "message 1", "message 2"]
    stand_in.respond = lambda method, path, body: None
    visit.page.evaluate("dispatchEvent(new Event('online'))")
    expect(visit.replies).to_have_count(4, timeout=20_000)
    first_tries = dict.fromkeys(said["message"] for said in stand_in.messages())
    assert list(first_tries) == ["before", "message 0", "message 1", "message 2"]
    assert len({said["message_id"] for said in stand_in.messages()}) == 4


def test_two_tabs_that_write_meanwhile_are_both_answered_once(visits: Visits, stand_in: StandIn) -> None:
    first = visits.visit(stand_in.address).open()
    first.press("Keep this chat on this device")
    second = Visit(first.page.context.new_page(), first.address, set())
    second.open()
    first.page.context.set_offline(True)
    for number in range(2):
        first.say(f"first {number}")
        second.say(f"second {number}")
    for visit in (first, second):
        expect(visit.log.locator(".own")).to_have_count(4)
    first.page.context.set_offline(False)
    for visit in (first, second):
        expect(visit.replies).to_have_count(4, timeout=30_000)
        expect(visit.status).to_be_empty()
    sent = [said["message"] for said in stand_in.messages()]
    assert sorted(sent) == ["first 0", "first 1", "second 0", "second 1"]
    for name in ("first", "second"):
        assert sent.index(f"{name} 0") < sent.index(f"{name} 1")


def test_a_reply_that_was_lost_is_asked_for_again_by_the_same_mark(visits: Visits, stand_in: StandIn) -> None:
    lost = iter([True, True])

    def lose(method: str, path: str, body: object) -> Said | None:
        return (
            Said({"error": "too_busy", "detail": ""}, 503) if path.endswith("/messages") and next(lost, False) else None
        )

    stand_in.respond = lose
    visit = visits.visit(stand_in.address).open()
    visit.say("hello")
    expect(visit.replies).to_have_count(1, timeout=20_000)
    marks = [said["message_id"] for said in stand_in.messages()]
    assert len(marks) == 3
    assert len(set(marks)) == 1


def test_asleep_and_awake_it_goes_on(visits: Visits, stand_in: StandIn) -> None:
    visit = visits.visit(stand_in.address).open()
    visit.page.context.set_offline(True)
    visit.say("before sleep")
    expect(visit.status).to_contain_text("No connection")
    session = visit.page.context.new_cdp_session(visit.page)
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    visit.page.context.set_offline(False)
    session.send("Page.setWebLifecycleState", {"state": "active"})
    expect(visit.replies).to_contain_text(["You said: before sleep"], timeout=20_000)
    assert len(stand_in.messages()) == 1


def test_who_is_in_need_does_not_wait_behind_a_slow_answer(visits: Visits, stand_in: StandIn) -> None:
    let_go = threading.Event()

    def slowly(text: str) -> list[dict[str, object]]:
        if text == "slow":
            let_go.wait(30)
        return [card()] if text == "help" else [answer(f"You said: {text}")]

    stand_in.reply = slowly
    visit = visits.visit(stand_in.address).open()
    visit.say("slow")
    expect(visit.status).to_have_text("Finding an answer…")
    visit.say("help")
    expect(visit.log.locator(".card")).to_be_visible()
    assert visit.replies.count() == 1
    let_go.set()
    expect(visit.replies).to_have_count(2)
    expect(visit.status).to_be_empty()


def test_too_many_messages_are_told_to_wait_and_are_sent_then(visits: Visits, stand_in: StandIn) -> None:
    refused = iter([True])

    def refuse(method: str, path: str, body: object) -> Said | None:
        too_many = path.endswith("/messages") and next(refused, False)
        return Said({"error": "too_many", "detail": ""}, 429, {"Retry-After": "2"}) if too_many else None

    stand_in.respond = refuse
    visit = visits.visit(stand_in.address).open()
    visit.say("hello")
    expect(visit.status).to_have_text("Many messages at once. The next one is sent in 2 seconds.")
    expect(visit.replies).to_have_count(1, timeout=20_000)


@pytest.mark.parametrize(("status", "said"), [(413, "too long"), (400, "could not be sent")])
def test_what_will_never_be_taken_is_said_and_holds_up_nothing(
    visits: Visits, stand_in: StandIn, status: int, said: str
) -> None:
    taken = threading.Event()

    def refuse(method: str, path: str, body: dict[str, str]) -> Said | None:
        unwanted = path.endswith("/messages") and body["message"] == "unwanted" and not taken.is_set()
        return Said({"error": "bad", "detail": ""}, status) if unwanted else None

    stand_in.respond = refuse
    visit = visits.visit(stand_in.address).open()
    visit.say("unwanted")
    expect(visit.log.locator(".own")).to_contain_text([said])
    visit.say("hello")
    expect(visit.replies).to_contain_text(["You said: hello"])
    taken.set()
    again = visit.log.get_by_role("button", name="Try again")
    assert again.count() == (0 if status == 413 else 1)
    if again.count():
        again.click()
        expect(visit.replies).to_contain_text(["You said: hello", "You said: unwanted"])
        expect(again).to_have_count(0)


def test_without_a_conversation_a_message_is_sent_all_the_same(visits: Visits, stand_in: StandIn) -> None:
    def refuse(method: str, path: str, body: object) -> Said | None:
        return Said({"error": "too_many", "detail": ""}, 429) if path.endswith("/conversations") else None

    stand_in.respond = refuse
    visit = visits.visit(stand_in.address).open()
    visit.say("hello")
    expect(visit.replies).to_contain_text(["You said: hello"])


def test_quick_messages_keep_their_order(visits: Visits, stand_in: StandIn) -> None:
    visit = visits.visit(stand_in.address).open()
    texts = [f"message {number}" for number in range(12)]
    visit.page.evaluate(
        "(texts) => { for (const text of texts) document.querySelector('lantern-chat').ask(text); }", texts
    )
    wait_until("all messages", lambda: len(stand_in.messages()) == len(texts))
    assert [said["message"] for said in stand_in.messages()] == texts
    expect(visit.replies).to_have_count(len(texts))
