"""What the Account API takes as the four values of a contact.

Lengths and patterns of the service model account-2021-02-01. Only AWS's e-mail pattern admits space around
the address, which it then removes; here no value has any, so that what is read back equals what was set.
"""

from __future__ import annotations

import re
from typing import Final

# re.ASCII because \w of the service is ASCII, and Python's is not.
EMAIL: Final = re.compile(r"[\w+=.#|!&-]+@[\w.-]+\.[\w]+", re.ASCII)
PHONE: Final = re.compile(r"[\s0-9()+-]+", re.ASCII)
#: Longest value of each part, in characters.
LENGTHS: Final = {"name": 64, "title": 50, "email": 254, "phone": 25}
_PATTERNS: Final = {"email": EMAIL, "phone": PHONE}


def complaint(part: str, value: str) -> str | None:
    """What AWS would refuse about the value of this part, without repeating it; None if nothing."""
    if not value or value != value.strip():
        return "is empty" if not value else "has space around it"
    if len(value) > LENGTHS[part]:
        return f"is {len(value)} characters long, {LENGTHS[part]} are allowed"
    pattern = _PATTERNS.get(part)
    return None if pattern is None or pattern.fullmatch(value) else "has a form that the Account API refuses"
