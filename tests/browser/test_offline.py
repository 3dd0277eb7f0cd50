"""Help without any network: the rules read what is written, the cards are there, the beat for CPR keeps its time."""

from __future__ import annotations

import json
import threading
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.conftest import DESK, PHONE, Gateway, Visit, Visits
from tests.browser.stand_in import Said, StandIn, answer, listed_cards
from tests.running import PROJECT
from tests.safety.conftest import examples
from web.widget.rules import packed

pytestmark = pytest.mark.takes_long

COLLAPSED = "my dad collapsed and isn't breathing"
GONE = ("Failed to load resource", "ERR_CONNECTION_REFUSED", "ERR_INTERNET_DISCONNECTED", "CORS", "integrity")
CALM = "This is not an emergency"


def cards(visit: Visit) -> Locator:
    return visit.log.locator(".card")


def loaded(visit: Visit) -> Visit:
    """The chat is open and has all that it needs without a network."""
    with visit.page.expect_response(lambda response: "/widget/rules/" in response.url):
        visit.open()
    expect(visit.chat.get_by_role("button", name="First aid")).to_be_visible()
    return visit


def look_up(visit: Visit, title: str) -> None:
    visit.press("First aid")
    visit.press(title)


def published(gateway: Gateway, locale: str = "en", region: str = "US") -> dict[str, Any]:
    asked = {"locale": locale, "region": region}
    reply = httpx.get(f"{gateway.address}/api/v1/cards", params=asked, trust_env=False).raise_for_status()
    return {row["id"]: row for row in reply.json()["cards"]}


def lines(row: dict[str, Any]) -> list[str]:
    """The texts of a card, in their order."""
    blocks = row["answer"]["blocks"]
    runs = [runs for block in blocks for runs in [block.get("runs", []), *block.get("items", [])]]
    return ["".join(run["text"] for run in line) for line in runs if line]


def shown(box: Locator) -> list[str]:
    return [text.strip() for text in box.locator(".text").locator("p, li").all_inner_texts()]


def test_without_network_the_card_is_there_and_the_same_comes_with_it(visits: Visits, gateway: Gateway) -> None:
    visit = loaded(visits.visit(gateway.address))
    visit.page.context.set_offline(True)
    visit.say(COLLAPSED)
    expect(cards(visit)).to_have_count(1)
    assert shown(cards(visit)) == lines(published(gateway)["cpr-adult"])
    expect(cards(visit).locator(".dial")).to_have_text("Call 911")
    expect(visit.status).to_contain_text("No connection")
    visit.page.context.set_offline(False)
    expect(visit.status).to_be_empty()
    expect(visit.log.locator(".mark")).to_have_count(0)
    expect(cards(visit)).to_have_count(1)
    visit.assert_quiet(*GONE)


def test_the_card_waits_for_no_reply_and_is_replaced_by_the_one_that_comes(visits: Visits, stand_in: StandIn) -> None:
    newer = answer("Newer words.", kind="emergency", entry="cpr-adult", topic="cards")
    released = threading.Event()
    stand_in.reply = lambda text: [newer] if released.wait(20) else []
    visit = loaded(visits.visit(stand_in.address))
    visit.say(COLLAPSED)
    expect(cards(visit)).to_contain_text("First step.")
    released.set()
    expect(cards(visit)).to_contain_text("Newer words.")
    expect(cards(visit)).to_have_count(1)
    visit.assert_quiet()


def test_what_is_calm_gets_no_card(visits: Visits, gateway: Gateway) -> None:
    visit = loaded(visits.visit(gateway.address))
    visit.page.context.set_offline(True)
    visit.say("What is CPR?")
    visit.say("my grandfather had a stroke ten years ago")
    visit.say(COLLAPSED)
    expect(cards(visit)).to_have_count(1)
    assert cards(visit).get_attribute("data-entry") == "cpr-adult"


def test_what_was_mentioned_before_makes_milder_words_a_warning(visits: Visits, gateway: Gateway) -> None:
    visit = loaded(visits.visit(gateway.address))
    visit.page.context.set_offline(True)
    visit.say("I have a fever of 101")
    visit.say("I had CAR-T two weeks ago")
    visit.say("I have a fever of 101")
    expect(cards(visit)).to_have_count(1)
    assert cards(visit).get_attribute("data-entry") == "cart-warning"


