"""Whatever is sent to an address of the studio, by somebody who may do everything there, nothing breaks."""

from __future__ import annotations

import json
import random
import re

import pytest

from tests.web.studio.conftest import Employ, begin, submit
from tests.web.studio.test_access import EXPECTED
from web.parts import Parts

FIELDS = (
    *("name", "password", "code", "old", "new", "again", "secret", "role", "clinician", "reason", "version", "hash"),
    *("draft", "due_at", "topic", "text", "key", "entry", "nearest", "question", "answer", "simpler", "more", "steps"),
    *("phrasings", "facts", "sources", "figures", "related", "as_of", "checked_on", "review_due", "cautions", "quiz"),
    *("caution", "with_cautions", "audience", "answer_kind", "id", "locale", "case", "words", "page", "change", "next"),
    *("content", "beside", "month", "mail", "value", "seen"),
    *("source_title", "source_organisation", "source_year", "source_address", "carried", "fact_words", "source_words"),
    *("add_facts", "add_sources", "add_phrasings", "remove_facts", "remove_sources", "first_sources", "more_sources"),
)
VALUES = (
    *("", " ", "0", "1", "2", "-1", "99999999999999999999", "1.5", "NaN", "²", "١", "yes", "en", "tea-what-is"),
    *("<script>alert(1)</script>", "' OR 1=1 --", "{{7*7}}", "\x00", "\u2028", "\u202e\u0301" * 50, "=1+1"),
    *("../../etc/passwd", "2026-11-22", "9999-99-99", "0001-01-01", "9999-12-31T23:59", "lupus", "author", "card"),
    *("x" * 5000, "😀" * 500, "What?\n- [x] a :: b\n- [ ] c :: d", "## Answer\n\n---\n", "- a\n" * 300),
    *(
        "publish",
        "w" * 81,
        "tea.csv",
        "tea.md",
        "c2F5",
        "2027-02",
        "TEA-001",
        "place",
        "http://[",
        "2026-11-22T10:00:00+05:00",
    ),
)
BYTES = (b"answer=%ED%A0%80&version=%", b"\xff\xfe\x00=1", b"&&&===;;", b"a=1&" * 50)
ROUNDS = 4
MOST_IN_AN_ADDRESS = 20


def filled(path: str, chance: random.Random) -> str:
    choices = ("1", "0", "x", "999999999999", "%00", "..", "en", "tea-what-is", "😀", "%ED%A0%80", "a" * 300)
    return re.sub(r"{(\w+)}", lambda _: chance.choice(choices), path)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_any_form_with_anything_in_it_is_answered(employ: Employ, parts: Parts, seed: int) -> None:
    chance = random.Random(seed)
    eve = employ("Eve", "author", "reviewer", "publisher", "admin")
    submit(eve, begin(eve), simpler="Tea is nice.")
    mark = eve.open("/studio/").text.split('name="form_mark" value="')[1].split('"')[0]
    # Signing out, and other passwords, would end what is tried here.
    routes = [row for row in EXPECTED if row[1] not in ("/studio/sign-out", "/studio/account/password")]
    for method, path in routes:
        for _ in range(3):
            address = path.replace("{draft}", "1") if chance.random() < 0.6 else path
            address = filled(address, chance)
            sent = {name: [chance.choice(VALUES) for _ in range(chance.choice((1, 1, 3)))] for name in FIELDS}
            for name in chance.sample(FIELDS, 20):
                del sent[name]
            headers = {"Accept": chance.choice(("text/html", "application/json"))}
            if method == "GET":
                # Of all fields at once the client would make an address longer than any browser sends.
                some = dict(chance.sample(list(sent.items()), MOST_IN_AN_ADDRESS))
                answer = eve.client.get(address, params=some, headers=headers)
            elif chance.random() < 0.15:
                kind = {"Content-Type": "application/x-www-form-urlencoded"}
                body = f"form_mark={mark}&".encode() + chance.choice(BYTES)
                answer = eve.client.post(address, content=body, headers={**headers, **kind})
            else:
                answer = eve.client.post(address, data={**sent, "form_mark": mark}, headers=headers)
            assert answer.status_code < 500, (method, address, sent, answer.text)
            assert "Traceback" not in answer.text
            # What a script is refused with it shows as text; markup that it is given has every value escaped.
            shown = answer.text
            if "json" in answer.headers.get("content-type", ""):
                assert answer.headers["x-content-type-options"] == "nosniff"
                rest = {name: value for name, value in answer.json().items() if name not in ("error", "detail")}
                shown = json.dumps(rest) if "error" in answer.json() else shown
            assert "<script>alert(1)" not in shown
    assert eve.open("/studio/audit").text.count("The trail is whole") == 1


def test_what_is_no_form_is_refused(employ: Employ) -> None:
    eve = employ("Eve", "author")
    for kind, status in (("application/json", 415), ("multipart/form-data; boundary=x", 415), ("text/plain", 415)):
        answer = eve.client.post("/studio/new", content=b"{}", headers={"Content-Type": kind})
        assert answer.status_code == status
    many = "&".join(f"a{number}=1" for number in range(4000))
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert eve.client.post("/studio/new", content=many, headers=kind).status_code == 400
