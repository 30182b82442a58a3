"""The composition root of the command: the only place that creates clients and reads the machine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rich.console import Console

from rollcall.adapters.account_api import OneModeAccountApi
from rollcall.adapters.account_listing import OrganizationAccounts
from rollcall.adapters.errors import AWS_ERRORS
from rollcall.adapters.organizations import AwsOrganization
from rollcall.adapters.system import SystemClock
from rollcall.timing import ORGANIZATIONS, make_buckets, make_paces
from rollcall_cli.aws.patient import PatientClient
from rollcall_cli.text.problems import CommandError, explain_credential_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer import Context

    from rollcall.ports import AccountApi, Clock, Organization
    from rollcall.sweep.ports import AccountListing
    from rollcall_config.settings import Settings


class Position(StrEnum):
    """The account of the caller's credentials."""

    HUB = "hub"
    MANAGEMENT = "management"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The caller."""

    account: str
    position: Position
    #: ARN of the caller.
    arn: str

    @property
    def partition(self) -> str:
        """Partition of the credentials: aws, aws-cn or aws-us-gov."""
        return self.arn.split(":", 2)[1]


def identify(sts: Any, settings: Settings) -> Identity:
    """Ask AWS for the caller; CommandError if it is neither in the hub nor in the management account."""
    answer = sts.get_caller_identity()
    account = str(answer["Account"])
    positions = {settings.hub: Position.HUB, settings.management: Position.MANAGEMENT}
    if account not in positions:
        raise CommandError(
            f"these are credentials of account {account}",
            fix=f"use credentials of the hub account {settings.hub} or of the management account "
            f"{settings.management}, for example with --profile; if {account} is one of them, correct "
            "organization.yaml",
        )
    return Identity(account=account, position=positions[account], arn=str(answer["Arn"]))


#: A person's command leaves at least half of the quota to the functions.
_SHARE = 0.5
_CONNECT_SECONDS, _READ_SECONDS = 5, 20


class ClientFactory(Protocol):
    """Makes AWS clients; CommandError if the SDK cannot be set up."""

    def __call__(self, service: str, *, region: str, profile: str | None) -> Any:
        """Return a client of this service with the methods of boto3's."""


class CredentialSource(Protocol):
    """Gives the credentials of a profile, as botocore freezes them."""

    def __call__(self, profile: str | None) -> Any:
        """Return an access key, a secret key and a token, None if there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Credentials that AWS accepted: the caller, and clients that retry."""

    identity: Identity
    credentials: Any
    client: Callable[[str], Any]

    @property
    def position(self) -> Position:
        """The account of the caller."""
        return self.identity.position


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """The organization and its contacts, as one caller sees them."""

    #: The client behind `organization` and `accounts`.
    organizations: Any
    organization: Organization
    accounts: AccountListing
    members: AccountApi
    management: AccountApi | None
    management_account: str

    def get_api(self, account_id: str) -> AccountApi | None:
        """Return the API for the contacts of this account, None if these credentials cannot read them."""
        return self.management if account_id == self.management_account else self.members


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """The dependencies of the commands."""

    #: Relative paths are relative to this directory.
    root: Path
    out: Console
    err: Console
    clock: Clock
    clients: ClientFactory
    credentials: CredentialSource

    def log_in(self, settings: Settings, *, profile: str | None) -> Login:
        """Identify the caller; CommandError if it is neither in the hub nor in the management account."""
        client = self.make_clients(region=settings.region, profile=profile)
        identity = identify(client("sts"), settings)
        return Login(identity=identity, client=client, credentials=self.credentials(profile))

    def make_clients(self, *, region: str, profile: str | None) -> Callable[[str], Any]:
        """Return a function that makes a retrying client of a service."""

        def client(service: str) -> Any:
            made = self.clients(service, region=region, profile=profile)
            return PatientClient(made, service=service, clock=self.clock)

        return client

    def connect(self, settings: Settings, *, profile: str | None) -> Connection:
        """Log in and return the organization and its contacts; CommandError as `log_in`."""
        login = self.log_in(settings, profile=profile)
        return self.build_connection(
            login.client,
            position=login.position,
            management=settings.management,
            region=settings.region,
        )

    def build_connection(
        self, client: Callable[[str], Any], *, position: Position, management: str, region: str
    ) -> Connection:
        """Return the organization and its contacts for a caller there; `management` is an account ID."""
        organizations, account = client("organizations"), client("account")
        now = self.clock.now().timestamp()
        share = make_buckets(share=_SHARE, now=now, region=region)
        own = None
        if position is Position.MANAGEMENT:
            own = OneModeAccountApi(client=account, clock=self.clock, buckets=share, standalone=True)
        return Connection(
            organizations=organizations,
            organization=AwsOrganization(client=organizations),
            accounts=OrganizationAccounts(
                client=organizations,
                clock=self.clock,
                pace=make_paces(now=now).by_operation[ORGANIZATIONS],
            ),
            members=OneModeAccountApi(client=account, clock=self.clock, buckets=share),
            management=own,
            management_account=management,
        )


def get_composition(context: Context) -> Composition:
    """Return the dependencies of the command that runs."""
    found: Composition = context.obj
    return found


def build_composition() -> Composition:
    """Return the dependencies that real use needs."""
    # Account names are shown as they are: no markup, no guessed colours.
    return Composition(
        root=Path.cwd(),
        out=Console(markup=False, highlight=False, emoji=False),
        err=Console(markup=False, highlight=False, emoji=False, stderr=True),
        clock=SystemClock(),
        clients=_make_boto3_client,
        credentials=lambda profile: _open_session(profile).get_credentials().get_frozen_credentials(),
    )


@cache  # a session reads megabytes of models: two dozen questions of one command share it
def _open_session(profile: str | None) -> Any:
    import boto3  # noqa: PLC0415  # slow, and not every command needs it

    return boto3.Session(profile_name=profile)


@cache
def _make_boto3_client(service: str, *, region: str, profile: str | None) -> Any:
    # Not at the top: `rollcall validate` and `--help` do not wait for the SDK.
    from botocore.config import Config  # noqa: PLC0415  # slow, and not every command needs it

    config = Config(
        retries={"mode": "standard", "total_max_attempts": 1},
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
    )
    try:
        return _open_session(profile).client(service, region_name=region, config=config)
    except AWS_ERRORS as error:
        known = explain_credential_error(error)
        if known is None:
            raise CommandError(
                f"the AWS SDK cannot be set up: {type(error).__name__}", fix="check ~/.aws/config"
            ) from error
        raise known from error
    except ValueError as error:  # of botocore: it has no class of its own for this
        raise CommandError(
            "the AWS SDK cannot be set up: a setting has a value that it does not take",
            fix="check AWS_ENDPOINT_URL, which is a URL such as http://localhost:4566, and ~/.aws/config",
        ) from error
