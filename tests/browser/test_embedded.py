"""The chat on a hospital's page: what it says first, what it keeps and where, and that it leaves no trace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from tests.browser.conftest import PHONE, Gateway, Hospital, Visit, Visits
from tests.browser.stand_in import Said, StandIn, answer, card

pytestmark = pytest.mark.takes_long

BLOCKED = "for (const name of ['localStorage', 'sessionStorage'])" + (
    "Object.defineProperty(window, name, { get() { throw new DOMException('blocked', 'SecurityError'); } });"
)
STORED = "() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)]"
TOKEN = "() => sessionStorage.getItem('lantern-chat/token') ?? localStorage.getItem('lantern-chat/token')"


def answered(visit: Visit, text: str = "hello") -> None:
    before = visit.replies.count()
    visit.say(text)
    expect(visit.replies).to_have_count(before + 1)


def test_who_speaks_and_what_is_kept_is_said_before_anything_is(visits: Visits, gateway: Gateway) -> None:
    visit = visits.visit(gateway.address)
    assert visit.chat.get_by_role("button").count() == 1
    visit.open()
    for said in ("automated assistant", "not medical advice", "run by Example Hospital", "30 days", "call 911"):
        expect(visit.log).to_contain_text(said)
    expect(visit.chat.get_by_text("Call 911", exact=True)).to_be_visible()
    assert visit.page.evaluate(TOKEN) is None, "a conversation begins when somebody begins to write"
    assert visit.page.evaluate(STORED) == []
    visit.assert_quiet()


def test_an_answer_comes_with_its_source_and_can_be_judged(visits: Visits, gateway: Gateway) -> None:
    visit = visits.visit(gateway.address).open()
    visit.say("Is lupus contagious?")
    expect(visit.replies.first).to_contain_text("No, lupus is not contagious")
    visit.log.locator("summary").first.click()
    expect(visit.log.get_by_role("link", name="Is lupus contagious?")).to_have_attribute("rel", "noopener noreferrer")
    visit.log.get_by_role("button", name="contagious", exact=True).click()
    expect(visit.log.get_by_role("note")).not_to_be_empty()
    visit.log.get_by_role("button", name="contagious", exact=True).click()
    expect(visit.log.get_by_role("note")).to_have_count(0)

    visit.log.get_by_role("button", name="No", exact=True).first.click()
    expect(visit.log.get_by_role("textbox")).to_be_focused()
    visit.page.keyboard.type("I am Rosalind Franklin and it is short")
    visit.page.keyboard.press("Enter")
    expect(visit.log).to_contain_text("Thank you.")
    assert visit.focused() == ("span", "Thank you.")
    [judged] = gateway.kept(visit.page.evaluate(TOKEN))["feedback"]
    assert (judged["entry"], judged["revision"], judged["helpful"]) == ("lupus-contagious", 1, False)
    assert judged["word"] == "I am [name] and it is short"
    visit.assert_quiet()


def test_it_asks_nothing_before_it_is_opened_and_nobody_else_ever(visits: Visits, stand_in: StandIn) -> None:
    visit = visits.visit(stand_in.address)
    expect(visit.chat.locator("[part=launcher]")).to_be_visible()
    assert stand_in.received == []
    globals_before = visit.page.evaluate("Object.keys(window)")
    head, body = (visit.page.evaluate(f"document.{part}.innerHTML") for part in ("head", "body"))
    visit.open()
    answered(visit)
    visit.choose("Larger text")
    assert visit.page.evaluate("document.cookie") == ""
    visit.page.evaluate("document.querySelector('lantern-chat').remove()")
    assert visit.page.evaluate("document.head.innerHTML") == head
    assert body.startswith(visit.page.evaluate("document.body.innerHTML").removesuffix("</body>")[:200])
    assert visit.page.evaluate("document.querySelectorAll('lantern-chat, iframe, style, link').length") == 0
    assert visit.page.evaluate("Object.keys(window)") == globals_before
    visit.assert_quiet()


def test_a_script_that_was_changed_on_its_way_does_not_run(visits: Visits, stand_in: StandIn) -> None:
    def change(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=response.text() + "\nglobalThis.changed = true;")

    context = visits.context()
    context.route("**/lantern-chat.js", change)
    visit = visits.visit(stand_in.address, context=context)
    visit.page.wait_for_load_state("load")
    assert visit.page.evaluate("[customElements.get('lantern-chat'), globalThis.changed]") == [None, None]

    context = visits.context()
    context.route("**/later.js", change)
    visit = visits.visit(stand_in.address, context=context).open()
    answered(visit)
    visit.press("Menu")
    expect(visit.status).to_contain_text("No connection")
    assert visit.page.evaluate("globalThis.changed") is None
    visit.assert_quiet("integrity", "Failed to load")


def test_nothing_is_left_on_the_device_unless_the_person_agrees(visits: Visits, stand_in: StandIn) -> None:
    visit = visits.visit(stand_in.address).open()
    answered(visit)
    assert visit.page.evaluate("Object.keys(localStorage)") == []
    assert visit.page.evaluate("Object.keys(sessionStorage)") == ["lantern-chat/token"]
    visit.page.reload()
    visit.open()
    expect(visit.log).to_contain_text("run by Example Hospital")
    assert visit.replies.count() == 0


def test_who_agrees_finds_the_chat_again_and_can_take_it_back(visits: Visits, stand_in: StandIn) -> None:
    visit = visits.visit(stand_in.address).open()
    answered(visit, "the first")
    visit.press("Keep this chat on this device")
    expect(visit.log).to_contain_text("kept on this device until you delete it")
    answered(visit, "the second")
    visit.page.reload()
    visit.open()
    expect(visit.log.locator(".own")).to_contain_text(["the first", "the second"])
    expect(visit.replies).to_contain_text(["You said: the first", "You said: the second"])
    assert visit.page.evaluate("Object.keys(sessionStorage)") == []
    visit.press("Keep this chat on this device")
    expect(visit.log).to_contain_text("Nothing is kept on this device")
    assert visit.page.evaluate("Object.keys(localStorage)") == []
    answered(visit, "the third")
    visit.assert_quiet()


def test_two_tabs_share_a_chat_that_is_kept(visits: Visits, stand_in: StandIn) -> None:
    first = visits.visit(stand_in.address).open()
    first.press("Keep this chat on this device")
    second = Visit(first.page.context.new_page(), first.address, set())
    second.open()
    answered(first, "from the first tab")
    expect(second.replies).to_contain_text(["You said: from the first tab"])
    answered(second, "from the second tab")
    expect(first.log.locator(".own")).to_contain_text(["from the first tab", "from the second tab"])
    expect(first.replies).to_have_count(2)
    assert [said["message"] for said in stand_in.messages()] == ["from the first tab", "from the second tab"]
    second.choose("Delete everything")
    second.press("Yes, delete it")
    expect(first.log.locator(".own")).to_have_count(0)


def test_what_is_deleted_is_deleted_on_the_server_too(visits: Visits, gateway: Gateway) -> None:
    visit = visits.visit(gateway.address).open()
    visit.say("Is lupus contagious?")
    expect(visit.replies.first).to_contain_text("not contagious")
    token = visit.page.evaluate(TOKEN)
    assert len(gateway.kept(token)["messages"]) == 1
    visit.choose("Delete everything")
    visit.press("Yes, delete it")
    expect(visit.log).to_contain_text("The number of your receipt is")
    assert gateway.kept(token)["error"] == "unknown_conversation"
    assert visit.log.locator(".own").count() == 0
    assert visit.page.evaluate(STORED) == []


def test_what_cannot_be_deleted_on_the_server_yet_is_later(visits: Visits, stand_in: StandIn) -> None:
    visit = visits.visit(stand_in.address).open()
    answered(visit)
    visit.choose("Larger text")
    visit.page.context.set_offline(True)
    visit.press("Delete everything")
    visit.press("Yes, delete it")
    expect(visit.log).to_contain_text("as soon as that can be reached")
    assert not any(method == "DELETE" for method, _, _ in stand_in.received)
    context = visit.page.context
    visit.page.close()
    context.set_offline(False)
    later = Visit(context.new_page(), visit.address, set())
    later.page.wait_for_function("() => !Object.keys(localStorage).length")
    assert [path for method, path, _ in stand_in.received if method == "DELETE"] == ["/api/v1/conversation"]


def test_a_conversation_that_is_gone_is_followed_by_a_new_one(visits: Visits, gateway: Gateway) -> None:
    visit = visits.visit(gateway.address).open()
    visit.say("Is lupus contagious?")
    expect(visit.replies.first).to_contain_text("not contagious")
    token = visit.page.evaluate(TOKEN)
    headers = {"Authorization": f"Bearer {token}"}
    httpx.delete(f"{gateway.address}/api/v1/conversation", headers=headers, trust_env=False).raise_for_status()
    before = visit.replies.count()
    visit.say("What causes lupus?")
    expect(visit.replies).not_to_have_count(before)
    assert visit.page.evaluate(TOKEN) != token


def test_hidden_quickly_it_leaves_nothing_behind(visits: Visits, stand_in: StandIn, hospital: Hospital) -> None:
    visit = visits.visit(stand_in.address).open()
    visit.press("Keep this chat on this device")
    answered(visit)
    visit.press("Hide quickly")
    expect(visit.chat.get_by_role("dialog")).to_be_hidden()
    assert visit.log.locator(".own, .said").count() == 0
    assert visit.page.evaluate(STORED) == []

    elsewhere = hospital.page(stand_in.address)
    visit = visits.visit(stand_in.address, f'hide-to="{elsewhere}"').open()
    visit.press("Hide quickly")
    visit.page.wait_for_url(elsewhere)


@pytest.mark.parametrize(
    "init", [BLOCKED, "delete Crypto.prototype.randomUUID;", "Date.now = () => 0;", "delete Navigator.prototype.locks;"]
)
def test_it_does_without_what_a_browser_may_refuse(visits: Visits, stand_in: StandIn, init: str) -> None:
    visit = visits.visit(stand_in.address, init=init).open()
    for text in ("the first", "the second"):
        answered(visit, text)
    assert [said["message"] for said in stand_in.messages()] == ["the first", "the second"]
    assert len({said["message_id"] for said in stand_in.messages()}) == 2
    blocked = init == BLOCKED
    assert visit.chat.get_by_role("button", name="Keep this chat").count() == (0 if blocked else 1)
    if blocked:
        expect(visit.log).to_contain_text("keeps nothing of the chat")
    visit.assert_quiet()


def test_where_the_share_of_storage_is_full_the_chat_goes_on(visits: Visits, stand_in: StandIn) -> None:
    visit = visits.visit(stand_in.address).open()
    visit.press("Keep this chat on this device")
    visit.page.evaluate("localStorage.setItem('of the page', 'x'.repeat(5 * 1024 * 1024 - 3000))")
    for number in range(4):
        answered(visit, f"message {number} " + "and more " * 40)
    assert [said["message"][:9] for said in stand_in.messages()] == [f"message {number}" for number in range(4)]
    visit.assert_quiet()


def test_of_two_on_one_page_each_is_a_chat_of_its_own(visits: Visits, stand_in: StandIn) -> None:
    visit = visits.visit(stand_in.address, 'label="One"></lantern-chat><lantern-chat label="Two" position="start"')
    for label in ("One", "Two"):
        visit.page.get_by_role("button", name=label).click()
    for number, name in enumerate(("first", "second")):
        visit.chat = visit.page.locator("lantern-chat").nth(number)
        answered(visit, f"in the {name}")
    for number, name in enumerate(("first", "second")):
        log = visit.page.locator("lantern-chat").nth(number).get_by_role("log")
        expect(log.locator(".said")).to_contain_text([f"You said: in the {name}"])
    visit.assert_quiet()


def test_taken_away_and_put_back_it_goes_on(visits: Visits, stand_in: StandIn) -> None:
    visit = visits.visit(stand_in.address).open()
    answered(visit, "before")
    visit.page.evaluate("() => { window.kept = document.querySelector('lantern-chat'); kept.remove(); }")
    visit.page.evaluate("() => { document.body.append(window.kept); window.kept.close(); window.kept.open(); }")
    answered(visit, "after")
    expect(visit.replies).to_contain_text(["You said: before", "You said: after"])
    assert len(stand_in.messages()) == 2
    visit.assert_quiet()


OF_THE_PAGE = """() => [document.head.childElementCount, document.body.childElementCount,
  document.adoptedStyleSheets.length, document.cookie, ...Object.keys(window).filter((name) => name !== 'before')]"""


def test_taken_away_it_leaves_nothing_behind(visits: Visits, stand_in: StandIn) -> None:
    visit = visits.visit(stand_in.address)
    visit.page.evaluate("() => { window.before = document.querySelector('lantern-chat'); before.remove(); }")
    without = visit.page.evaluate(OF_THE_PAGE)
    visit.page.evaluate("() => document.body.append(before)")
    answered(visit.open())
    visit.choose("Larger text")
    visit.page.evaluate("() => before.erase()")
    visit.page.evaluate("() => before.remove()")
    assert visit.page.evaluate(OF_THE_PAGE) == without
    assert visit.page.evaluate(STORED) == []


def test_it_works_inside_a_frame(visits: Visits, stand_in: StandIn, hospital: Hospital) -> None:
    inner = hospital.page(stand_in.address)
    outer = visits.context().new_page()
    outer.goto(inner)
    outer.evaluate("() => document.body.replaceChildren()")
    page = visits.context(bypass_csp=True).new_page()
    page.goto(inner)
    page.set_content(f'<iframe title="A hospital" src="{inner}" width="400" height="600"></iframe>')
    chat = page.frame_locator("iframe").locator("lantern-chat")
    chat.locator("[part=launcher]").click()
    chat.get_by_role("textbox").fill("in a frame")
    chat.get_by_role("textbox").press("Enter")
    expect(chat.get_by_role("log")).to_contain_text("You said: in a frame")


NONSENSE = (
    'lang="tlh" region="Mars" position="above" theme="pink" accent="red" '
    'endpoint="javascript:1" privacy="javascript:2" hide-to="x:y"'
)


def test_attributes_that_make_no_sense_are_told_and_left(visits: Visits, stand_in: StandIn) -> None:
    context = visits.context()
    warnings: list[str] = []
    context.on("console", lambda message: warnings.append(message.text) if message.type == "warning" else None)
    visit = visits.visit(stand_in.address, NONSENSE, context=context).open()
    for name in ("lang", "region", "position", "theme", "accent", "endpoint", "privacy", "hide-to"):
        assert [text for text in warnings if f" {name}=" in text], name
    answered(visit)
    expect(visit.chat.get_by_text("Call 911", exact=True)).to_be_visible()
    visit.assert_quiet()


@pytest.mark.parametrize(
    ("attributes", "shown"),
    [
        ('region="GB"', "Call 999"),
        ('region="uk"', "Call 999"),
        ('region="ES" lang="es-MX"', "Llame al 112"),
        ("", "Call 911"),
    ],
)
def test_whom_to_call_is_that_of_the_page_or_of_the_service(
    visits: Visits, stand_in: StandIn, attributes: str, shown: str
) -> None:
    visit = visits.visit(stand_in.address, attributes).open()
    expect(visit.chat.get_by_text(shown, exact=True)).to_be_visible()


def test_the_number_is_to_tap_on_a_phone_and_to_read_on_a_desktop(visits: Visits, stand_in: StandIn) -> None:
    stand_in.reply = lambda text: [card()]
    for options, links in ((PHONE, 2), ({}, 0)):
        visit = visits.visit(stand_in.address, **options).open()
        visit.say("help")
        expect(visit.log.locator(".card .dial")).to_have_text("Call 911")
        numbers = visit.chat.get_by_role("link", name="Call 911")
        assert [link.get_attribute("href") for link in numbers.all()] == ["tel:911"] * links


def test_where_no_number_is_known_it_says_so_in_words(visits: Visits, stand_in: StandIn) -> None:
    stand_in.respond = lambda method, path, body: Said({}) if path.endswith("/service") else None
    visit = visits.visit(stand_in.address, "").open()
    expect(visit.chat.locator("[part=alarm]")).to_contain_text("your local emergency number")
    assert visit.chat.locator("[part=alarm] a").count() == 0


def test_the_page_can_use_it_and_hears_no_word_of_what_is_said(visits: Visits, stand_in: StandIn) -> None:
    visit = visits.visit(stand_in.address)
    stand_in.reply = lambda text: [card()] if "help" in text else [answer(f"You said: {text}")]
    visit.page.evaluate(
        """() => { window.heard = [];
        for (const name of ['open', 'close', 'message', 'answer', 'emergency'])
          document.addEventListener(`lantern-${name}`, (event) => window.heard.push([event.type, event.detail])); }"""
    )
    assert visit.page.evaluate("document.querySelector('lantern-chat').isOpen") is False
    visit.page.evaluate("document.querySelector('lantern-chat').ask('  from the page ')")
    expect(visit.replies).to_contain_text(["You said: from the page"])
    visit.say("help")
    expect(visit.log.locator(".card")).to_be_visible()
    visit.page.evaluate("document.querySelector('lantern-chat').close()")
    heard = visit.page.evaluate("window.heard")
    assert [name for name, _ in heard] == [
        *("lantern-open", "lantern-message", "lantern-answer"),
        *("lantern-message", "lantern-emergency", "lantern-answer", "lantern-close"),
    ]
    assert {detail for _, detail in heard} == {None}
    assert visit.page.evaluate("customElements.get('lantern-chat').version")


@pytest.mark.parametrize(
    ("contact", "href"),
    [
        ("503 555 0100", "tel:5035550100"),
        ("+1 (503) 555-0100", "tel:+15035550100"),
        ("help@hospital.example", "mailto:help@hospital.example"),
        ("https://hospital.example/people", "https://hospital.example/people"),
        ("the desk on the first floor", None),
        ("javascript:alert(1)", None),
    ],
)
def test_a_person_can_be_reached(visits: Visits, stand_in: StandIn, contact: str, href: str | None) -> None:
    visit = visits.visit(stand_in.address, f'contact="{contact}"').open()
    visit.choose("Talk to a person")
    expect(visit.replies.last).to_contain_text(f"You can reach a person here: {contact}")
    links = visit.replies.last.locator("a")
    assert [link.get_attribute("href") for link in links.all()] == ([href] if href else [])


def test_where_nobody_said_how_the_assistant_is_asked(visits: Visits, stand_in: StandIn) -> None:
    visit = visits.visit(stand_in.address).open()
    visit.choose("Talk to a person")
    expect(visit.replies).to_contain_text(["You said: I want to talk to a person"])


PRINTED = "window.print = () => { top.printed = [document.title, document.body.innerText]; };"


def test_the_chat_can_be_printed_and_taken_along(visits: Visits, stand_in: StandIn, tmp_path: Path) -> None:
    stand_in.reply = lambda text: [answer(f"You said: {text}", "platelets < 50 & anti_ds_DNA")]
    visit = visits.visit(stand_in.address, init=PRINTED).open()
    answered(visit)
    visit.choose("Print the chat")
    title, text = visit.page.evaluate("window.printed")
    assert title == "Chat with Lantern"
    for part in (
        "hello",
        "You said: hello",
        "platelets < 50 & anti_ds_DNA",
        "A page, A place, 2025",
        "November 22, 2026",
    ):
        assert part in text
    assert "Read aloud" not in text
    visit.press("Print")
    assert "I am an automated assistant" not in visit.page.evaluate("window.printed")[1]
    visit.press("Menu")
    with visit.page.expect_download() as waiting:
        visit.press("Save the chat as a file")
    saved = tmp_path / "chat.txt"
    waiting.value.save_as(saved)
    assert waiting.value.suggested_filename == "Chat with Lantern.txt"
    lines = saved.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line in ("You: hello", "platelets < 50 & anti_ds_DNA")]
    visit.assert_quiet()


SPEAKS = """window.spoken = [];
const speak = (one) => window.spoken.push([one.lang, one.text]);
Object.defineProperty(window, 'speechSynthesis', { value: { speak, cancel() {} } });"""


def test_an_answer_can_be_heard(visits: Visits, stand_in: StandIn) -> None:
    stand_in.reply = lambda text: [answer("The first.", "The second.")]
    visit = visits.visit(stand_in.address, init=SPEAKS).open()
    answered(visit)
    aloud = visit.log.get_by_role("button", name="Read aloud")
    aloud.click()
    expect(aloud).to_have_attribute("aria-pressed", "true")
    assert visit.page.evaluate("window.spoken") == [["en", "The first."], ["en", "The second."]]
    aloud.click()
    expect(aloud).to_have_attribute("aria-pressed", "false")


def test_a_card_stays_at_hand_until_it_is_taken_back(visits: Visits, stand_in: StandIn) -> None:
    stand_in.reply = lambda text: [card()] if "help" in text else [answer(*(f"Line {row}." for row in range(40)))]
    visit = visits.visit(stand_in.address).open()
    visit.say("help")
    expect(visit.log.locator(".card")).to_be_in_viewport()
    expect(visit.log.locator(".card .dial")).to_have_text("Call 911")
    answered(visit, "something else")
    pinned = visit.chat.locator(".pin")
    expect(pinned).to_be_visible()
    visit.press("Show it")
    expect(visit.log.locator(".card")).to_be_in_viewport()
    expect(pinned).to_be_hidden()
    answered(visit, "more")
    expect(pinned).to_be_visible()
    pinned.get_by_role("button", name="This is not an emergency").click()
    expect(pinned).to_be_hidden()
    assert stand_in.messages()[-1]["message"] == "This is not an emergency"


def test_pages_of_the_gateway_keep_to_its_own_policy(visits: Visits, gateway: Gateway) -> None:
    for path in ("/", "/chat", "/docs/embed"):
        page: Page = visits.context().new_page()
        visit = Visit(page, gateway.address + path, {gateway.address.removeprefix("http://")})
        if path == "/docs/embed":
            visit.open()
        visit.say("Is lupus contagious?")
        expect(visit.log).to_contain_text("No, lupus is not contagious")
        page.on("dialog", _unwanted)
        visit.choose("Print the chat")
        visit.assert_quiet()
    page.goto(f"{gateway.address}/chat")
    chat = page.locator("lantern-chat")
    chat.get_by_role("button", name="Hide quickly").click()
    expect(chat.get_by_role("log")).to_be_hidden()
    chat.get_by_role("button", name="Ask a question").click()
    expect(chat.get_by_role("log")).to_be_visible()


def _unwanted(dialog: Dialog) -> Any:
    raise AssertionError(dialog.message)
