"""Plays steps of the demo: acts, waits, and compares contacts, their writers and the alerts."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localcloud.story.stage import DemoStage
    from simulation.caller import Caller

    Contact = Mapping[str, str]

PATIENCE_SECONDS = 120.0
_QUIET_SECONDS = 0.7  # how long no second alert may follow
_WATCH_SECONDS = 3.0  # how long a contact must be left as it is
_PARTS = ("name", "title", "email", "phone")
_PARAMETERS = {"name": "Name", "title": "Title", "email": "EmailAddress", "phone": "PhoneNumber"}
PAYMENTS, WEB_SHOP, DIVESTED = "222222222222", "444455556666", "555566667777"
PLAYGROUND = "666677778888"
EDIT = {"name": "Mary", "title": "Developer", "email": "mary@example.net", "phone": "+1 206 555 0199"}


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
    """The expected end: these contacts, and one alert of this severity.

    `denied`: AWS denied the edit, and the contacts keep their values; `writer`: the role that must have set
    them, if the step is about that.
    """

    contacts: Mapping[str, Contact]
    severity: str
    denied: bool = False
    writer: str = ""


class Scene:
    """Plays steps on a stage whose hub enforces `roster` (the compiled document)."""

    def __init__(self, stage: DemoStage, roster: Mapping[str, Any]) -> None:
        self.stage, self.cloud, self.management = stage, stage.cloud, stage.management
        self.organization = stage.cloud.simulation.organization
        self.writes: list[str] = []  # the name of the role, for each contact that was ever written
        self._writers: dict[str, list[str]] = {}
        self.cloud.apis.add_hook("account", "PutAlternateContact", self._record_write)
        self.enforce(roster)

    def enforce(self, roster: Mapping[str, Any]) -> None:
        """Expect this roster to be the one in force from now on."""
        self.roster = roster
        contacts = {
            name: {part: values[part] for part in _PARTS} for name, values in roster["contacts"].items()
        }
        self.usual: dict[str, Contact] = {kind: contacts[name] for kind, name in roster["defaults"].items()}
        self.production = self.usual | {"SECURITY": contacts["pci-soc"]}

    def play(self, name: str, act: Callable[[], Act], end: End) -> DemoStep:
        """Act, wait for the expected contacts and the alert, and compare."""
        self.stage.show(name)
        self._writers.clear()
        before, started = len(self.cloud.mail.list_messages()), time.monotonic()
        done = act()
        right = self.wait(lambda: self._look_up(done.account, end.contacts) == end.contacts)
        if end.denied:
            right = not self.wait(
                lambda: self._look_up(done.account, end.contacts) != end.contacts, _WATCH_SECONDS
            )
        seconds = round(time.monotonic() - started, 2)

        def alerts() -> list[dict[str, Any]]:
            new = self.cloud.mail.list_messages()[before:]
            return [alert for alert in new if alert["attributes"]["account"] == done.account]

        self.wait(lambda: bool(alerts()))
        self.wait(lambda: len(alerts()) > 1, _QUIET_SECONDS)
        expected = _describe(end.contacts, [end.severity], end, denied=end.denied, writer=end.writer)
        observed = _describe(
            self._read(done.account, end.contacts),
            [alert["attributes"]["severity"] for alert in alerts()],
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

    def act_as_mary(self, account: str) -> Any:
        """A client of the Account API with a developer's session in the account."""
        return self.cloud.clients.client("account", account, role="Developer", session="mary")

    def wait(self, condition: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> bool:
        """Whether the condition comes true in time."""
        end = time.monotonic() + seconds
        while not (met := condition()) and time.monotonic() < end:
            time.sleep(0.02)
        return met

    def _record_write(self, caller: Caller, parameters: Mapping[str, Any]) -> None:
        role = caller.principal_arn.rpartition("/")[2]
        self.writes.append(role)
        self._writers.setdefault(parameters.get("AccountId", caller.account_id), []).append(role)

    def _look_up(self, account: str, kinds: Mapping[str, Any]) -> dict[str, Contact]:
        """The contacts in the model. Reading them there uses no API quota."""
        contacts = self.organization.accounts[account].contacts
        return {
            kind: {part: getattr(contacts[kind], part) for part in _PARTS}
            for kind in kinds
            if kind in contacts
        }

    def _read(self, account: str, kinds: Mapping[str, Any]) -> dict[str, Contact]:
        """The contacts from the Account API, read by the management account."""
        client = self.cloud.clients.client("account", self.management)
        named = {} if account == self.management else {"AccountId": account}
        answers = {
            kind: client.get_alternate_contact(AlternateContactType=kind, **named)["AlternateContact"]
            for kind in self._look_up(account, kinds)
        }
        return {kind: {"email": answer["EmailAddress"]} for kind, answer in answers.items()}


def _describe(
    contacts: Mapping[str, Contact], severities: list[str], end: End, *, denied: bool, writer: str
) -> str:
    emails = ", ".join(f"{kind} {contact['email']}" for kind, contact in sorted(contacts.items()))
    refusal = "denied by the policy; " if denied else ""
    left = " untouched" if end.denied else ""
    by = f", set by {writer}" if writer else ""
    return f"{refusal}{emails or 'no contact'}{left}{by}; alerts: {', '.join(severities) or 'none'}"