def test_who_writes_in_another_language_gets_the_card_in_it(visits: Visits, gateway: Gateway) -> None:
    visit = loaded(visits.visit(gateway.address, 'region="ES"'))
    visit.page.context.set_offline(True)
    visit.say("mi papá se desmayó y no respira")
    expect(cards(visit)).to_have_count(1)
    assert shown(cards(visit)) == lines(published(gateway, "es", "ES")["cpr-adult"])


def test_each_card_can_be_looked_up(visits: Visits, gateway: Gateway) -> None:
    visit = loaded(visits.visit(gateway.address))
    visit.page.context.set_offline(True)
    rows = published(gateway)
    listed = visit.chat.locator("#cards button")
    visit.press("First aid")
    assert listed.all_inner_texts() == [row["title"] for row in rows.values()]
    visit.page.keyboard.press("Escape")
    for wanted in ("emergency", "cpr-adult", "cpr-child", "cpr-infant", "choking", "choking-infant"):
        look_up(visit, rows[wanted]["title"])
        expect(cards(visit).last).to_be_focused()
        assert shown(cards(visit).last) == lines(rows[wanted])
        expect(cards(visit).last.get_by_text("Sources and date")).to_be_visible()


def test_it_is_no_emergency_is_the_way_back(visits: Visits, gateway: Gateway) -> None:
    visit = loaded(visits.visit(gateway.address))
    visit.say(COLLAPSED)
    expect(cards(visit)).to_have_count(1)
    visit.press("Start the beat")
    cards(visit).get_by_role("button", name=CALM).click()
    expect(cards(visit).get_by_role("button", name="Start the beat")).to_be_visible()
    expect(visit.log.locator(".own").last).to_contain_text(CALM)
    expect(visit.chat.locator(".pin")).to_be_hidden()


def test_after_a_reload_without_server_the_cards_are_still_there(visits: Visits, own_gateway: Gateway) -> None:
    visit = loaded(visits.visit(own_gateway.address, ""))
    expected = lines(published(own_gateway)["cpr-adult"])
    own_gateway.kill()
    visit.page.reload()
    visit.open()
    expect(visit.chat.get_by_role("button", name="First aid")).to_be_visible()
    visit.say(COLLAPSED)
    expect(cards(visit)).to_have_count(1)
    assert shown(cards(visit)) == expected
    assert visit.page.evaluate("() => Object.keys(localStorage)") == [], "nobody agreed to keep anything"
    visit.assert_quiet(*GONE)


def test_who_agreed_has_the_cards_on_the_device(visits: Visits, stand_in: StandIn) -> None:
    """Where the browser's own cache keeps nothing of them."""
    listed = Said({"locale": "en", "region": "US", "cards": listed_cards()}, headers={"Cache-Control": "no-store"})
    stand_in.respond = lambda method, path, body: listed if path.endswith("/cards") else None
    visit = visits.visit(stand_in.address)
    visit.open()
    visit.press("Keep this chat on this device")
    visit.page.reload()
    loaded(visit)
    stand_in.respond = lambda method, path, body: Said({}, 503) if path.endswith("/cards") else None
    visit.page.reload()
    loaded(visit)
    look_up(visit, "An adult")
    expect(cards(visit)).to_contain_text("First step.")
    visit.press("Hide quickly")
    assert visit.page.evaluate("() => Object.keys(localStorage)") == []
    visit.assert_quiet(*GONE)


