"""What the message of a group shows: its lines, its principals, and what is left changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rollcall.notify.message import Section, fill_words, format_value, make_section, read_list, shorten
from rollcall.notify.words import WORDS, describe_actor, describe_origin, name_program
from rollcall.outcomes.verdicts import Verdict

#: Lines of a message (the file that it names has all).
_MOST_LINES: Final = 100
#: Principals of a group, whose lines name all: what to do must not slip out of sight.
_MOST_NAMED: Final = 5
_PRINCIPAL_LENGTH: Final = 300  # so that the number of its edits stays; ARNs that AWS makes are shorter

#: What a message of a group lists, and the fact that has it.
_LINES: Final = (
    ("Left changed", "left"),
    ("Left changed by decision", "left_alone"),
    ("New in this message", "lines"),
)


def summarise_group(given: Mapping[str, Any]) -> dict[str, Any]:
    """Further facts, made of those of a group: `who`, `programs`, `origin`, `why_alone` and `meanwhile`.

    Also `accounts_count` as text, if there may be more.
    """
    actor, left, alone = given.get("actor"), given.get("left_count"), given.get("left_alone_count")
    programs = dict.fromkeys(name_program(str(one)) for one in read_list(given, "programs"))
    others = " and maybe others" if _is_least(given, "programs") else ""
    more = {"accounts_count": _count(given, "accounts_count")} if _is_least(given, "accounts_count") else {}
    return more | {
        "who": _describe_principals(given),
        "programs": ", ".join(programs) + others,
        "origin": describe_origin(actor) if isinstance(actor, Mapping) else given.get("source_ip"),
        **_describe_left(left, alone, read_list(given, "left_alone")),
    }


def _count(given: Mapping[str, Any], name: str) -> str:
    return f"{'at least ' * _is_least(given, name)}{given[name]}"


def _is_least(given: Mapping[str, Any], name: str) -> bool:
    """Whether a group had to forget names of these, and there may be more."""
    return name in read_list(given, "at_least")


#: Why Rollcall leaves a contact as it is, by verdict.
_LEFT_ALONE: Final = {
    str(Verdict.EXEMPT): "exempt",
    str(Verdict.UNMANAGED): "not managed",
    str(Verdict.INACTIVE): "not active",
}


def _describe_left(count: object, alone: object, lines: Sequence[Any]) -> dict[str, str]:
    """How many contacts are left changed: `count` that are wrong, and `alone` by decision, with `lines`."""
    verdicts = [str(line.get("verdict")) for line in lines if isinstance(line, Mapping)]
    why = ", ".join(dict.fromkeys(_LEFT_ALONE.get(verdict, verdict) for verdict in verdicts))
    found = [f"{count} left changed"] if count else []
    found += [f"{alone} {'more' if found else 'left changed'} ({why})"] if alone else []
    return {"meanwhile": ", ".join(found) or "none left changed", "why_alone": why}


def list_lines(given: Mapping[str, Any]) -> tuple[Section, ...]:
    """The lines of a group: what is left changed, and what is new."""
    return tuple(
        section
        for title, name in _LINES
        for section in make_section(
            title, list(map(_format_line, read_list(given, name)[:_MOST_LINES])), given.get(f"{name}_count")
        )
    )


def _format_line(item: object) -> str:
    """Account, contact, what was done, the principal, the result and the severity."""
    if not isinstance(item, Mapping):
        return format_value(item)
    kinds = " and ".join(map(str, read_list(item, "kinds")))
    result = WORDS[str(item["verdict"])].result if item.get("verdict") in WORDS else str(item.get("verdict"))
    whose = f"{format_value(item.get('account'))} {kinds}".strip()
    why = f" ({item['reason']})" if item.get("reason") else ""
    return f"{whose} {item.get('done')} by {item.get('principal')}: {result}{why} [{item.get('severity')}]"


def list_principals(given: Mapping[str, Any]) -> tuple[Section, ...]:
    """Who made the edits: one role has another ARN in each account. One alone stands on its own line."""
    found = read_list(given, "principals")
    several = len(found) > 1 and not given.get("actor")
    items = [_describe_principal(item) for item in found[:_MOST_NAMED]] if several else []
    least = _is_least(given, "principals_count")
    return make_section("Who, most edits first", items, given.get("principals_count"), least=least)


def _describe_principals(given: Mapping[str, Any]) -> str | None:
    found, actor = read_list(given, "principals"), given.get("actor")
    count = _count(given, "principals_count") if "principals_count" in given else len(found)
    if isinstance(actor, Mapping):
        several = f"the same name in {count} accounts; the latest: " if len(found) > 1 else ""
        return several + describe_actor(actor)
    if len(found) > 1:
        return f"{count} principals, see below"
    return str(found[0].get("principal")) if found and isinstance(found[0], Mapping) else None


def _describe_principal(item: object) -> str:
    if not isinstance(item, Mapping):
        return str(item)
    principal = shorten(str(item.get("principal")), _PRINCIPAL_LENGTH)
    return f"{principal} ({fill_words('{edits} edits', {'edits': item.get('edits')})})"
