"""What the Account API accepts as an alternate contact (service model and guide agree)."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CONTACT_TYPES = ("BILLING", "OPERATIONS", "SECURITY")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRule:
    """Length bounds in characters and an anchored ECMA 262 pattern; None where AWS has no such limit."""

    shortest: int = 0
    longest: int | None = None
    pattern: str | None = None

    def complaint(self, value: object) -> str | None:
        """What AWS says about `value`, which the text repeats; None when it is accepted.

        The pattern text was captured live. The others are the wording of the schema validator that
        produced it; they were not captured for this service.
        """
        if not isinstance(value, str):
            return 'instance type does not match any allowed primitive type (allowed: ["string"])'
        quoted, size = json.dumps(value, ensure_ascii=False), len(value)
        if size < self.shortest:
            return f"string {quoted} is too short (length: {size}, required minimum: {self.shortest})"
        if self.longest is not None and size > self.longest:
            return f"string {quoted} is too long (length: {size}, maximum allowed: {self.longest})"
        # ASCII: Python's \w and \s would let through letters and spaces that AWS refuses.
        if self.pattern and not re.fullmatch(self.pattern[1:-1], value, re.ASCII):
            return f'ECMA 262 regex "{self.pattern}" does not match input string "{value}"'
        return None


FIELDS = {
    "AccountId": FieldRule(pattern=r"^\d{12}$"),
    "Name": FieldRule(shortest=1, longest=64),
    "Title": FieldRule(shortest=1, longest=50),
    "EmailAddress": FieldRule(shortest=1, longest=254, pattern=r"^[\s]*[\w+=.#|!&-]+@[\w.-]+\.[\w]+[\s]*$"),
    "PhoneNumber": FieldRule(shortest=1, longest=25, pattern=r"^[\s0-9()+-]+$"),
}
CONTACT_FIELDS = ("Name", "Title", "EmailAddress", "PhoneNumber")


def complaint(params: Mapping[str, Any], required: tuple[str, ...]) -> str | None:
    """The text of the ValidationException that these parameters earn, None for good ones."""
    missing = sorted(name for name in required if params.get(name) is None)
    if missing:
        return f"[object has missing required properties ({json.dumps(missing)})]"
    present = [name for name in FIELDS if params.get(name) is not None]
    found = [text for name in present if (text := FIELDS[name].complaint(params[name]))]
    return f"[{', '.join(found)}]" if found else None
