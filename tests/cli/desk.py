"""A person at a terminal: the real command over the simulated organization, without sockets."""

from __future__ import annotations

import io
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from typer import testing
from typer.main import get_command
from typer.testing import CliRunner

from rollcall_cli.app import app
from rollcall_cli.aws.composition import Composition
from simulation.caller import Caller
from simulation.clock import VirtualClock
from simulation.cloud import SimulatedCloud
from simulation.organization import AlternateContact
from simulation.seeds import HUB, make_example_organization
from tests.cli.stack_sets import CloudFormation, Deployed
from tests.support.identities import make_credentials

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer.testing import Result

MANAGEMENT = "111111111111"
PAYMENTS = "222222222222"
SHOP = "444455556666"
DIVESTED = "555566667777"
PLAYGROUND = "666677778888"
WIDTH = 100
# Its runner makes the command of all its parts at each call.
setattr(testing, "_get_command", cache(get_command))  # noqa: B010  # no name of its own to mypy
_GOLDEN = Path(__file__).with_name("golden")

ORGANIZATION = f"""\
version: 1
organization: o-exampleorgid
management: "{MANAGEMENT}"
hub: "{HUB}"
alerts: {{addresses: [aws-alerts@example.com]}}
"""

CONTACTS = """\
version: 1
mode: enforce
contacts:
  soc:      {name: Security Operations, title: Duty officer, email: aws-soc@example.com, phone: "+1 206 443 2100"}
  platform: {name: Cloud Platform, title: "On call for {account_name}", email: aws-platform@example.com, phone: "+1 206 443 2101"}
  finops:   {name: Cloud Finance, title: FinOps lead, email: aws-billing@example.com, phone: "+1 206 443 2102"}
  pci-soc:  {name: PCI Security, title: Duty officer, email: pci-soc@example.com, phone: "+1 206 443 2103"}
defaults: {security: soc, operations: platform, billing: finops}
overrides:
  - {tag: {scope: pci}, security: pci-soc}
  - {ou: Sandbox, mode: audit}
  - {accounts: ["444455556666"], billing: absent}
exempt:
  - {accounts: ["555566667777"], reason: being divested, until: 2027-03-31}
"""  # noqa: E501  # long lines, as people write them
#: The same, and the primary contact: the full name is each account's, there is no second line.
WITH_PRIMARY = CONTACTS.replace(
    "defaults: {",
    """\
  headquarters:
    FullName: keep
    CompanyName: Example Corp
    AddressLine1: 123 Any Street
    AddressLine2: absent
    City: Seattle
    StateOrRegion: WA
    PostalCode: "98101"
    CountryCode: us
    PhoneNumber: "+1 206 555 0100"
defaults: {primary: headquarters, """,
)


class Sts:
    """Whose credentials they are: AWS STS, as far as the command asks it."""

    def __init__(self, account: str, partition: str) -> None:
        self.account = account
        self.partition = partition

    def get_caller_identity(self) -> dict[str, str]:
        arn = f"arn:{self.partition}:sts::{self.account}:assumed-role/Reader/ann"
        return {"Account": self.account, "Arn": arn}


class Recorded:
    """A client that notes what it is asked, and fails as it is told to."""

    def __init__(self, service: str, client: Any, desk: Desk) -> None:
        self._service = service
        self._client = client
        self._desk = desk

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def call(**parameters: Any) -> Any:
            self._desk.calls.append((name, parameters))
            if planned := self._desk.failures.get(self._service):
                raise planned.pop(0)
            return method(**parameters)

        return call


class Desk:
    """`caller` is the account of the credentials; `failures` are raised by the next calls of a service.

    `profiles` are accounts by the name of a profile; `elsewhere` gives clients (of a service, for an account)
    of what is not simulated: no stack is deployed at first; `directory` is what ROLLCALL_CONFIG says, None
    where it is not set.
    """

    def __init__(self, where: Path) -> None:
        self.where = where
        self.caller = HUB
        self.partition = "aws"
        self.clock = VirtualClock()
        self.organization = make_example_organization(self.clock)
        self.cloud = SimulatedCloud(self.organization, self.clock)
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.failures: dict[str, list[BaseException]] = {}
        self.asked_for: list[tuple[str, str, str | None]] = []
        self.terminal = False
        self.directory: str | None = "config"
        self.profiles: dict[str, str] = {}
        deployed = Deployed(organization=self.organization, hub_account=HUB)
        self.elsewhere: Callable[[str, str], Any] = lambda service, account: (
            CloudFormation(deployed, account) if service == "cloudformation" else None
        )
        self.write(organization=ORGANIZATION, contacts=CONTACTS)

    def write(self, *, organization: str | None = None, contacts: str | None = None) -> None:
        """Put the configuration into the directory `config`."""
        directory = self.where / "config"
        directory.mkdir(exist_ok=True)
        for name, text in (("organization", organization), ("contacts", contacts)):
            if text is not None:
                (directory / f"{name}.yaml").write_text(text, encoding="utf-8")

    def has(self, account: str, **contacts: tuple[str, str, str, str]) -> None:
        """Give an account exactly these contacts: name, title, e-mail, phone by kind."""
        stored = self.organization.accounts[account].contacts
        stored.clear()
        for kind, (name, title, email, phone) in contacts.items():
            stored[kind.upper()] = AlternateContact(name=name, title=title, email=email, phone=phone)

    def run(self, *arguments: str, answer: str | None = None) -> Result:
        """Run `rollcall` with these arguments; standard output and error are kept apart."""
        environment = {"ROLLCALL_CONFIG": self.directory, "COLUMNS": str(WIDTH)}
        runner = CliRunner(env=environment | {"TERM": "xterm" if self.terminal else "dumb"})
        plain: Any = {"width": WIDTH, "markup": False, "highlight": False, "emoji": False}
        composition = Composition(
            root=self.where,
            out=Console(force_terminal=self.terminal or None, **plain),
            err=Console(stderr=True, force_terminal=self.terminal or None, **plain),
            clock=self.clock,
            clients=self._client,
            credentials=lambda _: make_credentials(),
        )
        return runner.invoke(app, list(arguments), obj=composition, prog_name="rollcall", input=answer)

    def _client(self, service: str, *, region: str, profile: str | None) -> Any:
        self.asked_for.append((service, region, profile))
        account = self.profiles.get(profile or "", self.caller)
        if service == "sts":
            return Recorded(service, Sts(account, self.partition), self)
        if service not in {"account", "organizations"}:
            answering = self.elsewhere(service, account)
            assert answering is not None, f"nobody answers for {service} here"
            return Recorded(service, answering, self)
        caller = Caller.role(account, "Reader", "ann")
        return Recorded(service, self.cloud.client(service, caller), self)


RIGHT = {
    "security": ("Security Operations", "Duty officer", "aws-soc@example.com", "+1 206 443 2100"),
    "operations": ("Cloud Platform", "On call for Payments", "aws-platform@example.com", "+1 206 443 2101"),
    "billing": ("Cloud Finance", "FinOps lead", "aws-billing@example.com", "+1 206 443 2102"),
}
MALLORY = ("Mallory", "Duty officer", "mallory@evil.example", "+44 20 7946 0000")


def assert_golden(name: str, text: str) -> None:
    """Hold the text to a file; GOLDEN=write makes the file say what the command says, to be reviewed."""
    path = _GOLDEN / name
    text = "".join(f"{line.rstrip()}\n" for line in io.StringIO(text))
    if os.environ.get("GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
