"""JSON Schemas of both configuration files: `python -m rollcall_config.json_schema` writes schemas/."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

_ROOT: Final = Path(__file__).parents[1]
sys.path.insert(0, str(_ROOT / "lambdas"))  # as app.py does: this is an entry point, too

from rollcall_config.organization_model import OrganizationFile  # noqa: E402  # after the path above
from rollcall_config.roster_model import RosterFile  # noqa: E402  # after the path above

if TYPE_CHECKING:
    from pydantic import BaseModel

DIRECTORY: Final = _ROOT / "schemas"
_FILES: Final[dict[str, type[BaseModel]]] = {
    "organization.schema.json": OrganizationFile,
    "contacts.schema.json": RosterFile,
}


def make_schemas() -> dict[str, str]:
    """Return the text of each schema by the name of its file."""
    texts = {}
    for name, model in _FILES.items():
        schema = _clean(model.model_json_schema())
        head = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": f"Rollcall: {name.split('.')[0]}",
        }
        texts[name] = json.dumps(head | schema, indent=2, ensure_ascii=False) + "\n"
    return texts


def _clean(schema: Any) -> Any:
    """Drop pydantic's titles, and null: an optional key is left out, never empty."""
    if isinstance(schema, list):
        return [_clean(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {
        # The keys of these two are names of ours.
        key: {name: _clean(inner) for name, inner in value.items()}
        if key in {"properties", "$defs"}
        else _clean(value)
        for key, value in schema.items()
        if key != "title" and (key, value) != ("default", None)
    }
    if "patternProperties" in kept:
        kept["additionalProperties"] = False
    options = [option for option in kept.get("anyOf", []) if option != {"type": "null"}]
    if len(options) == 1:
        del kept["anyOf"]
        return options[0] | kept
    return kept


if __name__ == "__main__":
    DIRECTORY.mkdir(exist_ok=True)
    for file, text in make_schemas().items():
        (DIRECTORY / file).write_text(text, encoding="utf-8")
