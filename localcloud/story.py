"""The six steps of the demo. Each acts as a person would and then looks at contacts and mailboxes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.stage import CONFIG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from localcloud.stage import Stage

    Contact = Mapping[str, str]

_PATIENCE_SECONDS = 30.0
_QUIET_SECONDS = 0.7  # how long no second alert may follow
_WATCH_SECONDS = 3.0  # how long an edit must be left as it is
_PARTS = ("name", "title", "email", "phone")
_PAYMENTS, _WEB_SHOP, _DIVESTED = "222222222222", "444455556666", "555566667777"
_EDIT = {"name": "Mary", "title": "Developer", "email": "mary@example.net", "phone": "+1 206 555 0199"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one step was to show and what it showed; `seconds` from the API call, `alerts` as delivered."""

    name: str
    expected: str
    observed: str
    seconds: float
    ok: bool
    alerts: tuple[dict[str, Any], ...]


class Story:
    """Plays on a stage whose hub enforces `roster` (the compiled document)."""

    def __init__(self, stage: Stage, roster: Mapping[str, Any]) -> None:
        self._stage, self._cloud = stage, stage.cloud
        self._organization = stage.cloud.simulation.organization
        self._created = ""
        contacts: dict[str, Contact] = {
            name: {part: values[part] for part in _PARTS} for name, values in roster["contacts"].items()
        }
        self._usual = {kind: contacts[name] for kind, name in roster["defaults"].items()}
        self._production = self._usual | {"SECURITY": contacts["pci-soc"]}

    def steps(self) -> Iterator[Step]:
        """Play them one after the other."""
        usual, production = ({"SECURITY": c["SECURITY"]} for c in (self._usual, self._production))
        edited = {"SECURITY": _EDIT}
        yield self._play("account created", self._create, self._usual, "INFO")
        yield self._play("account moved to Workloads/Production", self._move, production, "INFO")
        yield self._play(
            "security contact edited in a member", lambda: self._edit(_PAYMENTS), usual, "MEDIUM"
        )
        yield self._play("security contact deleted in a member", self._delete, usual, "HIGH")
        yield self._play("exempt account edited", lambda: self._edit(_DIVESTED), edited, "LOW", stays=True)
        self._stage.update_hub(self._audit_config())
        yield self._play("edited in audit mode", lambda: self._edit(_PAYMENTS), edited, "MEDIUM", stays=True)

    def _play(
        self,
        name: str,
        act: Callable[[], str],
        wanted: Mapping[str, Contact],
        severity: str,
        *,
        stays: bool = False,
    ) -> Step:
        """Act, wait for the contacts to be as wanted and for the alert; `stays`: they must remain so."""
        self._stage.tell(name)
        before, started = len(self._cloud.mail.received()), time.monotonic()
        account = act()
        right = self._wait(lambda: self._found(account, wanted) == wanted)
        if stays:
            right = not self._wait(lambda: self._found(account, wanted) != wanted, _WATCH_SECONDS)
        seconds = round(time.monotonic() - started, 2)

        def alerts() -> list[dict[str, Any]]:
            return [a for a in self._cloud.mail.received()[before:] if a["attributes"]["account"] == account]

        self._wait(lambda: bool(alerts()))
        self._wait(lambda: len(alerts()) > 1, _QUIET_SECONDS)
        expected = _words(wanted, [severity], stays=stays)
        severities = [alert["attributes"]["severity"] for alert in alerts()]
        observed = _words(self._read(account, wanted), severities, stays=stays and right)
        ok = right and observed == expected
        return Step(
            name=name, expected=expected, observed=observed, seconds=seconds, ok=ok, alerts=tuple(alerts())
        )

    def _create(self) -> str:
        organizations = self._cloud.clients.client("organizations", self._stage.management)
        request = organizations.create_account(AccountName="Ledger", Email="aws+ledger@example.com")

        def created() -> bool:
            status = organizations.describe_create_account_status(
                CreateAccountRequestId=request["CreateAccountStatus"]["Id"]
            )["CreateAccountStatus"]
            self._created = status.get("AccountId", "")
            return bool(self._created)

        self._wait(created)
        return self._created

    def _move(self) -> str:
        self._cloud.clients.client("organizations", self._stage.management).move_account(
            AccountId=self._created,
            SourceParentId=self._organization.root_id,
            DestinationParentId=self._organization.find_ou("Workloads/Production"),
        )
        return self._created

    def _edit(self, account: str) -> str:
        self._put(account, "SECURITY", _EDIT)
        return account

    def _delete(self) -> str:
        self._as_mary(_PAYMENTS).delete_alternate_contact(AlternateContactType="SECURITY")
        return _PAYMENTS

    def _put(self, account: str, kind: str, contact: Contact) -> None:
        self._as_mary(account).put_alternate_contact(
            AlternateContactType=kind,
            Name=contact["name"],
            Title=contact["title"],
            EmailAddress=contact["email"],
            PhoneNumber=contact["phone"],
        )

    def _as_mary(self, account: str) -> Any:
        return self._cloud.clients.client("account", account, role="Developer", session="mary")

    def _found(self, account: str, kinds: Mapping[str, Any]) -> dict[str, Contact]:
        """The contacts in the model: looking there often costs nobody's quota."""
        contacts = self._organization.accounts[account].contacts
        return {
            kind: {part: getattr(contacts[kind], part) for part in _PARTS}
            for kind in kinds
            if kind in contacts
        }

    def _read(self, account: str, kinds: Mapping[str, Any]) -> dict[str, Contact]:
        """The same from the Account API, as the management account reads it."""
        client = self._cloud.clients.client("account", self._stage.management)
        answers = {
            kind: client.get_alternate_contact(AccountId=account, AlternateContactType=kind)[
                "AlternateContact"
            ]
            for kind in self._found(account, kinds)
        }
        return {kind: {"email": answer["EmailAddress"]} for kind, answer in answers.items()}

    def _wait(self, condition: Callable[[], bool], seconds: float = _PATIENCE_SECONDS) -> bool:
        end = time.monotonic() + seconds
        while not (met := condition()) and time.monotonic() < end:
            time.sleep(0.02)
        return met

    def _audit_config(self) -> Path:
        """The demo's configuration with one word changed."""
        target = self._stage.out / "config"
        target.mkdir()
        for file in CONFIG.iterdir():
            (target / file.name).write_text(file.read_text().replace("mode: enforce", "mode: audit"))
        return target


def _words(contacts: Mapping[str, Contact], severities: list[str], *, stays: bool) -> str:
    emails = ", ".join(f"{kind} {contact['email']}" for kind, contact in sorted(contacts.items()))
    left = " left as edited" if stays else ""
    return f"{emails or 'no contact'}{left}; alerts: {', '.join(severities) or 'none'}"
