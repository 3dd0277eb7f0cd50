"""The chat for everybody: no fault that axe-core finds, by keyboard alone, heard once, large enough, in any window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import FAULTS
from tests.browser.conftest import DESK, MOST_TABS, PHONE, Visit, Visits
from tests.browser.stand_in import Messages, Said, StandIn, answer, card

pytestmark = pytest.mark.takes_long

SMALL: dict[str, Any] = {"viewport": {"width": 320, "height": 568}, "has_touch": True}
ENLARGED: dict[str, Any] = {"viewport": {"width": 320, "height": 200}}
"""A window of 1280 by 800 at 400 %."""
QUIZ = {
    "text": "Which one?",
    "answer": answer(
        blocks=[{"type": "quiz", "runs": [{"text": "Which one?"}], "items": [[{"text": "This"}], [{"text": "That"}]]}]
    )["answer"],
    "buttons": [{"title": "This", "payload": "This"}, {"title": "That", "payload": "That"}],
}
TRIAL = {"type": "trial", "items": [[{"text": "A study"}], [{"text": "Recruiting"}]], "data": {"nct_id": "NCT00000001"}}
RICH = answer(
    blocks=[
        {"type": "paragraph", "runs": [{"text": "A "}, {"text": "word", "glossary": "word"}, {"text": " in a line."}]},
        {"type": "callout", "runs": [{"text": "Take care."}]},
        {"type": "list", "items": [[{"text": "one"}], [{"text": "two"}]]},
        {"type": "steps", "items": [[{"text": "first"}], [{"text": "second"}]]},
        TRIAL,
        {"type": "link", "runs": [{"text": "A page elsewhere", "href": "https://a.example/page"}]},
    ]
)
RICH["buttons"] = [{"title": "Tell me more", "payload": "Tell me more"}, {"title": "Why?", "payload": "Why?"}]


def scripted(text: str) -> Messages:
    return {"help": [card()], "quiz": [QUIZ], "rich": [RICH]}.get(text) or [answer(f"You said: {text}")]


@pytest.fixture
def server(stand_in: StandIn) -> StandIn:
    stand_in.reply = scripted
    return stand_in


Steps = Callable[[Visit, StandIn], None]


def closed(visit: Visit, server: StandIn) -> None:
    expect(visit.chat.locator("[part=launcher]")).to_be_visible()


def empty(visit: Visit, server: StandIn) -> None:
    visit.open()
    expect(visit.log).to_contain_text("Example Hospital")


def in_spanish(visit: Visit, server: StandIn) -> None:
    visit.open()
    visit.chat.get_by_role("textbox", name="Su pregunta").fill("help")
    visit.page.keyboard.press("Enter")
    expect(visit.log.locator(".card")).to_be_visible()


def said(*texts: str) -> Steps:
    def steps(visit: Visit, server: StandIn) -> None:
        visit.open()
        for number, text in enumerate(texts):
            visit.say(text)
            expect(visit.replies).to_have_count(number + 1)

    return steps


def explained(visit: Visit, server: StandIn) -> None:
    said("rich")(visit, server)
    visit.log.locator("summary").click()
    visit.press("word")
    expect(visit.log.get_by_role("note")).to_be_visible()
    visit.log.get_by_role("button", name="No", exact=True).click()
    expect(visit.log.get_by_role("textbox")).to_be_focused()


def waiting(visit: Visit, server: StandIn) -> None:
    server.reply = lambda text: [answer("late")] if server.closing.wait(20) else []
    visit.open()
    visit.say("hello")
    expect(visit.status).to_have_text("Finding an answer…")


def pinned(visit: Visit, server: StandIn) -> None:
    server.reply = lambda text: [card()] if text == "help" else [answer(*(f"Line {row}." for row in range(30)))]
    said("help", "and then")(visit, server)
    expect(visit.chat.locator(".pin")).to_be_visible()


def offline(visit: Visit, server: StandIn) -> None:
    said("rich")(visit, server)
    visit.page.context.set_offline(True)
    visit.say("hello")
    expect(visit.status).to_contain_text("No connection")


def refused(visit: Visit, server: StandIn) -> None:
    server.respond = lambda method, path, body: Said({}, 400) if path.endswith("/messages") else None
    visit.open()
    visit.say("hello")
    expect(visit.log.locator(".refused")).to_be_visible()


def menu(visit: Visit, server: StandIn) -> None:
    said("rich")(visit, server)
    visit.press("Menu")
    expect(visit.chat.get_by_role("button", name="Talk to a person")).to_be_focused()


def deleting(visit: Visit, server: StandIn) -> None:
    menu(visit, server)
    visit.press("Delete everything")


def first_aid(visit: Visit, server: StandIn) -> None:
    visit.open()
    visit.press("First aid")


def looked_up(visit: Visit, server: StandIn) -> None:
    first_aid(visit, server)
    visit.press("An adult")


def beating(visit: Visit, server: StandIn) -> None:
    looked_up(visit, server)
    visit.press("Count 30 pushes, then 2 breaths")
    visit.press("Start the beat")
    expect(visit.log.locator(".light")).to_have_text("1")


def in_the_page(visit: Visit, server: StandIn) -> None:
    visit.say("rich")
    expect(visit.replies).to_have_count(1)


DARK = {"color_scheme": "dark"}
STATES: dict[str, tuple[Steps, dict[str, Any], str, str]] = {
    "closed": (closed, DESK, "", ""),
    "empty": (empty, DESK, "", ""),
    "waiting": (waiting, PHONE, "", ""),
    "answered": (explained, DESK, "", ""),
    "answered on a phone": (explained, PHONE, "", ""),
    "card": (said("help"), PHONE, "", ""),
    "card at hand": (pinned, DESK, "", ""),
    "quiz": (said("quiz"), DESK, "", ""),
    "offline": (offline, PHONE, "", ""),
    "first aid": (first_aid, PHONE, "", ""),
    "card with the beat": (looked_up, PHONE, "", ""),
    "beat running": (beating, DESK, "", ""),
    "beat running in the dark": (beating, PHONE | DARK, "", ""),
    "beat in 320 pixels": (beating, SMALL, "", ""),
    "beat right to left": (beating, DESK, "", 'lang="ar" dir="rtl"'),
    "refused": (refused, DESK, "", ""),
    "menu": (menu, PHONE, "", ""),
    "deleting": (deleting, DESK, "", ""),
    "dark": (explained, PHONE | DARK, "", ""),
    "dark card": (said("help"), DESK | DARK, "", ""),
    "dark launcher": (closed, DESK | DARK, "", ""),
    "right to left": (explained, DESK, "", 'lang="ar" dir="rtl"'),
    "320 pixels": (explained, SMALL, "", ""),
    "enlarged to 400 %": (explained, ENLARGED, "", ""),
    "Spanish": (in_spanish, DESK, 'lang="es" region="ES"', ""),
    "a light accent": (explained, DESK, 'accent="#ffd54f"', ""),
    "a light accent in the dark": (explained, DESK | DARK, 'accent="#ffd54f"', ""),
    "a middling accent": (explained, DESK, 'accent="#7a7a7a"', ""),
    "in the page": (in_the_page, DESK, 'position="inline"', ""),
}


IN_ELEMENT = "document.querySelector('lantern-chat').shadowRoot"


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_no_fault(visits: Visits, server: StandIn, axe: str, state: str) -> None:
    steps, options, attributes, html = STATES[state]
    visit = visits.visit(server.address, attributes or 'region="US"', html=html or 'lang="en"', **options)
    steps(visit, server)
    visit.page.evaluate(axe)
    assert visit.page.evaluate(FAULTS) == []


def test_axe_would_find_one(visits: Visits, server: StandIn, axe: str) -> None:
    visit = visits.visit(server.address).open()
    visit.page.evaluate(f"{IN_ELEMENT}.querySelector('.log').append(document.createElement('button'))")
    visit.page.evaluate(axe)
    assert [row[0] for row in visit.page.evaluate(FAULTS)] == ["button-name"]


def test_all_of_it_is_reached_by_keyboard(visits: Visits, server: StandIn) -> None:
    visit = visits.visit(server.address, before="<button>Of the page</button>")
    keys = visit.page.keyboard

    def tab_to(name: str) -> None:
        for _ in range(MOST_TABS):
            keys.press("Tab")
            if visit.focused()[1] == name:
                return
        raise AssertionError(f"no way to {name} by Tab; at {visit.focused()}")

    tab_to("Of the page")
    tab_to("Ask a question")
    keys.press("Enter")
    assert visit.focused()[0] == "textarea"
    keys.type("first line")
    keys.press("Shift+Enter")
    keys.type("second line")
    keys.press("Enter")
    expect(visit.log.locator(".own .text")).to_have_text("first line\nsecond line")
    assert visit.focused()[0] == "textarea", "to write on"
    keys.type("rich")
    keys.press("Enter")
    expect(visit.replies).to_have_count(2)
    for name in ("Hide quickly", "Menu", "Close", "Conversation", "Keep this chat on this device"):
        tab_to(name)
    tab_to("word")
    keys.press("Enter")
    expect(visit.log.get_by_role("note")).to_have_text("What the word means.")
    keys.press("Enter")
    expect(visit.log.get_by_role("note")).to_have_count(0)
    tab_to("Tell me more")
    keys.press("Enter")
    expect(visit.replies).to_have_count(3)
    assert visit.focused()[0] == "textarea"
    visit.chat.get_by_role("button", name="Menu").focus()
    keys.press("Enter")
    expect(visit.chat.get_by_role("button", name="Talk to a person")).to_be_focused()
    keys.press("Escape")
    assert visit.focused()[1] == "Menu"
    keys.press("Escape")
    expect(visit.chat.get_by_role("dialog")).to_be_hidden()
    assert visit.focused()[1] == "Ask a question"


def test_on_a_small_screen_focus_stays_in_the_panel(visits: Visits, server: StandIn) -> None:
    visit = visits.visit(server.address, before="<button>Of the page</button>", **SMALL).open()
    assert visit.focused() == ("h2", "Lantern"), "no keyboard covers what is said first"
    seen = set()
    for _ in range(20):
        visit.page.keyboard.press("Tab")
        seen.add((visit.focused() or ("", ""))[1])
    assert {"Close", "Send"} <= seen
    assert "Of the page" not in seen
    visit.page.keyboard.press("Escape")
    assert visit.focused()[1] == "Ask a question"


LISTEN = f"""() => {{
  window.announced = [];
  const log = {IN_ELEMENT}.querySelector('[role=log]');
  const live = (node) => {{
    for (let at = node; at && at !== log.parentNode; at = at.parentElement) {{
      if (at.getAttribute('aria-hidden') === 'true') return false;
      const set = at.getAttribute('aria-live');
      if (set) return set !== 'off';
    }}
    return true;
  }};
  new MutationObserver((records) => {{
    for (const {{ target, addedNodes }} of records)
      for (const node of addedNodes)
        if (live(node.nodeType === 1 ? node : target)) window.announced.push(node.textContent);
  }}).observe(log, {{ childList: true, subtree: true }});
}}"""
"""What a screen reader hears: what is added to the log, unless a part of it is hidden or silent."""


def test_each_answer_is_heard_once_and_in_order(visits: Visits, server: StandIn) -> None:
    visit = visits.visit(server.address).open()
    visit.press("Keep this chat on this device")
    visit.page.evaluate(LISTEN)
    for text in ("one", "two", "help"):
        visit.say(text)
        expect(visit.log.locator(".own")).to_contain_text([text])
    expect(visit.replies).to_have_count(3)
    heard = visit.page.evaluate("window.announced")
    said = [text for text in heard if "Assistant: " in text]
    assert [text.split("Assistant: ")[1][:13] for text in said] == ["You said: one", "You said: two", "Call 911 now."]
    assert [text for text in heard if "You: " in text] == ["You: one", "You: two", "You: help"]
    assert len(heard) == 6

    session = visit.page.context.new_cdp_session(visit.page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    [log] = [node for node in nodes if node.get("role", {}).get("value") == "log"]
    told = {row["name"]: row["value"]["value"] for row in log["properties"]}
    assert (told["live"], told["relevant"]) == ("polite", "additions")
    spoken = [node["name"]["value"] for node in nodes if node.get("role", {}).get("value") == "StaticText"]
    for text in ("You said: one", "You said: two", "Call 911 now."):
        assert spoken.count(text) == 1

    visit.page.reload()
    visit.page.evaluate(f"{LISTEN.replace('() => {', '() => { document.querySelector(`lantern-chat`).open();', 1)}")
    expect(visit.replies).to_have_count(3)
    assert visit.page.evaluate("window.announced") == [], "what was said before is not news"


SIZES = f"""() => [...{IN_ELEMENT}.querySelectorAll('button, a, summary, input, textarea')]
  .filter((node) => node.checkVisibility() && !node.matches('.word, p a, li a'))
  .map((node) => [node.textContent || node.localName, node.getBoundingClientRect()])
  .filter(([, box]) => box.width < 44 || box.height < 44).map(([text, box]) => [text, box.width, box.height])"""
WIDER = f"""() => [document.documentElement, ...{IN_ELEMENT}.querySelectorAll('.panel, .panel :not(.unseen)')]
  .filter((node) => node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).overflowX !== 'visible')
  .map((node) => node.className || node.localName)"""


@pytest.mark.parametrize("steps", [explained, pinned, deleting], ids=lambda steps: steps.__name__)
@pytest.mark.parametrize("options", [PHONE, SMALL, ENLARGED], ids=["phone", "320 pixels", "400 %"])
def test_everything_can_be_hit_and_nothing_is_wider_than_the_window(
    visits: Visits, server: StandIn, steps: Steps, options: dict[str, Any]
) -> None:
    visit = visits.visit(server.address, **options)
    steps(visit, server)
    assert visit.page.evaluate(SIZES) == []
    assert visit.page.evaluate(WIDER) == []


COVERED = """() => {
  let focused = document.activeElement;
  while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  const box = focused.getBoundingClientRect();
  const at = [box.x + box.width / 2, box.y + Math.min(box.height / 2, 20)];
  let seen = document.elementFromPoint(...at);
  while (seen?.shadowRoot?.elementFromPoint(...at) && seen !== seen.shadowRoot.elementFromPoint(...at))
    seen = seen.shadowRoot.elementFromPoint(...at);
  return focused.contains(seen) || seen?.contains(focused) ? null : [focused.outerHTML.slice(0, 80), seen?.className];
}"""


@pytest.mark.parametrize("options", [SMALL, ENLARGED], ids=["320 pixels", "400 %"])
def test_what_has_the_focus_is_never_covered(visits: Visits, server: StandIn, options: dict[str, Any]) -> None:
    visit = visits.visit(server.address, **options)
    said("rich", "help", "rich")(visit, server)
    visit.log.locator("summary").last.click()
    for _ in range(MOST_TABS):
        visit.page.keyboard.press("Tab")
        if visit.focused() is None or visit.focused()[0] == "body":
            continue
        assert visit.page.evaluate(COVERED) is None


def test_the_keyboard_of_a_phone_never_hides_the_field(visits: Visits, server: StandIn) -> None:
    visit = visits.visit(server.address, **PHONE).open()
    visit.page.evaluate(
        """() => { Object.defineProperty(visualViewport, 'height', { value: 400, configurable: true });
          visualViewport.dispatchEvent(new Event('resize')); }"""
    )
    box = visit.input.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 400
    bar = visit.chat.locator("[part=alarm]").bounding_box()
    assert bar is not None
    assert bar["y"] >= 0


def test_text_can_be_made_larger(visits: Visits, server: StandIn) -> None:
    visit = visits.visit(server.address, **PHONE)
    said("rich")(visit, server)
    size = "node => parseFloat(getComputedStyle(node).fontSize)"
    before = visit.replies.locator("p").first.evaluate(size)
    visit.press("Menu")
    for _ in range(5):
        visit.press("Larger text")
    assert visit.replies.locator("p").first.evaluate(size) == before * 2
    assert visit.page.evaluate(WIDER) == []
    for _ in range(5):
        visit.press("Smaller text")
    assert visit.replies.locator("p").first.evaluate(size) == before >= 16


def test_it_keeps_its_size_on_a_page_with_small_type(visits: Visits, server: StandIn) -> None:
    visit = visits.visit(server.address).open()
    visit.page.evaluate("document.documentElement.style.fontSize = '10px'")
    assert visit.log.evaluate("node => parseFloat(getComputedStyle(node).fontSize)") == 16
    visit.page.evaluate("document.documentElement.style.fontSize = '24px'")
    assert visit.log.evaluate("node => parseFloat(getComputedStyle(node).fontSize)") == 24


def test_nothing_moves_and_colours_are_those_of_the_system(visits: Visits, server: StandIn) -> None:
    visit = visits.visit(server.address, forced_colors="active", reduced_motion="reduce")
    explained(visit, server)
    moving = visit.page.evaluate(
        f"""() => [...{IN_ELEMENT}.querySelectorAll('*')].filter((node) => {{
          const style = getComputedStyle(node);
          return style.animationName !== 'none' || parseFloat(style.transitionDuration) > 0;
        }}).length"""
    )
    assert moving == 0
    border = visit.log.locator(".own").first.evaluate("node => getComputedStyle(node).borderTopWidth")
    assert float(border.removesuffix("px")) >= 2
