"""A grouped plan as text: for the terminal and the report in full, for alerts masked where it is foreign."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rollcall.model.contact import PRIMARY_PARTS, ContactKind
from rollcall.model.display import ContactValue, Masks, quote_value, show_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rollcall.decide.plan_values import ChangedValue, ChangeGroup
    from rollcall.model.account import Account

#: So many accounts are listed, more are counted by OU; and so many OUs are named.
MOST_LISTED: Final = 5
#: What is kept of both ends of a value that is too long for a notice: of a mailbox, the domain.
_HEAD, _TAIL = 24, 36


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueText:
    """One part, before and after; None where the contact has none, or there is no contact."""

    part: str
    found: str | None
    wanted: str | None
    #: Whether there is a contact before and afterwards: then it matters on which side a value is missing.
    changed: bool
    #: What people call the part: of a primary contact the Account API's name.
    label: str

    def __str__(self) -> str:
        if self.changed:
            return f"{self.label} {self.found or 'none'} -> {self.wanted or 'none'}"
        return f"{self.label} {self.found or self.wanted}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupText:
    """One group: `9 accounts: SECURITY soc`, then each value that differs, then which accounts these are."""

    heading: str
    values: tuple[ValueText, ...]
    accounts: str

    def __str__(self) -> str:
        return f"{self.heading}: {', '.join(map(str, self.values))}; {self.accounts}"


def describe_groups(
    groups: Sequence[ChangeGroup], *, masks: Masks, shortened: bool = False
) -> Sequence[GroupText]:
    """Each group as text. Masks of different values differ within all of them together.

    With masks a contact that is added is named with its mailbox only: the rest is in the roster.
    `shortened`: long values have dots in the middle, for channels that would cut off the end of a line.
    """
    brief = masks is not Masks.NOTHING
    rows = [(group, _pick_values(group, brief=brief)) for group in groups]
    shown = show_values(
        _list_values(value for _, values in rows for value in values),
        masks=masks,
        write=_write_shortened if shortened else quote_value,
    )
    return [
        GroupText(
            heading=_write_heading(group),
            values=tuple(
                ValueText(
                    part=value.part,
                    found=shown[value.found] if value.found else None,
                    wanted=shown[value.wanted] if value.wanted else None,
                    changed=group.action == "change",
                    label=_find_label(group.kind, value.part),
                )
                for value in values
            ),
            accounts=describe_accounts(group.accounts),
        )
        for group, values in rows
    ]


def describe_accounts(accounts: Sequence[Account]) -> str:
    """Few accounts by id and name, more of them counted by OU, the OU with most of them first."""
    if len(accounts) <= MOST_LISTED:
        return ", ".join(f"{account.id} {account.name}".rstrip() for account in accounts)
    units = Counter(account.ou or "the root" for account in accounts).most_common()
    more = len(units) - MOST_LISTED
    rest = [f"and in {more} more {'OU' if more == 1 else 'OUs'}"] if more > 0 else []
    return ", ".join([*(f"{number} in {unit}" for unit, number in units[:MOST_LISTED]), *rest])


def _write_shortened(value: ContactValue, text: str) -> str:
    whole = quote_value(value, text)
    return whole if len(whole) <= _HEAD + 3 + _TAIL else f"{whole[:_HEAD]}...{whole[-_TAIL:]}"


def _pick_values(group: ChangeGroup, *, brief: bool) -> Sequence[ChangedValue]:
    named = group.wanted_name if group.action == "add" else group.found_name
    if brief and named and group.action != "change":
        return group.values[:1]
    return group.values


def _list_values(values: Iterable[ChangedValue]) -> Iterator[ContactValue]:
    for value in values:
        yield from (item for item in (value.found, value.wanted) if item is not None)


def _write_heading(group: ChangeGroup) -> str:
    number = len(group.accounts)
    names = list(dict.fromkeys(name for name in (group.found_name, group.wanted_name) if name))
    words = [
        f"{number} {'account' if number == 1 else 'accounts'}:",
        *([] if group.action == "change" else [group.action]),
        str(group.kind),
        *([" -> ".join(names)] if names else []),
        *([f"({group.note})"] if group.note else []),
    ]
    return " ".join(words)


def _find_label(kind: ContactKind, part: str) -> str:
    rule = PRIMARY_PARTS.get(part) if kind is ContactKind.PRIMARY else None
    return rule.member if rule else part


def build_group_documents(groups: Sequence[ChangeGroup], *, masks: Masks) -> list[dict[str, Any]]:
    """Each group as JSON: its texts, and all of its accounts."""
    texts = describe_groups(groups, masks=masks)
    return [
        {
            "text": text.heading,
            "kind": str(group.kind),
            "action": group.action,
            "contact": group.wanted_name,
            "note": group.note,
            "values": [
                {"part": value.part, "found": value.found, "wanted": value.wanted} for value in text.values
            ],
            "where": text.accounts,
            "accounts": [account.id for account in group.accounts],
        }
        for group, text in zip(groups, texts, strict=True)
    ]
