"""Nothing that anybody writes, and nothing that a server sends, is run; and all of it is shown exactly as it is."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import Visit, Visits
from tests.browser.stand_in import Said, StandIn, answer

RAN = "window.ran = 0; window.run = () => { window.ran += 1; }; window.alert = window.run;"
STRINGS = (
    "<script>run()</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    '"><script>run()</script>',
    "'><script>run()</script>",
    "</textarea><script>run()</script>",
    "</style><script>run()</script>",
    "<img src=x onerror=run()>",
    '<img src=x onerror="run()">',
    "<IMG SRC=javascript:run()>",
    '<IMG """><SCRIPT>run()</SCRIPT>">',
    "<svg onload=run()>",
    "<svg><script>run()</script></svg>",
    "<svg><animate onbegin=run() attributeName=x dur=1s>",
    "<svg><foreignObject><iframe srcdoc='<script>parent.run()</script>'>",
    "<math><mtext><table><mglyph><style><img src=x onerror=run()>",
    "<body onload=run()>",
    "<iframe src=javascript:run()></iframe>",
    "<iframe srcdoc='<script>parent.run()</script>'></iframe>",
    "<object data=javascript:run()>",
    "<embed src=javascript:run()>",
    "<video><source onerror=run()></video>",
    "<audio src=x onerror=run()>",
    "<details open ontoggle=run()>",
    "<input autofocus onfocus=run()>",
    "<select autofocus onfocus=run()>",
    "<marquee onstart=run()>",
    "<form action=javascript:run()><button>x</button></form>",
    "<a href=javascript:run()>x</a>",
    "<base href=//evil.example/>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=javascript:run()'>",
    "<style>@import '//evil.example/x.css';</style>",
    "<style>*{background:url(javascript:run())}</style>",
    "<div style='background:url(javascript:run())'>",
    "<template><script>run()</script></template>",
    "<x-y onclick=run()>x</x-y>",
    "<!--><script>run()</script>-->",
    "<![CDATA[<script>run()</script>]]>",
    "<?xml version='1.0'?><script>run()</script>",
    "&lt;script&gt;run()&lt;/script&gt;",
    "&#60;script&#62;run()&#60;/script&#62;",
    "%3Cscript%3Erun()%3C/script%3E",
    "\\u003cscript\\u003erun()\\u003c/script\\u003e",
    "javascript:run()",
    "JaVaScRiPt:run()",
    "java\tscript:run()",
    "data:text/html,<script>run()</script>",
    "vbscript:run()",
    "[x](javascript:run())",
    "![x](x onerror=run())",
    "**bold** _it_ `code` anti_ds_DNA",
    "platelets < 50 and eGFR > 30",
    "1 < 2 && 3 > 2",
    "{{constructor.constructor('run()')()}}",
    "${run()}",
    "#{run()}",
    "<%= run() %>",
    "'; run(); //",
    '"; run(); //',
    "`${run()}`",
    "');run()//",
    "' OR 1=1 --",
    "onerror=run()",
    'x" onmouseover="run()" y="',
    "\u202eevitcaer\u202c",
    "a\u0300\u0301\u0302\u0303 zalgo",
    "\U0001f9d1\u200d\u2695\ufe0f \u00a1hola!",
    "__proto__",
    "constructor",
    "<lantern-chat endpoint=//evil.example></lantern-chat>",
)


def ready(visits: Visits, stand_in: StandIn, attributes: str = 'region="US"') -> Visit:
    return visits.visit(stand_in.address, attributes, init=RAN).open()


def assert_nothing_ran(visit: Visit) -> None:
    for name in ("mouseover", "click", "focus"):
        visit.page.evaluate(
            """(name) => {
              const log = document.querySelector('lantern-chat').shadowRoot.querySelector('.log');
              for (const node of log.querySelectorAll(':not([data-act], a)')) node.dispatchEvent(new Event(name));
            }""",
            name,
        )
    assert visit.page.evaluate("window.ran") == 0
    built = visit.page.evaluate(
        """() => [...new Set([...document.querySelector('lantern-chat').shadowRoot.querySelectorAll('*')]
          .map((node) => node.localName))]"""
    )
    assert not {"script", "img", "iframe", "style", "object", "svg", "base", "link", "meta", "x-y"} & set(built)
    assert visit.page.evaluate("document.querySelectorAll('lantern-chat').length") == 1
    addresses = visit.page.evaluate(
        """() => Array.from(document.querySelector('lantern-chat').shadowRoot.querySelectorAll('a'),
          (node) => node.protocol)"""
    )
    assert set(addresses) <= {"https:", "http:", "tel:", "mailto:"}
    visit.assert_quiet()


