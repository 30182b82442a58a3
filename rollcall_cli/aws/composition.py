"""The composition root of the command: the only place that creates clients and reads the machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rich.console import Console

from rollcall.adapters.account_api import OneModeAccountApi
from rollcall.adapters.errors import AWS_ERRORS
from rollcall.adapters.organizations import AwsOrganization, OrganizationAccounts
from rollcall.adapters.system import SystemClock
from rollcall.timing import ORGANIZATIONS, make_buckets, make_paces
from rollcall_cli.aws.caller import Identity, Position, identify
from rollcall_cli.aws.patient import PatientClient
from rollcall_cli.text.problems import CommandError, credential_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer import Context

    from rollcall.ports import AccountApi, Clock, Organization
    from rollcall.sweep.ports import AccountListing
    from rollcall_config.settings import Settings

#: A person's command leaves at least half of the quota to the functions.
_SHARE = 0.5
_CONNECT_SECONDS, _READ_SECONDS = 5, 20


class Clients(Protocol):
    """Where AWS clients come from; CommandError if there can be none."""

    def __call__(self, service: str, *, region: str, profile: str | None) -> Any:
        """A client of this service with the face of boto3's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Credentials that AWS took: whose they are, and patient clients that use them."""

    identity: Identity
    client: Callable[[str], Any]

    @property
    def position(self) -> Position:
        """Where the caller stands."""
        return self.identity.position


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """AWS, as one caller sees it. `organizations` is the client behind `organization` and `accounts`."""

    organizations: Any
    organization: Organization
    accounts: AccountListing
    members: AccountApi
    management: AccountApi | None
    management_account: str

    def accounts_for(self, account_id: str) -> AccountApi | None:
        """The way to the contacts of this account, None if these credentials have none."""
        return self.management if account_id == self.management_account else self.members


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """What the commands work with. `root` is what relative directories are relative to."""

    root: Path
    out: Console
    err: Console
    clock: Clock
    clients: Clients

    def login(self, settings: Settings, *, profile: str | None) -> Login:
        """Find out who calls; CommandError if that is neither the hub nor the management account."""
        client = self.patient(region=settings.region, profile=profile)
        return Login(identity=identify(client("sts"), settings), client=client)

    def patient(self, *, region: str, profile: str | None) -> Callable[[str], Any]:
        """Patient clients by service, of whoever's credentials these are."""

        def client(service: str) -> Any:
            made = self.clients(service, region=region, profile=profile)
            return PatientClient(made, service=service, clock=self.clock)

        return client

    def connect(self, settings: Settings, *, profile: str | None) -> Connection:
        """Log in, to look at accounts and their contacts; CommandError as `login`."""
        login = self.login(settings, profile=profile)
        return self.connection(login.client, position=login.position, management=settings.management)

    def connection(self, client: Callable[[str], Any], *, position: Position, management: str) -> Connection:
        """The way to the accounts for a caller who stands there; `management` is that account's id."""
        organizations, account = client("organizations"), client("account")
        now = self.clock.now().timestamp()
        share = make_buckets(share=_SHARE, now=now)
        own = None
        if position is Position.MANAGEMENT:
            own = OneModeAccountApi(client=account, clock=self.clock, buckets=share, standalone=True)
        return Connection(
            organizations=organizations,
            organization=AwsOrganization(client=organizations),
            accounts=OrganizationAccounts(
                client=organizations, clock=self.clock, pace=make_paces(now=now).by_operation[ORGANIZATIONS]
            ),
            members=OneModeAccountApi(client=account, clock=self.clock, buckets=share),
            management=own,
            management_account=management,
        )


def composition_of(context: Context) -> Composition:
    """What the command that runs works with."""
    found: Composition = context.obj
    return found


def real() -> Composition:
    """The command as people run it."""
    # Names of accounts are shown as they are: no markup, no colours by guess.
    return Composition(
        root=Path.cwd(),
        out=Console(markup=False, highlight=False, emoji=False),
        err=Console(markup=False, highlight=False, emoji=False, stderr=True),
        clock=SystemClock(),
        clients=_boto3_client,
    )


def _boto3_client(service: str, *, region: str, profile: str | None) -> Any:
    # Here and not above: `rollcall validate` and `--help` answer without waiting for the SDK.
    import boto3  # noqa: PLC0415  # slow, and not every command needs it
    from botocore.config import Config  # noqa: PLC0415  # same

    config = Config(
        retries={"mode": "standard", "total_max_attempts": 1},
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
    )
    try:
        session = boto3.Session(profile_name=profile)
        return session.client(service, region_name=region, config=config)  # type: ignore[call-overload]  # the name is not a literal
    except AWS_ERRORS as error:
        known = credential_error(error)
        if known is None:
            raise CommandError(
                f"the AWS SDK cannot be set up: {type(error).__name__}", fix="look at ~/.aws/config"
            ) from error
        raise known from error
