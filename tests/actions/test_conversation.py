"""The conversations of the safety check: they are held as the assistant holds them, and come out as they must."""

from __future__ import annotations

from actions.conversation import ACTIONS, conversations
from knowledge.editing.gate import Said, read_conversations, unsafe
from safety import EMERGENCY_RULES
from tests.actions.talking import Assistant, Person
from tests.shipped import shipped_rules

CASES = read_conversations()


def test_there_are_conversations_of_every_kind() -> None:
    assert {case.kind for case in CASES} == {"emergency", "advice", "outside"}
    assert len({case.said for case in CASES}) == len(CASES)


def test_each_message_has_the_intent_that_the_trained_model_finds(assistant: Assistant) -> None:
    said = {one for case in CASES for one in (*case.earlier, Said(case.text, case.intent))}
    found = {one.text: assistant.intent(one.text) for one in said if assistant.card(one.text) is None}
    assert found == {one.text: one.intent for one in said if one.text in found}


def test_each_comes_out_as_it_must_with_the_content_that_is_shipped(assistant: Assistant) -> None:
    knowledge, rules = assistant.knowledge, shipped_rules(EMERGENCY_RULES)
    assert unsafe(knowledge.live(), rules, CASES, conversations(knowledge)) == []


def test_an_intent_leads_to_the_action_of_its_rule(assistant: Assistant) -> None:
    named = {intent: object.__new__(action).name() for intent, action in ACTIONS.items()}
    assert named == {intent: assistant.action_of[intent] for intent in ACTIONS}


def test_it_says_what_the_assistant_says(assistant: Assistant) -> None:
    talk, person = conversations(assistant.knowledge)(assistant.knowledge.live()), Person(assistant)
    for text in ("what is lupus nephritis", "say it more simply", "where does that come from", "how is it treated"):
        heard = talk.say(Said(text, assistant.intent(text)), None)
        replied = person.say(text)
        assert [answer.entry for answer in heard] == [answer.get("entry") for answer in replied.answers]
        assert [answer.kind for answer in heard] == [answer["kind"] for answer in replied.answers]