def test_there_are_enough_of_them() -> None:
    assert len(set(STRINGS)) >= 60


def test_what_a_person_writes_is_shown_exactly(visits: Visits, stand_in: StandIn) -> None:
    visit = ready(visits, stand_in)
    for text in STRINGS:
        visit.input.fill(text)
        visit.input.press("Enter")
    expect(visit.replies).to_have_count(len(STRINGS), timeout=30_000)
    assert visit.log.locator(".own .text").all_text_contents() == list(STRINGS)
    assert visit.replies.locator(".text").all_text_contents() == [f"You said: {text}" for text in STRINGS]
    assert [said["message"] for said in stand_in.messages()] == list(STRINGS)
    assert_nothing_ran(visit)


def everywhere(text: str) -> dict[str, Any]:
    """A message with this text in every place that a text can have."""
    run = {"text": text}
    blocks = [
        {"type": "paragraph", "runs": [run]},
        {"type": "paragraph", "runs": [{"text": text, "href": text}]},
        {"type": "paragraph", "runs": [{"text": text, "glossary": text}]},
        {"type": "callout", "runs": [run]},
        {"type": "list", "items": [[run]]},
        {"type": "steps", "items": [[run]]},
        {"type": "trial", "items": [[run]], "data": {"nct_id": text, "address": text}},
        {"type": "quiz", "runs": [run], "items": [[run]], "data": {"question": text}},
        {"type": text, "runs": [run]},
    ]
    source = {"key": text, "title": text, "organisation": text, "year": text, "address": text}
    parts: dict[str, Any] = dict.fromkeys(("locale", "topic", "checked_on", "as_of", "review"), text)
    message = answer(blocks=blocks, entry=text, revision=text, sources=[source], **parts)
    return {**message, "text": text, "buttons": [{"title": text, "payload": text}]}


def test_what_an_entry_holds_is_shown_exactly_wherever_it_stands(visits: Visits, stand_in: StandIn) -> None:
    stand_in.reply = lambda text: [everywhere(string) for string in STRINGS]
    visit = ready(visits, stand_in)
    visit.say("all")
    expect(visit.replies).to_have_count(len(STRINGS))
    for reply, text in zip(visit.replies.all(), STRINGS):
        pieces = reply.locator(".text").locator("p, li").all_text_contents()
        assert pieces == [text] * 9
        assert reply.locator(".offers button").all_text_contents() == [text]
        assert reply.locator("details li").all_text_contents() == [f"{text}, {text}, {text}"]
    assert visit.page.evaluate("window.ran") == 0
    visit.replies.last.locator(".offers button").click()
    expect(visit.log.locator(".own .text").last).to_have_text(STRINGS[-1])
    assert_nothing_ran(visit)


def test_attributes_and_what_the_service_says_are_shown_exactly(visits: Visits, stand_in: StandIn) -> None:
    hostile = '<img src=x onerror="run()">'
    told = {"name": hostile, "operator": hostile, "region": hostile, "contact": hostile, "contact_hours": hostile}
    stand_in.respond = lambda method, path, body: (
        Said({**told, "kept_days": hostile}) if path.endswith("/service") else None
    )
    visit = ready(visits, stand_in, "label='&lt;b>' region='&lt;b>' accent='&lt;b>'")
    expect(visit.log).to_contain_text(f"This service is run by {hostile}.")
    expect(visit.chat.get_by_role("heading")).to_have_text(hostile)
    visit.choose("Talk to a person")
    expect(visit.replies.last).to_contain_text(f"You can reach a person here: {hostile}")
    assert_nothing_ran(visit)


DEEP: Any = "deep"
for _ in range(400):
    DEEP = [DEEP]
WRONG: tuple[Any, ...] = (
    *({"messages": shape} for shape in ([None], [5], ["text"], [[]], [{}], [{"answer": 5}], [{"answer": []}])),
    {"messages": [{"answer": {"blocks": "text"}, "text": "the text"}]},
    {"messages": [{"answer": {"blocks": [None, 5, "x", [], {}, {"type": None}]}}]},
    {"messages": [{"answer": {"blocks": [{"type": "paragraph", "runs": {"text": "x"}}]}}]},
    {"messages": [{"answer": {"blocks": [{"type": "paragraph", "runs": [{"text": {"a": 1}}]}]}}]},
    {"messages": [{"answer": {"blocks": [{"type": "steps", "items": [5, [5], [{"text": 5}]]}]}}]},
    {"messages": [{"answer": {"blocks": [{"type": "hologram", "runs": [{"text": "still text"}]}]}}]},
    {"messages": [{"answer": {"blocks": [{"type": "__proto__", "items": [[{"text": "still text"}]]}]}}]},
    {"messages": [{"answer": {"blocks": DEEP}}]},
    {"messages": [{"answer": {"kind": {"a": 1}, "sources": [None, 5, {"title": None}], "follow_ups": [None, {}]}}]},
    {"messages": [{"text": "x", "buttons": [None, {"title": "x"}, {"title": ["x"], "payload": 5}]}]},
    {"messages": [{"text": "many", "buttons": [{"title": "x", "payload": "x"}] * 5000}]},
    {"messages": [answer(*["a line"] * 5000)]},
    {"messages": [answer("x" * 100_000)]},
    {"messages": [{"text": "fine"}], "token": {"a": 1}},
)


