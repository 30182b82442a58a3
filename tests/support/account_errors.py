"""Every refusal of the Account API that has been captured or documented: one table for both sides.

A row with a `caller` is a request that the simulation must refuse in these words; `answer` is what our
adapter makes of it: absent, denied (with the cause) or final; transient for a read; for a write not-made, if
that is known, or unanswered.
"""

import json
from pathlib import Path
from typing import Any

ERRORS: list[dict[str, Any]] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))


def text_of(row: dict[str, Any], **values: str) -> str:
    """AWS's text with the names in braces filled in; other braces are AWS's own."""
    text: str = row["message"]
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text
