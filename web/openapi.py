"""The description of the HTTP interface in one piece: `docs/schemas/openapi.v1.json` with the answer's schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SCHEMAS = Path(__file__).parent.parent / "docs" / "schemas"
_INNER = "#/definitions/"


def description() -> dict[str, Any]:
    """An OpenAPI 3.1 document whose references all lead into itself."""
    document: dict[str, Any] = json.loads((SCHEMAS / "openapi.v1.json").read_text(encoding="utf-8"))
    schemas = document["components"]["schemas"]
    answer = json.loads((SCHEMAS / schemas["Answer"]["$ref"]).read_text(encoding="utf-8"))
    for key in ("$schema", "$id"):
        del answer[key]
    schemas.update({f"Answer.{name}": _moved(part) for name, part in answer.pop("definitions").items()})
    schemas["Answer"] = _moved(answer)
    return document


def _moved(schema: Any) -> Any:
    """The same schema with its references led to where the definitions stand now."""
    if isinstance(schema, list):
        return [_moved(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    moved = {key: _moved(value) for key, value in schema.items()}
    if str(moved.get("$ref", "")).startswith(_INNER):
        moved["$ref"] = "#/components/schemas/Answer." + moved["$ref"].removeprefix(_INNER)
    return moved
