from __future__ import annotations

import pytest

from knowledge.trials.numbers import ends_in, find_nct, malformed_nct, one_slip_away

KYSA_1 = "NCT05938725"


@pytest.mark.parametrize(
    "text",
    [
        "NCT05938725",
        "is nct05938725 recruiting?",
        "nct 0593 8725",
        "NCT-05938725",
        "NCT\u20110593\u20118725",
        "nct#05938725",
        "N C T 05938725",
        "n.c.t. 05938725",
        "nct 0 5 9 3 8 7 2 5",
        "nct number 05938725",
        "NCT no. 05938725",
        "NTC05938725",
        "NCTO5938725",
        "\uff2e\uff23\uff34\uff10\uff15\uff19\uff13\uff18\uff17\uff12\uff15",
        "NCT 05938725 18 years old",
        "https://clinicaltrials.gov/study/NCT05938725?tab=table",
        "is the trial 05938725 open",
        "my study is 0593 8725",
        "05938725?",
    ],
)
def test_a_number_is_found_in_any_spelling(text: str) -> None:
    assert find_nct(text) == (KYSA_1,)
    assert malformed_nct(text) is None


def test_several_numbers_come_in_order_and_once() -> None:
    text = "compare NCT06342960 and trial 05938725, I mean nct-06342960"
    assert find_nct(text) == ("NCT06342960", KYSA_1)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("NCT0593872", "NCT0593872"),
        ("NCT059387251", "NCT059387251"),
        ("nct 0593872 for 18 year olds", "NCT0593872"),
        ("is study 0593872 open", "NCT0593872"),
        ("trial 059387251", "NCT059387251"),
        ("nct " + "1" * 400, "NCT" + "1" * 16),
    ],
)
def test_a_wrong_length_is_reported_and_is_no_number(text: str, shown: str) -> None:
    assert find_nct(text) == ()
    assert malformed_nct(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "what is an nct number",
        "nct 5",
        "call me about the study on 5551234",
        "my phone is 05938725 and I feel fine",
        "trial registered as ISRCTN12345678",
        "the trial began on 2025-10-29",
        "is there a trial at +49 05938725",
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert find_nct(text) == ()
    assert malformed_nct(text) is None


def test_a_right_number_beside_a_wrong_one_is_used() -> None:
    text = "NCT0593872 or NCT05938725"
    assert find_nct(text) == (KYSA_1,)
    assert malformed_nct(text) is None


@pytest.mark.parametrize("text", ["NCT0593872o5", "nct o5938725", "CNT05938725", "NCT 0593 8725o"])
def test_letters_that_look_or_sound_alike_are_read(text: str) -> None:
    assert find_nct(text) == (KYSA_1,) or malformed_nct(text) is not None


@pytest.mark.parametrize(
    "written",
    [
        "NCT05938726",  # one digit wrong
        "NCT05938752",  # neighbours changed places
        "NCT05932785",  # others did
        "NCT0593875",  # one missing
        "NCT059387255",  # one doubled
        "NCT059387125",  # one too many
    ],
)
def test_a_number_with_one_slip_is_found_again(written: str) -> None:
    assert one_slip_away(written, {KYSA_1, "NCT06342960"}) == (KYSA_1,)


@pytest.mark.parametrize("written", [KYSA_1, "NCT05938799", "NCT059387", "NCT12345678", "NCT"])
def test_a_right_number_or_one_further_away_is_none(written: str) -> None:
    assert one_slip_away(written, {KYSA_1}) == ()


@pytest.mark.parametrize(
    "text",
    [
        "n c t zero five nine three eight seven two five",
        "NCT oh five nine three, eight seven two five please",
        "nct number zero 5 nine three 8 seven two five",
    ],
)
def test_a_number_may_be_dictated(text: str) -> None:
    assert find_nct(text) == ("NCT05938725",)


@pytest.mark.parametrize("text", ["NCT05938725 two studies", "is nct05938725 one of three", "NCT05938725 one or two"])
def test_words_behind_a_whole_number_are_no_part_of_it(text: str) -> None:
    assert find_nct(text) == ("NCT05938725",)


def test_the_last_digits_name_a_number_that_is_at_hand() -> None:
    assert ends_in("sorry, 8725 it was", "NCT05938725")
    assert not ends_in("the 25 people", "NCT05938725")
    assert not ends_in("18725", "NCT05938725")
