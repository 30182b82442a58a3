"""Objects of the ledger as they are stored, and as they are read: nothing in them is taken on trust."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from rollcall.decide.intent import Intent
from rollcall.model.desired import Desired, Present

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

RECORDS: Final = ("intent", "outcome")
# As `LedgerBucket` names them.
_KEY: Final = re.compile(
    r"ledger/(?P<account>[0-9]{12})/[0-9]{4}/[0-9]{2}/[0-9]{2}/(?P<intent>[^/]+)/(?P<record>intent|outcome)\.json"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One version of one object. `body` is None where the version is the mark of a deletion.

    `locked_until` is when its Object Lock ends, None if it has none.
    """

    key: str
    version: str
    written_at: datetime
    body: bytes | None = field(repr=False)
    locked_until: datetime | None = None

    @property
    def account_id(self) -> str | None:
        """The account that it belongs to; None if it is no record of ours."""
        return self._named("account")

    @property
    def intent_id(self) -> str | None:
        """The intent that it belongs to; None if it is no record of ours."""
        return self._named("intent")

    @property
    def record(self) -> str | None:
        """`intent` or `outcome`; None if it is no record of ours."""
        return self._named("record")

    def _named(self, part: str) -> str | None:
        found = _KEY.fullmatch(self.key)
        return found[part] if found else None


class UnreadableRecordError(Exception):
    """A record is not what Rollcall writes. The text never holds contact details."""


def intent_of(item: Stored) -> Intent:
    """The intent that an object holds; UnreadableRecordError if it holds something else."""
    try:
        intent = Intent.from_document(_document(item))
    except (KeyError, ValueError, TypeError, AttributeError):
        # Not even its cause: the text of such an error holds values.
        raise UnreadableRecordError("cannot be read: it is not what Rollcall writes") from None
    actor = intent.signal.actor
    texts = [actor.principal, actor.source_ip, actor.user_agent, intent.wanted.source]
    for contact in (
        intent.found.contact if isinstance(intent.found, Present) else None,
        intent.wanted.contact if isinstance(intent.wanted, Desired) else None,
    ):
        texts += contact.as_document().values() if contact else ()
    if not all(isinstance(text, str) for text in texts):
        raise UnreadableRecordError("cannot be read: it is not what Rollcall writes")
    if (intent.id, intent.signal.account_id) != (item.intent_id, item.account_id):
        raise UnreadableRecordError("is that of another write")
    return intent


def outcome_of(item: Stored) -> Mapping[str, Any]:
    """The outcome that an object holds; UnreadableRecordError if it holds something else."""
    try:
        outcome = _document(item)
    except ValueError:
        outcome = {}
    if not all(isinstance(outcome.get(name), str) for name in ("intent_id", "verdict", "reason")):
        raise UnreadableRecordError("cannot be read: it is not what Rollcall writes")
    if outcome["intent_id"] != item.intent_id:
        raise UnreadableRecordError("is that of another write")
    return outcome


def _document(item: Stored) -> dict[str, Any]:
    """ValueError if it is no JSON object."""
    try:
        document = json.loads(item.body or b"")
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(document, dict):
        raise ValueError("not an object")  # noqa: TRY004  # as the parser says of everything else
    return document
