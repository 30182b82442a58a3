"""One message to people, whatever channel it goes to: what happened, its status, who, what to do next."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from rollcall.model.account import is_account_id
from rollcall.model.contact import ALTERNATE_PARTS, PRIMARY_PARTS, mask_secrets
from rollcall.model.display import spell_unseen
from rollcall.outcomes.outcome import Stage

if TYPE_CHECKING:
    from datetime import datetime

    from rollcall.model.levels import Severity

#: Longer values are cut: the person who chose one must not push what matters out of sight. Characters.
VALUE_LENGTH = 1000
_CUT = "..."
#: Stands for a backtick where it would end the code that a value is shown as.
BACKTICK: Final = r"\u{60}"


class Status(StrEnum):
    """The first word of a message."""

    OPEN = "Open"
    RESOLVED = "Resolved"
    #: Nothing is to be resolved: nothing changed, or Rollcall does not undo it.
    REPORTED = "Reported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A labelled value. Made by `make_fact`, so that nothing in the value can break a line or hide one."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Facts of one contact, or a list of examples."""

    title: str
    facts: tuple[Fact, ...] = ()
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where to look. `target` is a URL, or a path where no URL is known."""

    label: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message. `headline` begins with the status, and `facts` do.

    `content` differs between messages of one incident and stage: what was written since the first is news.
    It is empty where nothing was. `wrong` is what is left wrong, as `KIND/verdict`. `opened`: the incident
    was alerted as open; `closes_only`: and this is only for them; `retried`: another one follows.
    `update` counts the messages of one notice, None for incidents; `adds` is whether a later one does not
    repeat what this one says. `attributes` are what a channel may filter by.
    """

    incident_id: str
    stage: Stage
    severity: Severity
    headline: str
    status: Status
    facts: tuple[Fact, ...]
    sections: tuple[Section, ...]
    next_steps: tuple[str, ...]
    links: tuple[Link, ...]
    ids: tuple[Fact, ...]
    attributes: Mapping[str, str]
    decided_at: datetime
    content: str = ""
    wrong: frozenset[str] = frozenset()
    closes_only: bool = False
    retried: bool = False
    opened: bool = False
    update: int | None = None
    adds: bool = False

    @property
    def step(self) -> str:
        """Differs between messages of one incident; in order for those of one notice."""
        if self.update is not None:
            return f"update#{self.update:06}"
        return f"{Stage.OPEN if self.retried else Stage.CLOSED}#{self.content}"

    @property
    def opens(self) -> bool:
        """Whether an end follows it."""
        return self.retried if self.update is None else not self.update and self.stage is Stage.OPEN


def split_message(message: Message, most: int) -> tuple[Message, ...]:
    """The message in parts whose items have at most so many characters; what is no item is in the first."""
    pages: list[list[Section]] = [[]]
    room = most
    for section in message.sections:
        kept: list[str] = []
        for item in section.items:
            if len(item) > room and (kept or any(one.items for one in pages[-1])):
                if kept:
                    pages[-1].append(replace(section, items=tuple(kept)))
                    section = replace(section, facts=())  # noqa: PLW2901  # they are in the first part
                pages.append([])
                kept, room = [], most
            kept.append(item)
            room -= len(item)
        if kept or section.facts or not section.items:
            pages[-1].append(replace(section, items=tuple(kept)))
    first, *rest = pages
    titles = [f"{message.headline} ({number} of {len(pages)})" for number in range(2, len(pages) + 1)]
    return (
        replace(message, sections=tuple(first)),
        *(
            replace(message, headline=title, facts=(), sections=tuple(page), next_steps=(), links=())
            for title, page in zip(titles, rest, strict=True)
        ),
    )


def make_fact(label: str, value: object) -> Fact:
    """A fact with a value that others may have chosen."""
    return Fact(label=label, value=make_printable(value))


_COUNTED: Final = re.compile(r"\{(\w+)\}((?: more)? (?:account|contact|change|edit|alert))s\b")


def fill_words(words: str, facts: Mapping[str, Any]) -> str:
    """The words with the facts in them; of one account, contact, change, edit or alert in the singular."""

    def count(counted: re.Match[str]) -> str:
        one = str(facts[counted[1]]) == "1"
        return f"{{{counted[1]}}}{counted[2]}" if one else counted[0]

    return _COUNTED.sub(count, words).format_map(facts)


def make_facts(pairs: Iterable[tuple[str, object]]) -> tuple[Fact, ...]:
    """Several of them, in order."""
    return tuple(make_fact(label, value) for label, value in pairs)


def make_printable(value: object) -> str:
    r"""The text on one line: without secrets, what cannot be seen spelt as its code point, not too long.

    `\u{202e}` is the mark that makes the rest of a line read backwards: seen, it fools nobody.
    """
    return shorten(spell_unseen(mask_secrets(str(value))), VALUE_LENGTH)


def shorten(text: str, length: int) -> str:
    """At most `length` characters, and three dots where some are missing."""
    return text if len(text) <= length else text[: length - len(_CUT)] + _CUT


