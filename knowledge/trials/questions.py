"""What is asked about studies beside a search: whether somebody may join, and what one study is like.

Everything is read from the words of a message as `lexicon.words` gives them, joined by blanks, in lower case.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from knowledge.trials.lexicon import keys
from knowledge.trials.wordings import wordings

Field = str
"""What can be asked of a study: the names of the `field_` expressions in `wordings.yml`."""

SHORT = 16
"""Words of a message that may be a question about the study shown last; a longer one is about something of its own."""

FEW = 8
"""Words of a message that needs no "it" to be about the study shown last: "who runs it", "age limits?"."""


def asks_to_join(text: str, *, after_studies: bool) -> Literal["strong", "weak"] | None:
    """Whether a message asks for a decision that only a study team may make: whether somebody may join, which study is
    right for them, to be signed up. `weak`: "is there a trial for me", which is a search as well where it names what to
    look for. `after_studies`: studies were shown just before, so that "my mum is 70, can she" is about them."""
    plain = " ".join(keys(text))
    after_studies = after_studies and len(plain.split()) <= SHORT

    def says(name: str) -> bool:
        return wordings()[name].search(plain) is not None

    found = wordings()["may_join"].search(plain)
    asks_how = found and wordings()["asks_how"].search(plain[: found.start()].rstrip())
    if found and not asks_how and not says("joins_generally") and (after_studies or says("of_joining")):
        return "strong"
    if after_studies or says("study"):
        ruled = (says("signs_up") or says("rules_out")) and not plain.startswith(("why ", "how "))
        if ruled or says("would_they") or says("chooses"):
            return "strong"
    if after_studies and ((says("ends_in_may") and says("somebody")) or says("too_old")):
        return "strong"
    return "weak" if says("for_somebody") else None


@dataclass(frozen=True)
class Asked:
    """What a message asks about the study shown last: `fields`, and the words that are `left`
    when the question itself is taken out."""

    fields: tuple[Field, ...] = ()
    left: tuple[str, ...] = ()


def asked_of_study(text: str) -> Asked:
    """What a message asks about the study shown last; nothing where it is about something of its own."""
    spoken = keys(text)
    plain = " ".join(spoken)
    if len(spoken) > SHORT or (len(spoken) > FEW and not wordings()["points"].search(plain)):
        return Asked()
    found = {name: pattern for name, pattern in wordings().family("field_").items() if pattern.search(plain)}
    rest = plain
    for pattern in found.values():
        rest = pattern.sub(" ", rest)
    return Asked(tuple(found), tuple(rest.split()))
