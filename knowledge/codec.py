"""Values of the model <-> JSON. The shapes are `docs/schemas/entry.v1.json` and `docs/schemas/answer.v1.json`."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

from knowledge.model import Answer, Block, Choice, Entry, FollowUp, Provenance, Quiz, Run, Source


def _date(value: dt.date | None) -> str | None:
    return value.isoformat() if value else None


def entry_to_json(entry: Entry) -> dict[str, Any]:
    row: dict[str, Any] = {
        key: list(value) if isinstance(value, tuple) else value for key, value in vars(entry).items()
    }
    for key in ("as_of", "checked_on", "review_due"):
        row[key] = _date(row[key])
    if entry.quiz:
        row["quiz"] = {
            "question": entry.quiz.question,
            "choices": [dict(vars(choice)) for choice in entry.quiz.choices],
        }
    return row


def entry_from_json(row: dict[str, Any]) -> Entry:
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    for key in ("as_of", "checked_on", "review_due"):
        values[key] = dt.date.fromisoformat(row[key]) if row[key] else None
    if row["quiz"]:
        choices = tuple(Choice(**choice) for choice in row["quiz"]["choices"])
        values["quiz"] = Quiz(row["quiz"]["question"], choices)
    return Entry(**values)


def entry_body(entry: Entry) -> str:
    """The one stored form of an entry: JSON with sorted keys, so that equal entries are equal texts."""
    return json.dumps(entry_to_json(entry), ensure_ascii=False, sort_keys=True)


def content_hash(entry: Entry) -> str:
    """SHA-256 of the stored form, in hex. Approvals bind to it."""
    return hashlib.sha256(entry_body(entry).encode()).hexdigest()


def source_body(source: Source) -> str:
    """The one stored form of a source. Of one that only facts name, it is what it was before there were others."""
    row = {**_shown_source(source), **({"facts": list(source.facts)} if source.facts else {})}
    return json.dumps(row, ensure_ascii=False, sort_keys=True)


def source_from_body(body: str) -> Source:
    row = json.loads(body)
    return Source(**{**row, "facts": tuple(row.get("facts", ()))})


def _shown_source(source: Source) -> dict[str, Any]:
    return {key: value for key, value in vars(source).items() if key != "facts"}


def _runs(runs: tuple[Run, ...]) -> list[dict[str, str]]:
    return [{key: value for key, value in vars(run).items() if value is not None} for run in runs]


def _block_to_json(block: Block) -> dict[str, Any]:
    row: dict[str, Any] = {"type": block.type}
    if block.runs:
        row["runs"] = _runs(block.runs)
    if block.items:
        row["items"] = [_runs(item) for item in block.items]
    if block.data is not None:
        row["data"] = block.data
    return row


def answer_to_json(answer: Answer) -> dict[str, Any]:
    """The answer as other people's programs read it."""
    return {
        "version": 1,
        "kind": answer.kind,
        "locale": answer.locale,
        "blocks": [_block_to_json(block) for block in answer.blocks],
        "entry": answer.entry,
        "topic": answer.topic,
        "revision": answer.revision,
        "sources": [_shown_source(source) for source in answer.sources],
        "checked_on": _date(answer.checked_on),
        "as_of": _date(answer.as_of),
        "review": answer.review,
        "follow_ups": [dict(vars(follow_up)) for follow_up in answer.follow_ups],
        "confidence": answer.confidence,
        "provenance": [dict(vars(origin)) for origin in answer.provenance],
    }


def answer_from_json(row: dict[str, Any]) -> Answer:
    """The inverse of `answer_to_json`. Raises KeyError, TypeError or ValueError when the shape is another."""

    def runs(rows: list[dict[str, str]]) -> tuple[Run, ...]:
        return tuple(Run(**run) for run in rows)

    def date(value: str | None) -> dt.date | None:
        return dt.date.fromisoformat(value) if value else None

    return Answer(
        kind=row["kind"],
        locale=row["locale"],
        blocks=tuple(
            Block(
                block["type"],
                runs(block.get("runs", [])),
                tuple(runs(item) for item in block.get("items", [])),
                block.get("data"),
            )
            for block in row["blocks"]
        ),
        entry=row["entry"],
        topic=row["topic"],
        revision=row["revision"],
        sources=tuple(Source(**source) for source in row["sources"]),
        checked_on=date(row["checked_on"]),
        as_of=date(row["as_of"]),
        review=row["review"],
        follow_ups=tuple(FollowUp(**follow_up) for follow_up in row["follow_ups"]),
        confidence=row["confidence"],
        provenance=tuple(Provenance(**origin) for origin in row["provenance"]),
    )
