"""The calls of the hub's roles in the deployed cloud, kept in a file without the names of one deployment.

ROLLCALL_CALLS=write adds what a run of the deployed tests has called.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localcloud.access.decisions import listen

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.access.principals import Principal
    from rollcall_policies import AccessRequest

FILE = Path(__file__).parent / "recorded_calls.json"
WRITE = os.environ.get("ROLLCALL_CALLS") == "write"
HUB = "333333333333"
# The condition keys that grants of roles are about.
_KEYS = ("account:", "dynamodb:LeadingKeys", "events:", "organizations:", "s3:prefix")
_OF_ROLES = ("aws:ResourceOrgID",)
Call = tuple[str, str, str, tuple[tuple[str, tuple[str, ...]], ...]]


def load() -> set[Call]:
    """The calls of the file: role, action, resource and condition keys."""
    if not FILE.exists():
        return set()
    return {_freeze(one) for one in json.loads(FILE.read_text())}


def _freeze(call: list[Any]) -> Call:
    role, action, resource, keys = call
    return role, action, resource, tuple((name, tuple(values)) for name, values in keys)


def save(calls: set[Call]) -> None:
    """Write the file, a call on each line."""
    FILE.write_text("[\n" + ",\n".join(json.dumps(call) for call in sorted(calls)) + "\n]\n")


class Recording:
    """What is called while it listens, in the words of any deployment."""

    def __init__(self, names: Callable[[], dict[str, str]]) -> None:
        """`names` gives the logical id of each physical name of the hub's stack, as far as it is there."""
        self._names, self._seen = names, set[Call]()
        self.end = listen(self._note)

    def _note(self, principal: Principal, request: AccessRequest) -> None:
        role = principal.caller.principal_arn
        if f"::{HUB}:role/" not in role:
            return
        keys = tuple(
            (name, tuple(sorted(map(shorten, values))))
            for name, values in sorted(request.context.items())
            if values
            and name.startswith((*_KEYS, *_OF_ROLES) if request.action == "sts:AssumeRole" else _KEYS)
        )
        self._seen.add((role, request.action, str(request.resource), keys))

    def list_calls(self) -> set[Call]:
        """All calls of roles of the stack."""
        names = self._names()
        pattern = re.compile("|".join(re.escape(one) for one in sorted(names, key=len, reverse=True)))

        def translate(text: str) -> str:
            return pattern.sub(lambda match: f"<{names[match[0]]}>", text)

        calls = {(translate(r), action, shorten(translate(res)), keys) for r, action, res, keys in self._seen}
        return {call for call in calls if "<" in call[0] and "<People" not in call[0]}


_KEPT = re.compile(r"<\w+>|[A-Za-z][A-Za-z._-]*")
#: What a resource or key begins with that is not shortened.
_HEADS = re.compile(
    r"arn:aws:s3:::[^/]+/|arn:aws:account::\d+:account/[^/]+/|arn:aws:organizations::\d+:|"
    r"arn:aws:states:.*:execution:[^:]+:|arn:.*"
)


def shorten(text: str) -> str:
    """What grants are about: not which account, which object, which run. Words stay, all else is an x."""
    head = _HEADS.match(text)
    begin = head[0] if head else ""
    parts = re.split(r"([#/:])", text.removeprefix(begin))
    kept = [part if part in "#/:" or _KEPT.fullmatch(part) else "x" for part in parts]
    return begin + "".join(kept)
