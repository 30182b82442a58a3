"""What people read of a bulk edit beyond its plain facts: who, from where, what becomes of the contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rollcall.alerts.actors import from_where, who
from rollcall.alerts.message import Section, cut, shown

#: Of the accounts of a notice so many are listed.
MOST_LISTED: Final = 10
#: And so many principals: what to do must not slip out of sight.
MOST_NAMED: Final = 5
_SEVERAL: Final = 2
#: Of a principal, so that the number of its edits is never cut off. ARNs that AWS makes are shorter.
_PRINCIPAL_LENGTH: Final = 300
#: Verdicts in the words of whoever reads them at night; the others are told as they are.
_BECAME: Final = {
    "set": "put back",
    "undone": "put back",
    "pending": "waiting",
    "spaced": "put back later",
    "would-set": "left as they are",
    "failed": "not put back (refused by AWS)",
    "denied": "only attempted (refused by AWS)",
    "unrecorded-write": "by Rollcall's own role",
}
#: Sooner or later.
_PUT_BACK: Final = frozenset({"set", "undone", "pending", "spaced"})
#: For a reason of its own each, while others may be put back.
_LEFT: Final = frozenset({"failed", "unreadable", "unreachable", "held", "exempt"})


def summaries(given: Mapping[str, Any]) -> dict[str, Any]:
    """Further facts, made of those of a bulk: `whom`, `origin`, `outcome` and `meanwhile`."""
    actor, became = given.get("actor"), given.get("became")
    return {
        "whom": _whom(given),
        "origin": from_where(actor) if isinstance(actor, Mapping) else given.get("source_ip"),
        "outcome": _outcome(became) if isinstance(became, Mapping) else None,
        "meanwhile": _meanwhile(became if isinstance(became, Mapping) else {}),
    }


def principals(given: Mapping[str, Any]) -> tuple[Section, ...]:
    """Who made the edits: one role has another ARN in each account. One alone stands on its own line."""
    found = listed(given, "principals")
    if len(found) < _SEVERAL:
        return ()
    items = [shown(_principal(item)) for item in found[:MOST_NAMED]]
    return (Section(title="Who, most edits first", items=with_rest(items, given.get("principals_count"))),)


def listed(given: Mapping[str, Any], name: str) -> Sequence[Any]:
    """The fact, if it is a list."""
    found = given.get(name)
    return found if isinstance(found, Sequence) and not isinstance(found, str) else ()


def with_rest(items: Sequence[str], total: object) -> tuple[str, ...]:
    """The items, and how many there are beyond them as far as that is known."""
    more = total - len(items) if isinstance(total, int) else 0
    return (*items, *([f"and {more} more"] if more > 0 else []))


def _whom(given: Mapping[str, Any]) -> str | None:
    found, actor = listed(given, "principals"), given.get("actor")
    count = given.get("principals_count") or len(found)
    if isinstance(actor, Mapping):
        several = f"{count} ARNs of one name, see below; the latest " if len(found) >= _SEVERAL else ""
        return several + who(actor)
    if len(found) >= _SEVERAL:
        return f"{count} principals, see below"
    return str(found[0].get("principal")) if found and isinstance(found[0], Mapping) else None


def _principal(item: object) -> str:
    if not isinstance(item, Mapping):
        return str(item)
    edits = item.get("edits")
    return (
        f"{cut(str(item.get('principal')), _PRINCIPAL_LENGTH)} ({edits} {'edit' if edits == 1 else 'edits'})"
    )


def _outcome(became: Mapping[str, Any]) -> str:
    counts: dict[str, int] = {}
    for verdict, count in became.items():
        words = _BECAME.get(verdict, str(verdict))
        counts[words] = counts.get(words, 0) + (count if isinstance(count, int) else 0)
    return ", ".join(f"{count} {words}" for words, count in counts.items() if count)


def _meanwhile(became: Mapping[str, Any]) -> str:
    """Whether the contacts are put back, which is what the reader wants to know first."""
    verdicts = {verdict for verdict, count in became.items() if count}
    if verdicts == {"denied"}:
        return "AWS refused all of it, and no contact was changed"
    if "would-set" in verdicts:
        return "contacts are NOT put back (audit mode, a pause, or no approved roster)"
    if verdicts & _LEFT and not verdicts & _PUT_BACK:
        return "contacts are NOT put back, the outcome says why"
    if verdicts & _LEFT:
        return "Rollcall puts contacts back, but not all: see the outcome"
    return "Rollcall puts the contacts back"