BROKEN = {
    "refused": Said({}, 503),
    "no JSON": Said(b"<html>"),
    "of another shape": Said({"cards": [None, 7, {"id": "cpr-adult"}, {"id": 1, "title": [], "answer": {}}]}),
    "nothing": Said({"cards": []}),
    "too long": Said(b'"' + b"x" * 3_000_000 + b'"'),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_where_they_cannot_be_had_the_chat_goes_on(visits: Visits, stand_in: StandIn, broken: str) -> None:
    stand_in.respond = lambda method, path, body: BROKEN[broken] if path.endswith("/cards") else None
    visit = visits.visit(stand_in.address)
    with visit.page.expect_response(lambda response: "/cards?" in response.url):
        visit.open()
    visit.say(COLLAPSED)
    expect(visit.replies).to_have_count(1)
    expect(visit.chat.get_by_role("button", name="First aid")).to_be_hidden()
    visit.choose("Larger text")
    visit.assert_quiet(*GONE)


def test_every_example_is_read_in_the_browser_as_on_the_server(visits: Visits) -> None:
    sources = PROJECT / "web" / "widget" / "source"

    def serve(route: Route) -> None:
        path = route.request.url.partition("//rules.example/")[2]
        if path:
            file = sources / path
            route.fulfill(content_type="text/javascript", body=file.read_text(encoding="utf-8"))
        else:
            route.fulfill(content_type="text/html", body="<!doctype html><title>Rules</title>")

    page = visits.context().new_page()
    page.route("http://rules.example/**", serve)
    page.goto("http://rules.example/")
    rows = examples("vectors.jsonl")
    found = page.evaluate(READ, [json.loads(packed()), rows])
    cards = [row and {name: row[name] for name in ("kind", "card", "locale")} for row in found]
    assert [(row["text"], card) for row, card in zip(rows, cards) if card != row["expect"]] == []
    assert len(cards) == len(rows)


READ = """async ([served, rows]) => {
  const { readRules } = await import('/offline/safety/served.js');
  const rules = await readRules(served, async () => {});
  return rows.map(({ text, ...earlier }) => rules.check(text, earlier));
}"""


# The beat ----------------------------------------------------------------------------------------------------------

LISTEN = """
  window.sounds = []; window.said = []; window.pulses = []; window.ended = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (at) {
    window.sounds.push({ at, pitch: this.frequency.value, early: at - this.context.currentTime }); start.call(this, at);
  };
  const close = AudioContext.prototype.close;
  AudioContext.prototype.close = function () { window.ended += 1; return close.call(this); };
  navigator.vibrate = (length) => { window.pulses.push(length); return true; };
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) {
    const root = attach.call(this, options);
    new MutationObserver(() => {
      const status = root.querySelector('[role=status]');
      if (!status || status.watched) return;
      status.watched = true;
      new MutationObserver(() => { if (status.textContent) window.said.push(status.textContent); })
        .observe(status, { childList: true, characterData: true, subtree: true });
    }).observe(root, { childList: true, subtree: true });
    return root;
  };
"""


def beating(visits: Visits, server: StandIn, **options: Any) -> Visit:
    """A card with the beat on it, not yet started."""
    visit = loaded(visits.visit(server.address, **{"init": LISTEN, **DESK, **options}))
    look_up(visit, "An adult")
    return visit


def intervals(visit: Visit, count: int) -> list[float]:
    """Seconds between so many sounds that follow each other, from now on."""
    visit.page.wait_for_function(f"() => window.sounds.length > {count}")
    times = [sound["at"] for sound in visit.page.evaluate("() => window.sounds")]
    return [round(after - before, 6) for before, after in pairwise(times)]


def test_the_beat_keeps_exact_time_and_is_set_ahead(visits: Visits, stand_in: StandIn) -> None:
    visit = beating(visits, stand_in)
    assert visit.page.evaluate("() => window.sounds") == [], "silent until it is asked for"
    visit.press("Start the beat")
    assert set(intervals(visit, 5)) == {round(60 / 110, 6)}
    assert all(sound["early"] > 0 for sound in visit.page.evaluate("() => window.sounds"))
    visit.page.wait_for_function("() => window.pulses.length > 2")
    visit.assert_quiet()


def test_on_the_page_of_the_service_it_sounds_too(visits: Visits, gateway: Gateway) -> None:
    page = visits.context().new_page()
    page.add_init_script(LISTEN)
    visit = Visit(page, f"{gateway.address}/chat", {urlsplit(gateway.address).netloc})
    look_up(visit, published(gateway)["cpr-infant"]["title"])
    visit.press("Start the beat")
    assert set(intervals(visit, 2)) == {round(60 / 110, 6)}
    visit.assert_quiet()


def test_the_pace_can_be_set_within_what_is_right(visits: Visits, stand_in: StandIn) -> None:
    visit = beating(visits, stand_in)
    slider = visit.log.get_by_role("slider", name="Speed")
    assert [slider.get_attribute(name) for name in ("min", "max")] == ["100", "120"]
    slider.press("End")
    assert slider.get_attribute("aria-valuetext") == "120 pushes a minute"
    visit.press("Start the beat")
    assert set(intervals(visit, 4)) == {0.5}
    slider.press("Home")
    visit.page.evaluate("() => { window.sounds.length = 0; }")
    assert set(intervals(visit, 4)) == {0.6}


def test_screen_readers_hear_only_start_breaths_and_stop(visits: Visits, stand_in: StandIn) -> None:
    visit = beating(visits, stand_in, init=LISTEN + "delete window.AudioContext;")
    visit.press("Count 30 pushes, then 2 breaths")
    visit.log.get_by_role("slider", name="Speed").press("End")
    visit.page.clock.install(time=0)
    visit.page.clock.pause_at(60)
    light = visit.log.locator(".light")
    visit.press("Start the beat")
    seen = ["Ready"]
    while len(seen) < 35:
        visit.page.clock.run_for(100)
        if (text := light.inner_text()) != seen[-1]:
            seen.append(text)
    assert seen == ["Ready", *map(str, range(1, 31)), "Breath 1", "Breath 2", "1", "2"]
    assert light.get_attribute("aria-hidden") == "true"
    visit.press("Stop the beat")
    visit.page.clock.run_for(1000)
    assert visit.page.evaluate("() => window.said") == [
        "The beat is running, 120 pushes a minute.",
        "Now 2 breaths.",
        "The beat has stopped.",
    ]


@pytest.mark.parametrize("how", ["Stop the beat", "Close", "Hide quickly", "removed"])
def test_it_is_silent_at_once(visits: Visits, stand_in: StandIn, how: str) -> None:
    visit = beating(visits, stand_in)
    visit.press("Start the beat")
    intervals(visit, 2)
    if how == "removed":
        visit.page.evaluate("() => document.querySelector('lantern-chat').remove()")
    else:
        visit.press(how)
    assert visit.page.evaluate("() => window.ended") == 1
    before = visit.page.evaluate("() => window.pulses.length")
    visit.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert visit.page.evaluate("() => window.pulses.length") == before


def test_only_one_beats(visits: Visits, stand_in: StandIn) -> None:
    visit = beating(visits, stand_in)
    visit.press("Start the beat")
    look_up(visit, "A baby")
    cards(visit).last.get_by_role("button", name="Start the beat").click()
    expect(visit.log.get_by_role("button", name="Stop the beat")).to_have_count(1)
    assert visit.page.evaluate("() => window.ended") == 1
    expect(cards(visit).last.get_by_role("button", name="Stop the beat")).to_be_visible()


def test_where_there_is_no_sound_the_light_keeps_time(visits: Visits, stand_in: StandIn) -> None:
    visit = loaded(visits.visit(stand_in.address, init="delete window.AudioContext"))
    look_up(visit, "An adult")
    visit.press("Start the beat")
    expect(visit.log.locator(".light")).to_have_text("Push")
    visit.press("Stop the beat")
    expect(visit.log.locator(".light")).to_have_text("Ready")
    visit.assert_quiet()


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_nothing_moves_for_whoever_wants_no_motion(visits: Visits, stand_in: StandIn, motion: str) -> None:
    visit = beating(visits, stand_in, reduced_motion=motion)
    visit.press("Start the beat")
    expect(visit.log.locator(".light")).to_have_text("Push")
    frames = visit.log.locator(".light").evaluate(
        "(light) => new Promise((done) => (function look() { const [running] = light.getAnimations();"
        " if (running) done(running.effect.getKeyframes()); else requestAnimationFrame(look); })())"
    )
    assert ("transform" in frames[0]) is (motion == "no-preference")


def test_the_beat_is_not_part_of_what_is_saved(visits: Visits, stand_in: StandIn, tmp_path: Path) -> None:
    visit = beating(visits, stand_in)
    visit.press("Menu")
    with visit.page.expect_download() as waiting:
        visit.press("Save the chat as a file")
    waiting.value.save_as(tmp_path / "chat.txt")
    saved = (tmp_path / "chat.txt").read_text(encoding="utf-8")
    assert "First step." in saved
    for part in ("Ready", "Speed", "pushes"):
        assert part not in saved


def test_other_cards_have_no_beat(visits: Visits, stand_in: StandIn) -> None:
    visit = loaded(visits.visit(stand_in.address, **PHONE))
    look_up(visit, "A crisis")
    expect(cards(visit)).to_have_count(1)
    expect(visit.log.get_by_role("button", name="Start the beat")).to_have_count(0)