def test_replies_of_a_wrong_shape_are_shown_as_far_as_they_are_text(visits: Visits, stand_in: StandIn) -> None:
    def wrong(method: str, path: str, body: dict[str, str]) -> Said | None:
        said = body["message"] if path.endswith("/messages") else ""
        return Said(WRONG[int(said)]) if said.isdecimal() else None

    stand_in.respond = wrong
    visit = ready(visits, stand_in)
    for number in range(len(WRONG)):
        visit.say(str(number))
        expect(visit.replies).to_have_count(number + 1)
    shown = visit.replies.locator(".text").all_inner_texts()
    assert all(text.strip() for text in shown)
    assert shown.count("still text") == 2
    assert "the text" in shown
    assert max(len(text) for text in shown) <= 60 * 20_000
    visit.say("hello")
    expect(visit.replies.last).to_contain_text("You said: hello")
    assert_nothing_ran(visit)


UNREADABLE = (b"<!doctype html><script>run()</script>", b"", b"5", b"[]", b"{}", b'{"messages": []}', b"x" * 5_000_000)


# Presses "Try now" until the message is given up. Between looking for the button and pressing it the chat may have
# tried by itself, so both are one step.
IMPATIENT = """() => {
  const chat = document.querySelector("lantern-chat").shadowRoot;
  chat.querySelector("[data-act=try-now]").click();
  return chat.querySelector(".refused") !== null;
}"""


def test_replies_that_cannot_be_read_are_given_up_in_the_end(visits: Visits, stand_in: StandIn) -> None:
    bodies = iter(UNREADABLE)

    def unreadable(method: str, path: str, body: dict[str, str]) -> Said | None:
        broken = path.endswith("/messages") and body["message"] == "broken"
        return Said(next(bodies, b"null"), headers={"Content-Type": "text/html"}) if broken else None

    stand_in.respond = unreadable
    visit = ready(visits, stand_in)
    visit.say("broken")
    visit.page.wait_for_function(IMPATIENT, polling=200)
    expect(visit.log.locator(".own")).to_contain_text(["This message could not be sent."])
    visit.say("hello")
    expect(visit.replies).to_contain_text(["You said: hello"])
    assert_nothing_ran(visit)


def test_five_megabytes_are_not_read_to_their_end(visits: Visits, stand_in: StandIn) -> None:
    def heavy(method: str, path: str, body: Any) -> Said | None:
        return Said({"messages": [answer("x" * 5_000_000)]}) if path.endswith("/messages") else None

    stand_in.respond = heavy
    visit = ready(visits, stand_in)
    visit.say("hello")
    expect(visit.status).to_contain_text("No connection")
    assert visit.replies.count() == 0
    assert_nothing_ran(visit)


def test_what_another_page_of_the_site_wrote_to_the_storage_does_no_harm(visits: Visits, stand_in: StandIn) -> None:
    rows: tuple[object, ...] = (
        5, None, [], {"by": "person"}, {"by": "assistant", "id": "x", "message": {"answer": {"blocks": STRINGS}}},
        {"by": "person", "id": "<img src=x onerror=run()>", "text": STRINGS[6], "answered": True},
    )  # fmt: skip
    stored = {f"lantern-chat/row/{number:08}-x": json.dumps(row) for number, row in enumerate(rows)}
    stored |= {"lantern-chat/agreed": "1", "lantern-chat/row/garbage": "{", "lantern-chat/token": "x"}
    init = f"{RAN} for (const [key, value] of Object.entries({json.dumps(stored)})) localStorage.setItem(key, value);"
    visit = visits.visit(stand_in.address, init=init).open()
    expect(visit.log.locator(".own .text")).to_have_text([STRINGS[6]])
    visit.say("hello")
    expect(visit.replies.last).to_contain_text("You said: hello")
    assert_nothing_ran(visit)
