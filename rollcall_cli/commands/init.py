"""`rollcall init`: a first configuration from what the organization has today."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.text import Text

from rollcall.decide.plan import ObservedAccount
from rollcall.model.contact import ContactKind
from rollcall_cli.aws.composition import Composition, Connection
from rollcall_cli.aws.contacts import read_contacts, report_unreachable
from rollcall_cli.init.files import build_organization_file, build_roster_file
from rollcall_cli.init.organization import detect
from rollcall_cli.init.propose import ExemptedAccount, Proposal, propose
from rollcall_cli.text.arguments import ConfigOption, HubOption, ProfileOption
from rollcall_cli.text.arguments import check_address as valid_address
from rollcall_cli.text.formatting import clean, count
from rollcall_cli.text.problems import CommandError
from rollcall_cli.text.progress import show_bar
from rollcall_config import roster_compile, settings
from rollcall_config.configuration import load

ForceOption = Annotated[
    bool, typer.Option("--force", metavar="", help="Overwrite the files if they are there.")
]
AlertsOption = Annotated[
    str | None,
    typer.Option(
        "--alerts",
        metavar="ADDRESS",
        help="Address for alerts. Default: the most common security contact.",
        callback=valid_address,
        show_default=False,
    ),
]
RegionOption = Annotated[
    Literal["us-east-1", "cn-northwest-1", "us-gov-west-1"],
    typer.Option("--region", metavar="REGION", help="us-east-1, cn-northwest-1 or us-gov-west-1."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class InitReading:
    """The accounts that were read."""

    observed: Sequence[ObservedAccount]
    #: How many accounts are not active, and were not read.
    inactive: int


def init(
    context: typer.Context,
    *,
    force: ForceOption = False,
    hub: HubOption = None,
    alerts: AlertsOption = None,
    region: RegionOption = "us-east-1",
    config: ConfigOption = "config",
    profile: ProfileOption = None,
) -> None:
    """Propose organization.yaml and contacts.yaml from what the accounts have today.

    Reads every active account with credentials of the management account or the hub. The roster keeps what
    is there: the most common contact of each kind is the default, others are overrides, the mode is audit.
    Nothing changes in AWS, neither now nor when the roster is deployed.

    Exit status: 0 both files are written, 1 an error, and nothing is written.
    """
    composition: Composition = context.obj
    files = _choose_files(composition.root / config, config, force=force)
    client = composition.make_clients(region=region, profile=profile)
    whose = detect(client, hub=hub)
    found = _read_accounts(
        composition,
        composition.build_connection(
            client, position=whose.position, management=whose.management, region=region
        ),
    )
    proposal = propose(found.observed)
    if reason := proposal.find_blocker(whose.management):
        raise CommandError("no contact of any member account could be read", fix=reason)
    address = alerts or proposal.mailbox
    root = next(one.account.parent_ids[0] for one in found.observed if one.account.parent_ids)
    texts = (
        build_organization_file(whose, root=root, region=region, address=address),
        build_roster_file(proposal),
    )
    try:
        for file, text in zip(files, texts, strict=True):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _report_unwritable(config, error.strerror) from error
    # The new files are checked like `rollcall validate` does.
    configuration = load(composition.root, config, today=composition.clock.now().date())
    for line in summarise(proposal, found, address=address, warnings=len(configuration.warnings)):
        composition.out.print(Text(line), soft_wrap=True)


def _choose_files(target: Path, directory: str, *, force: bool) -> tuple[Path, Path]:
    """Return the paths of both files; CommandError if one exists or cannot be written."""
    names = (settings.FILE, roster_compile.FILE)
    there = [name for name in names if (target / name).exists()]
    if there and not force:
        raise CommandError(
            f"{' and '.join(there)} in {directory} would be overwritten",
            fix="choose another directory with --config, or pass --force",
        )
    # Reported now, and not after ten minutes of reading.
    there_already = next(place for place in (target, *target.parents) if place.exists())
    if not there_already.is_dir():
        raise _report_unwritable(directory, f"{there_already.name} is not a directory")
    if not os.access(there_already, os.W_OK | os.X_OK):
        raise _report_unwritable(directory, "no permission to write there")
    return target / names[0], target / names[1]


def _report_unwritable(directory: str, why: str | None) -> CommandError:
    return CommandError(
        f"{directory} cannot be written to: {why}", fix="choose another directory with --config"
    )


def _read_accounts(composition: Composition, connection: Connection) -> InitReading:
    with show_bar(composition.err, composition.clock, "Reading contacts") as progress:
        every = connection.accounts.list_accounts()
        active = [account for account in every if account.active]
        observed = []
        for done, account in enumerate(active):
            progress(done, len(active))
            accounts = connection.get_api(account.id)
            contacts = read_contacts(accounts, account.id) if accounts else report_unreachable()
            observed.append(ObservedAccount(account=account, contacts=contacts))
        progress(len(active), len(active))
    return InitReading(observed=observed, inactive=len(every) - len(active))


def summarise(proposal: Proposal, found: InitReading, *, address: str | None, warnings: int) -> Iterator[str]:
    """Yield the summary line by line; its only contact detail is the address for alerts."""
    skipped = f"; {count(found.inactive, 'inactive account')} not read" if found.inactive else ""
    yield f"{len(found.observed)} active accounts{skipped}."
    for kind in ContactKind:
        yield f"  {kind.lower() + ':':12}{_count_kind(kind, proposal)}"
    if proposal.exempted:
        yield "Exempt in contacts.yaml:"
        yield from _list_exempted(proposal.exempted)
    recipient = address or "an example address: replace it in organization.yaml"
    yield f"Alerts go to {recipient}."
    counted = count(warnings, "warning")
    yield f"Both files are valid, with {counted} (`rollcall validate`)."
    yield "The mode is audit: every account keeps its contacts. Next: `rollcall plan`, docs/deploying.md."


def _count_kind(kind: ContactKind, proposal: Proposal) -> str:
    if kind not in proposal.defaults:
        return "unmanaged: no account has one"
    named = [entry for entry in proposal.entries if kind in entry.kinds]
    others = sum(len(entry.accounts) for entry in named if entry.kinds[kind] is not None)
    absent = sum(len(entry.accounts) for entry in named if entry.kinds[kind] is None)
    return f"{len(proposal.kept) - others - absent} have the default, {others} another one, {absent} none"


def _list_exempted(exempted: Sequence[ExemptedAccount]) -> Iterator[str]:
    for reason, group in groupby(
        sorted(exempted, key=lambda item: item.reason), key=lambda item: item.reason
    ):
        for item in group:
            yield clean(f"  {item.account.id} {item.account.name}".rstrip())
        yield f"    {reason}"