#: Console by the beginning of the Region's name; others are in the partition aws.
#: https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/using-govcloud-endpoints.html and
#: https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-Beijing.html
_CONSOLES: Final = {"cn-": "console.amazonaws.cn", "us-gov-": "console.amazonaws-us-gov.com"}
_CONSOLE: Final = "console.aws.amazon.com"
_EVENT = re.compile(r"[0-9A-Za-z-]{8,64}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Makes links. `runbook` is the URL, or the path, of docs/operations.md; `region` the functions' own.

    `sections` are pairs of label and text by anchor, to be quoted where no URL is known.
    `access_portal` is the URL of the AWS access portal, None if people do not sign in by it. Its links open a
    page in the right account, and ask for a role if there are several:
    https://docs.aws.amazon.com/singlesignon/latest/userguide/createshortcutlink.html
    """

    region: str
    runbook: str
    access_portal: str | None = None
    sections: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)

    @property
    def console(self) -> str:
        """Host of the console in this partition."""
        return next((host for start, host in _CONSOLES.items() if self.region.startswith(start)), _CONSOLE)

    def link_section(self, anchor: str) -> Link:
        """A section of the runbook."""
        return Link(label="Runbook", target=f"{self.runbook}#{anchor}")

    def quote_section(self, anchor: str) -> tuple[Section, ...]:
        """The section itself, for people who cannot follow the path of a file."""
        facts = tuple(make_fact(label, text) for label, text in self.sections.get(anchor, ()))
        return (Section(title="Runbook", facts=facts),) if facts else ()

    def link_event(self, event_id: object, account_id: object) -> list[Link]:
        """The event in the event history of the account of its caller."""
        if not isinstance(event_id, str) or not _EVENT.fullmatch(event_id):
            return []
        page = f"cloudtrailv2/home?region={self.region}#/events/{event_id}"
        address = f"https://{self.region}.{self.console}/{page}"
        if not is_account_id(account_id):
            return [Link(label="CloudTrail", target=address)]
        return [Link(label=f"CloudTrail ({account_id})", target=self._sign_in(str(account_id), address))]

    def account(self, account_id: object) -> list[Link]:
        """The account's own page with its contacts, by the portal; else its page in AWS Organizations.

        The latter opens only in the management account.
        """
        if not is_account_id(account_id):
            return []
        page = f"organizations/v2/home/accounts/{account_id}"
        if self.access_portal:
            page = "billing/home#/account"
        return [
            Link(label="Account", target=self._sign_in(str(account_id), f"https://{self.console}/{page}"))
        ]

    def _sign_in(self, account_id: str, address: str) -> str:
        """The address of a page in an account, through the portal if there is one."""
        if not self.access_portal:
            return address
        portal = self.access_portal.rstrip("/")
        return f"{portal}/#/console?account_id={account_id}&destination={quote(address, safe='')}"


#: AWS takes 50 characters; those that cannot be seen are longer once they are spelt.
_LONGEST_NAME: Final = 200


def format_account(account: Mapping[str, Any], longest: int = _LONGEST_NAME) -> str:
    """`Payments (222222222222)`, or the ID alone; the name is printable and at most `longest` characters."""
    name = account.get("name")
    return f"{shorten(make_printable(name), longest)} ({account['id']})" if name else str(account["id"])


def format_contact(masked: Mapping[str, str] | None, beside: Mapping[str, str] | None) -> str:
    """A masked contact on one line; empty if there is none.

    The fields of a primary contact are named, and those that are as in the one `beside` it are left out.
    """
    if not masked or masked.keys() <= ALTERNATE_PARTS.keys():
        return ", ".join(masked[part] for part in ALTERNATE_PARTS if part in masked) if masked else ""
    differing = [part for part in PRIMARY_PARTS if beside and masked.get(part) != beside.get(part)]
    shown = differing or [part for part in PRIMARY_PARTS if part in masked]
    return "; ".join(f"{PRIMARY_PARTS[part].member}: {masked.get(part, 'none')}" for part in shown)


def format_value(value: Any) -> str:
    """A fact of a notice on one line: `none` if it is empty."""
    match value:
        case bool():
            text = "yes" if value else "no"
        case {"id": _}:
            text = format_account(value)
        case Mapping():
            pairs = ((name, item) for name, item in value.items() if item)
            text = ", ".join(
                f"{item} {name}" if isinstance(item, int) else f"{name}: {format_value(item)}"
                for name, item in pairs
            )
        case Sequence() if not isinstance(value, str):
            text = "; ".join(map(format_value, value))
        case _:
            text = "" if value is None else str(value)
    return text or "none"


def read_list(given: Mapping[str, Any], name: str) -> Sequence[Any]:
    """The fact, if it is a list."""
    found = given.get(name)
    return found if isinstance(found, Sequence) and not isinstance(found, str) else ()


def make_section(
    title: str, items: Sequence[str], total: object, *, least: bool = False
) -> tuple[Section, ...]:
    """The items, and how many there are beyond them as far as that is known; no section without items.

    `least` is whether there may be more than `total`.
    """
    more = total - len(items) if isinstance(total, int) else 0
    rest = [f"and {'at least ' * least}{more} more"] if more > 0 else []
    return (Section(title=title, items=(*map(make_printable, items), *rest)),) if items else ()
