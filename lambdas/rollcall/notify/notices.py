"""A notice as a message: an alert that is not about one event on one account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from rollcall.model.display import format_duration
from rollcall.model.levels import Severity
from rollcall.notify.groups import list_lines, list_principals, summarise_group
from rollcall.notify.message import (
    BACKTICK,
    Links,
    Message,
    Section,
    Status,
    fill_words,
    format_value,
    make_facts,
    make_printable,
    make_section,
    read_list,
    shorten,
)
from rollcall.notify.words import name_principal
from rollcall.outcomes.notice_kinds import NOTICES, NoticeKind
from rollcall.outcomes.notices import VERSION
from rollcall.outcomes.outcome import Action, Stage
from rollcall.outcomes.verdicts import Left, select

if TYPE_CHECKING:
    from rollcall.outcomes.meaning import NoticeWords

#: Of the accounts of a notice so many are listed.
MOST_LISTED: Final = 10
#: Principals of repeated edits.
_MOST_ACTORS: Final = 100
#: The contact is as it should be or as it was, or Rollcall does not touch it.
_RIGHT: Final = {str(one) for one in select(lambda meaning: meaning.left in (Left.RIGHT, Left.ALONE))}


_UNKNOWN: Final = "unknown"
_COMMAND_LENGTH = 120  # of a value, so that no step is cut within a command; a digest has 64 characters


def build_notice_message(notice: Mapping[str, Any], links: Links) -> Message:
    """The message of a notice document, version 1; KeyError or ValueError if it is something else.

    A missing fact is shown as unknown: a notice is too important to be lost for one.
    """
    if notice["version"] != VERSION:
        raise ValueError("this release reads notice documents of version 1")
    if not isinstance(notice["update"], int):
        raise TypeError("updates are counted")
    kind, given = NoticeKind(notice["notice"]), dict(notice["facts"])
    lists, id_ = "lines" in given, notice["incident_id"]
    if lists:
        given |= summarise_group(given)
    if isinstance(wrong := given.get("wrong_seconds"), int):
        given["wrong_for"] = format_duration(timedelta(seconds=wrong)) if wrong else None
    if kind is NoticeKind.SWEEP_HELD:
        given["reasons"] = _list_other_reasons(given)
    words, texts = NOTICES[pick_variant(kind, given)], _make_texts(given)
    account, decided_at = given.get("account"), datetime.fromisoformat(notice["decided_at"])
    # No all-clear while a contact is left changed.
    waits = words.waits or ("{meanwhile}" if given.get("left") else "")
    stage = Stage.OPEN if waits else Stage.CLOSED
    over = Status.REPORTED if words.reported else Status.RESOLVED
    status = Status.OPEN if stage is Stage.OPEN else over
    return Message(
        incident_id=id_,
        decided_at=decided_at,
        stage=stage,
        severity=Severity[notice["severity"]],
        headline=make_printable(f"{status}: {fill_words(words.headline, texts)}"),
        status=status,
        facts=make_facts(
            [
                ("Status", f"{status}: {fill_words(waits, texts)}" if waits else str(status)),
                ("When", f"{decided_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"),
                *((label, fill_words(line, texts)) for label, line in words.lines if _applies(line, given)),
            ]
        ),
        sections=(
            *list_lines(given),
            *list_principals(given),
            *_list_actors(given),
            *_list_weakenings(given),
            *_list_examples(words, given),
            *links.quote_section(words.runbook),
        ),
        next_steps=_list_steps(words, texts),
        links=(links.link_section(words.runbook), *links.account(_read_id(account))),
        ids=make_facts(
            [("Incident", id_), *([("History", f"rollcall history --incident {id_}")] if lists else [])]
        ),
        attributes={
            "severity": notice["severity"],
            "cause": str(kind),
            "verdict": "notice",
            "kind": make_printable(given.get("kind") or "ALL"),
            "stage": str(stage),
            "account": make_printable(_read_id(account) or "ALL") if account else "ALL",
            "incident": id_,
        },
        # Only for a channel that showed the beginning, and after it.
        closes_only=notice.get("action") == Action.RESOLVE,
        opened=notice.get("action") == Action.RESOLVE,
        update=notice["update"],
        adds=lists,
    )


def pick_variant(kind: NoticeKind, given: Mapping[str, Any]) -> str:
    """Which words a notice of this kind has: a key of `notice_kinds.NOTICES`."""
    special = ""
    match kind:
        case NoticeKind.SWEEP_HELD:
            first = "first" if given.get("changes") else "first-without-changes"
            other = "drift" if given.get("drift") else "" if given.get("changes") else "weakens"
            special = first if given.get("first") else other
        case NoticeKind.PLAN_ENDED:
            special = str(given.get("ending"))
        case NoticeKind.ROSTER_APPROVED:
            special = "automatic" if given.get("automatic") else "drift" if given.get("drift") else ""
            special = "audit" if given.get("enforces") is False else special
        case NoticeKind.SWEEP_DRIFT:
            special = _find_left(given)
        case NoticeKind.SWEEP_APPLIED:
            finished = given.get("ending", "finished") in ("finished", "pending-approval")
            special = _find_left(given) if finished else "stopped"
        case NoticeKind.PAUSED:
            special = str(given.get("stage"))
        case NoticeKind.BULK_EDIT:
            ended = "left" if given.get("left") else "left-alone" if given.get("left_alone") else "ended"
            special = ended if given.get("ended") else str(given.get("by"))
        case NoticeKind.MANY_ALERTS | NoticeKind.CONTACTS_SET:
            special = str(given.get("by"))
    found = f"{kind}/{special}"
    return found if found in NOTICES else str(kind)


def _find_left(given: Mapping[str, Any]) -> str:
    left = [name for name, count in (given.get("became") or {}).items() if count and name not in _RIGHT]
    return "left" if left or given.get("not_checked") else ""


class _Texts(dict[str, str]):
    """Facts as texts, for templates."""

    def __missing__(self, key: str) -> str:
        return _UNKNOWN


def _make_texts(given: Mapping[str, Any]) -> _Texts:
    texts = _Texts((name, format_value(value)) for name, value in given.items())
    actor, failed = given.get("actor"), given.get("failed")
    if isinstance(actor, Mapping):
        texts["principal"] = _name_person(name_principal(actor))
    elif given.get("source_ip"):
        texts["principal"] = f"address {given['source_ip']}"
    texts["operator"] = _name_person(str(given.get("by") or _UNKNOWN))
    if actors := read_list(given, "actors"):
        others = " and others, see below" if len(actors) > 1 else ""
        texts["last_actor"] = format_value(actors[-1]) + others
    texts["failed_steps"] = ", ".join(failed) if isinstance(failed, Mapping) and failed else "an unknown step"
    return texts


def _name_person(principal: str) -> str:
    """The part of an ARN that names a person: Admin/mary."""
    return principal.rpartition(":")[2].removeprefix("assumed-role/")


def _list_steps(words: NoticeWords, texts: _Texts) -> tuple[str, ...]:
    """The next steps. Values in them stand in commands, between backticks that they must not end."""
    plain = _Texts(
        (name, shorten(make_printable(text).replace("`", BACKTICK), _COMMAND_LENGTH))
        for name, text in texts.items()
    )
    return tuple(make_printable(step.format_map(plain)) for step in words.next_steps)


def _applies(line: str, given: Mapping[str, Any]) -> bool:
    """A line of one fact that does not apply is left out."""
    name = line.removeprefix("{").removesuffix("}")
    return name not in given or given[name] not in (None, "", [], {})


def _read_id(account: object) -> str:
    return str(account.get("id")) if isinstance(account, Mapping) else str(account)


def _list_examples(words: NoticeWords, given: Mapping[str, Any]) -> tuple[Section, ...]:
    name, total = ("groups", "groups_count") if "groups" in given else ("examples", "examples_count")
    items = [_format_example(item) for item in read_list(given, name)[:MOST_LISTED]]
    return make_section(words.examples, items, given.get(total))


def _list_other_reasons(given: Mapping[str, Any]) -> list[Any]:
    """Why a roster waits beside what always needs approval, which has a section of its own."""
    weakens = [item.get("text") for item in read_list(given, "weakenings") if isinstance(item, Mapping)]
    other = [reason for reason in read_list(given, "reasons") if reason not in weakens]
    return [*other, "it has changes that always need approval, see below"] if weakens else other


def _list_weakenings(given: Mapping[str, Any]) -> tuple[Section, ...]:
    """What a roster would guard less than the approved one, or begin."""
    found = [item for item in read_list(given, "weakenings") if isinstance(item, Mapping)]
    items = [str(item.get("text", _UNKNOWN)) for item in found[:MOST_LISTED]]
    return make_section("Always needs approval", items, len(found))


def _list_actors(given: Mapping[str, Any]) -> tuple[Section, ...]:
    """All who keep editing one contact; one alone stands on a line of its own."""
    found = read_list(given, "actors")
    items = [format_value(actor) for actor in found[: -_MOST_ACTORS - 1 : -1]] if len(found) > 1 else []
    return make_section("Who, the latest first", items, len(found))


def _format_example(item: object) -> str:
    """An account, or its contact and what is known of it, on one line."""
    if not isinstance(item, Mapping):
        return format_value(item)
    account = item.get("account", item)
    place = f" (OU {account['ou']})" if isinstance(account, Mapping) and account.get("ou") else ""
    whose = f"{format_value(account)}{place}" + (f" {item['kind']}" if item.get("kind") else "")
    known = [format_value(item[label]) for label in ("verdict", "reason") if item.get(label)]
    return f"{whose}: {'; '.join(known)}" if known else whose
