"""Plays steps of the demo: acts, waits, and compares contacts, their writers and the alerts."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from localcloud.story.seeds import find_contact
from rollcall.adapters.account_api import read_members
from rollcall.model.contact import ALL_PARTS, Contact, ContactKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from localcloud.story.stage import DemoStage
    from simulation.caller import Caller

    Values = Mapping[str, str]

PATIENCE_SECONDS = 120.0
_LOOKS = 3  # between two of them something may pass from one part of the cloud to another
_PARAMETERS = {"name": "Name", "title": "Title", "email": "EmailAddress", "phone": "PhoneNumber"}
PAYMENTS, WEB_SHOP, DIVESTED = "222222222222", "444455556666", "555566667777"
PLAYGROUND = "666677778888"
EDIT = {"name": "Mary", "title": "Developer", "email": "mary@example.net", "phone": "+1 206 555 0199"}
MOVED = "9 Elsewhere Road"  # and the address to which she moves an account


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoStep:
    """One step: what was expected and observed. `seconds` from the API call, `alerts` as delivered."""

    name: str
    expected: str
    observed: str
    seconds: float
    ok: bool
    alerts: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An edit: the account, and whether AWS denied it."""

    account: str
    denied: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The expected end: these contacts, and so many alerts of this severity, with these texts in them.

    `denied`: AWS denied the edit, and the contacts keep their values; `writer`: the role that must have set
    them, if the step is about that.
    """

    contacts: Mapping[str, Values]
    severity: str
    alerts: int = 1
    texts: tuple[str, ...] = ()
    denied: bool = False
    writer: str = ""


class Scene:
    """Plays steps on a stage whose hub enforces `roster` (the compiled document)."""

    def __init__(self, stage: DemoStage, roster: Mapping[str, Any]) -> None:
        self.stage, self.cloud, self.management = stage, stage.cloud, stage.management
        self.organization = stage.cloud.simulation.organization
        self.writes: list[str] = []  # the name of the role, for each contact that was ever written
        self._writers: dict[str, list[str]] = {}
        for write in ("PutAlternateContact", "PutContactInformation"):
            self.cloud.apis.add_hook("account", write, self._record_write)
        self.enforce(roster)

    def enforce(self, roster: Mapping[str, Any]) -> None:
        """Expect this roster to be the one in force from now on."""
        self.roster = roster
        contacts = {
            name: {part: values[part] for part in ALL_PARTS if part in values}
            for name, values in roster["contacts"].items()
        }
        self.usual: dict[str, Values] = {kind: contacts[name] for kind, name in roster["defaults"].items()}
        self.production = self.usual | {"SECURITY": contacts["pci-soc"]}

    def expect_primary(self, full_name: str) -> Values:
        """The primary contact of the roster in an account of this name; it keeps what AWS gave it."""
        given = {**self.organization.accounts[self.management].primary, "FullName": full_name}
        wanted = Contact(**self.usual["PRIMARY"])
        return wanted.keep_from(read_members(given, ContactKind.PRIMARY)).as_document()

    def play(self, name: str, act: Callable[[], Act], end: End) -> DemoStep:
        """Act, wait for the expected contacts and the alert, and compare."""
        self.stage.show(name)
        before, started = len(self.cloud.mail.list_messages()), time.monotonic()
        done = act()
        right = self.wait(lambda: self._look_up(done.account, end.contacts) == end.contacts)
        seconds = round(time.monotonic() - started, 2)

        def alerts() -> list[dict[str, Any]]:
            new = self.cloud.mail.list_messages()[before:]
            return [alert for alert in new if alert["attributes"]["account"] == done.account]

        self.wait(lambda: len(alerts()) >= end.alerts)
        right = self.wait_until_idle() and right
        severities = [end.severity] * end.alerts
        expected = _describe(end.contacts, severities, end.texts, end, denied=end.denied, writer=end.writer)
        messages = "".join(alert["message"] for alert in alerts())
        observed = _describe(
            self._read(done.account, end.contacts),
            [alert["attributes"]["severity"] for alert in alerts()],
            [text for text in end.texts if text in messages],
            end,
            denied=done.denied,
            writer=self._writers.get(done.account, [""])[-1] if end.writer else "",
        )
        return DemoStep(
            name=name,
            expected=expected,
            observed=observed,
            seconds=seconds,
            ok=right and observed == expected,
            alerts=tuple(alerts()),
        )

    def edit(self, account: str) -> Act:
        """Mary, a developer in the account, makes herself its security contact. AWS may deny it."""
        parameters = {_PARAMETERS[part]: value for part, value in EDIT.items()}
        try:
            self.act_as_mary(account).put_alternate_contact(AlternateContactType="SECURITY", **parameters)
        except ClientError as error:
            if "explicit deny in a service control policy" not in str(error):
                raise
            return Act(account=account, denied=True)
        return Act(account=account)

    def edit_primary(self, account: str) -> None:
        """Mary changes the address of her account."""
        mary = self.act_as_mary(account)
        found = mary.get_contact_information()["ContactInformation"]
        mary.put_contact_information(ContactInformation={**found, "AddressLine1": MOVED})

    def act_as_mary(self, account: str) -> Any:
        """A client of the Account API with a developer's session in the account."""
        return self.cloud.clients.client("account", account, role="Developer", session="mary")

    def wait(self, condition: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> bool:
        """Whether the condition comes true in time."""
        end = time.monotonic() + seconds
        while not (met := condition()) and time.monotonic() < end:
            time.sleep(0.02)
        return met

    def wait_until_idle(self) -> bool:
        """Wait until nothing is under way: no alert or write follows. False if that takes too long."""
        return self.wait(lambda: all(self.cloud.is_idle() for _ in range(_LOOKS)))

    def _record_write(self, caller: Caller, parameters: Mapping[str, Any]) -> None:
        role = caller.principal_arn.rpartition("/")[2]
        self.writes.append(role)
        self._writers.setdefault(parameters.get("AccountId", caller.account_id), []).append(role)

    def _look_up(self, account: str, kinds: Mapping[str, Any]) -> dict[str, Values]:
        """The contacts in the model."""
        found = {kind: find_contact(self.organization.accounts[account], ContactKind(kind)) for kind in kinds}
        return {kind: contact.as_document() for kind, contact in found.items() if contact}

    def _read(self, account: str, kinds: Mapping[str, Any]) -> dict[str, Values]:
        """The contacts from the Account API, read by the management account."""
        client = self.cloud.clients.client("account", self.management)
        named = {} if account == self.management else {"AccountId": account}

        def read(kind: str) -> Values:
            if kind == ContactKind.PRIMARY:
                members = client.get_contact_information(**named)["ContactInformation"]
            else:
                answer = client.get_alternate_contact(AlternateContactType=kind, **named)
                members = answer["AlternateContact"]
            return read_members(members, ContactKind(kind)).as_document()

        return {kind: read(kind) for kind in self._look_up(account, kinds)}


def _describe(
    contacts: Mapping[str, Values],
    severities: Sequence[str],
    texts: Sequence[str],
    end: End,
    *,
    denied: bool,
    writer: str,
) -> str:
    shown = ", ".join(f"{kind} {_show(contact)}" for kind, contact in sorted(contacts.items()))
    refusal = "denied by the policy; " if denied else ""
    left = " untouched" if end.denied else ""
    by = f", set by {writer}" if writer else ""
    said = f" ({'; '.join(texts)})" if texts else ""
    return f"{refusal}{shown or 'no contact'}{left}{by}; alerts: {', '.join(severities) or 'none'}{said}"


def _show(contact: Values) -> str:
    return contact.get("email") or f"{contact['name']}, {contact['address_line1']}"
