"""Replies as messages: within the limits, whole, in order, and never cut inside a sentence that fits or a number."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.blocks import paragraphs, spoken, steps
from knowledge.model import Answer, Block, FollowUp, Run
from knowledge.phrases import Phrases
from web.channels.contract import Capacity, Choice, Page
from web.channels.rendering import packed, pages
from web.messages import Reply

SMALL = Capacity(160, 1600)
BUTTONS = Capacity(4096, 4096, choices=3, title=20, message=100, chars_with_choices=60)
LONG = (
    "Lupus is a disease in which the defences of the body attack its own tissue. It is not contagious. About 1 000 000 "
    "people have it, or 0.1 percent. Dr. Smith saw 3.5 mg. Call 1-800-555-0199 or 1 800 555 0199 today. It can last."
)


def answer(text: str, **changed: object) -> Answer:
    checked = {"entry": "lupus-what-is", "checked_on": dt.date(2026, 11, 22), "review": "editorial"}
    return Answer(**{"kind": "answer", "blocks": paragraphs(text, {}), **checked, **changed})  # type: ignore[arg-type]


def texts(made: list[Page]) -> list[str]:
    return [page.text for page in made]


def test_a_reply_that_fits_is_one_message(phrases: Phrases) -> None:
    made, offered = pages([Reply("No, lupus is not contagious.")], SMALL, phrases, "en")
    assert (texts(made), offered) == (["No, lupus is not contagious."], [])


def test_a_long_text_is_cut_between_sentences_and_nothing_is_lost(phrases: Phrases) -> None:
    made, _ = pages([Reply(LONG)], SMALL, phrases, "en")
    assert len(made) > 1
    assert all(len(page.text) <= 160 for page in made)
    assert all(page.text.endswith((".", "!", "?")) for page in made)
    assert " ".join(texts(made)) == LONG
    assert [(page.number, page.pages) for page in made] == [(n, len(made)) for n in range(1, len(made) + 1)]


def test_no_number_and_no_shortened_word_is_torn_apart() -> None:
    for limit in range(25, 120):
        cut = packed([LONG], limit)
        assert not [text for text in cut if re.search(r"(\bDr\.|\d)$", text) and not text.endswith("0199")], limit
        for whole in ("1 000 000", "0.1", "3.5", "1-800-555-0199", "1 800 555 0199"):
            assert any(whole in text for text in cut), (limit, whole)


def test_steps_stay_together_where_they_fit_and_are_parted_between_steps_where_not(phrases: Phrases) -> None:
    rows = tuple(f"Do the thing number {number} and wait." for number in range(1, 5))
    reply = Reply(answer=Answer("steps", (spoken("First words."), *steps(rows, {}))))
    made, _ = pages([reply], Capacity(150, 1600), phrases, "en")
    assert texts(made)[0] == "First words."
    assert [line for text in texts(made)[1:] for line in text.split("\n")] == [
        f"{number}. {row}" for number, row in enumerate(rows, 1)
    ]
    [page], _ = pages([reply], Capacity(1000, 1600), phrases, "en")
    assert "4. Do the thing" in page.text


def test_a_card_is_one_message_whatever_the_length_of_others_may_be(phrases: Phrases) -> None:
    card = answer(LONG * 3, kind="emergency")
    made, _ = pages([Reply(answer=card), Reply("Who I am.")], SMALL, phrases, "en")
    assert [page.urgent for page in made] == [True, False]
    assert len(made[0].text) > 160


def test_a_link_stands_for_the_list_of_sources_and_the_review_is_still_said(phrases: Phrases) -> None:
    [page], _ = pages([Reply(answer=answer("No."))], SMALL, phrases, "en", "https://lantern.example.org/library")
    said = phrases.say("en", "review_editorial")
    assert page.text == (
        f"No.\n\nChecked November 22, 2026. {said} Sources: https://lantern.example.org/library/lupus-what-is"
    )
    [page], _ = pages([Reply(answer=answer("No."))], SMALL, phrases, "en")
    assert page.text == f"No.\n\nChecked November 22, 2026. {said}"


@pytest.mark.parametrize(
    ("titles", "drawn"),
    [
        (["Tell me more"], True),
        (["One", "Two", "Three"], True),
        (["One", "Two", "Three", "Four"], False),
        (["A title of more than twenty signs"], False),
    ],
)
def test_choices_are_buttons_where_they_fit_and_numbers_where_not(
    phrases: Phrases, titles: list[str], drawn: bool
) -> None:
    reply = Reply("Which one?", buttons=tuple(FollowUp(title, f"about {title}") for title in titles))
    [page], offered = pages([reply], BUTTONS, phrases, "en")
    assert offered == [Choice(title, f"about {title}") for title in titles]
    if drawn:
        assert [choice.title for choice in page.choices] == titles
        assert page.text == "Which one?"
        assert page.label == "Choose"
    else:
        assert page.choices == ()
        lines = page.text.split("\n\n")[1].split("\n")
        assert lines == ["You can answer with a number:", *(f"{n}. {title}" for n, title in enumerate(titles, 1))]


@pytest.mark.parametrize("offered", [("Tell me more", "Tell me more"), ("One", "Two")])
def test_choices_that_look_or_mean_the_same_are_numbered(phrases: Phrases, offered: tuple[str, str]) -> None:
    """Providers refuse a whole message for two buttons of one name."""
    reply = Reply("Which one?", buttons=(FollowUp(offered[0], "about lupus"), FollowUp(offered[1], "about lupus")))
    [page], _ = pages([reply], BUTTONS, phrases, "en")
    assert page.choices == ()
    assert f"2. {offered[1]}" in page.text


def test_a_message_that_stands_for_too_much_is_numbered_and_not_lost(phrases: Phrases) -> None:
    reply = Reply("Which one?", buttons=(FollowUp("One", "x" * 101),))
    [page], _ = pages([reply], BUTTONS, phrases, "en")
    assert page.choices == ()
    assert "1. One" in page.text


def test_beneath_a_text_that_is_too_long_for_buttons_they_come_in_a_message_of_their_own(phrases: Phrases) -> None:
    reply = Reply(LONG, buttons=(FollowUp("Tell me more", "more"),))
    made, _ = pages([reply], BUTTONS, phrases, "en")
    assert texts(made) == [LONG, "You can choose:"]
    assert [len(page.choices) for page in made] == [0, 1]


def test_numbers_go_on_over_all_replies(phrases: Phrases) -> None:
    replies = [Reply("One?", buttons=(FollowUp("A", "a"),)), Reply("Two?", buttons=(FollowUp("B", "b"),))]
    made, offered = pages(replies, SMALL, phrases, "en")
    assert "1. A" in made[0].text
    assert "2. B" in made[1].text
    assert [choice.message for choice in offered] == ["a", "b"]


def test_in_spanish_what_we_add_is_spanish(phrases: Phrases) -> None:
    reply = Reply(answer=answer("No.", locale="es", follow_ups=(FollowUp("Más", "más"),)))
    [page], _ = pages([reply], Capacity(1600, 1600), phrases, "en", "https://lantern.example.org/library")
    assert "Puede responder con un número:\n1. Más" in page.text
    assert "Fuentes: https://" in page.text


def test_the_whole_answer_goes_along_with_its_first_page(phrases: Phrases) -> None:
    made, _ = pages([Reply(answer=answer(LONG)), Reply("Who I am.")], SMALL, phrases, "en")
    assert [page.answer is not None for page in made] == [True, *[False] * (len(made) - 1)]
    assert made[0].answer is not None
    assert made[0].answer["entry"] == "lupus-what-is"


def test_a_page_survives_being_kept(phrases: Phrases) -> None:
    reply = Reply(answer=answer("No.", follow_ups=(FollowUp("More", "more"),)))
    page = pages([reply], BUTTONS, phrases, "en")[0][-1]
    assert page.choices
    assert Page.from_json(page.to_json()) == page


WORDS = st.text("abc 123.!?\n", min_size=1, max_size=400).filter(lambda text: text.strip() != "")


@settings(max_examples=200, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=4), st.integers(20, 200))
def test_whatever_is_said_no_message_is_too_long_and_no_sign_is_lost(said: list[str], limit: int) -> None:
    made = packed(said, limit)
    assert all(len(text) <= limit for text in made)
    assert re.sub(r"\s", "", "".join(made)) == re.sub(r"\s", "", "".join(said))


@settings(max_examples=50, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=3), st.integers(0, 14), st.integers(1, 60))
def test_every_choice_is_offered_in_one_way_or_the_other(said: list[str], count: int, length: int) -> None:
    offers = tuple(FollowUp(f"{number}".ljust(length, "x"), "m") for number in range(count))
    reply = Reply(answer=Answer("answer", tuple(Block("paragraph", (Run(text),)) for text in said), follow_ups=offers))
    made, offered = pages([reply], BUTTONS, Phrases({"en": dict.fromkeys(KEYS, "x")}), "en")
    shown = {choice.title for page in made for choice in page.choices} | {
        line.partition(". ")[2] for page in made for line in page.text.split("\n")
    }
    assert {offer.title for offer in offers} <= shown
    assert len(offered) == count


KEYS = ("channel_choose", "channel_choose_button", "channel_list_button", "source_line", "source_line_none")
