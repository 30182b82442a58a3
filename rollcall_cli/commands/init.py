"""`rollcall init`: a first configuration from what the organization has today."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
import os
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.text import Text

from rollcall.decide.observed import ObservedAccount
from rollcall_cli.aws.composition import Composition, Connection
from rollcall_cli.aws.readings import out_of_reach, read
from rollcall_cli.init.organization import detect
from rollcall_cli.init.organization_file import organization_text
from rollcall_cli.init.propose import propose
from rollcall_cli.init.roster_file import roster_text
from rollcall_cli.init.summary import Found, summary
from rollcall_cli.text.arguments import HubOption, ProfileOption
from rollcall_cli.text.arguments import address as valid_address
from rollcall_cli.text.problems import CommandError
from rollcall_cli.text.progress import bar
from rollcall_config import roster_compile, settings
from rollcall_config.configuration import load

DirOption = Annotated[
    str,
    typer.Option("--dir", metavar="DIR", help="Directory to write organization.yaml and contacts.yaml to."),
]
ForceOption = Annotated[
    bool, typer.Option("--force", metavar="", help="Overwrite the files if they are there.")
]
AlertsOption = Annotated[
    str | None,
    typer.Option(
        "--alerts",
        metavar="ADDRESS",
        help="Who is to be told of changes. Without it, the most common security contact.",
        callback=valid_address,
        show_default=False,
    ),
]
RegionOption = Annotated[
    Literal["us-east-1", "cn-northwest-1", "us-gov-west-1"],
    typer.Option("--region", metavar="REGION", help="us-east-1, cn-northwest-1 or us-gov-west-1."),
]


def init(
    context: typer.Context,
    *,
    directory: DirOption = "config",
    force: ForceOption = False,
    hub: HubOption = None,
    alerts: AlertsOption = None,
    region: RegionOption = "us-east-1",
    profile: ProfileOption = None,
) -> None:
    """Propose organization.yaml and contacts.yaml from what the accounts have today.

    Reads every active account, with credentials of the management account or the hub. The roster asks for
    what is there: the most common contact of each kind is the default, the rest are overrides; its mode is
    audit. Nothing in AWS is changed, neither now nor when it is deployed.

    Exit status: 0 both files are written, 1 an error and nothing is written.
    """
    composition: Composition = context.obj
    files = _files(composition.root / directory, directory, force=force)
    client = composition.patient(region=region, profile=profile)
    whose = detect(client, hub=hub)
    found = _look(
        composition,
        composition.connection(client, position=whose.position, management=whose.management),
    )
    proposal = propose(found.observed)
    if reason := proposal.unread_besides(whose.management):
        raise CommandError("no contact of any member could be read", fix=reason)
    address = alerts or proposal.mailbox
    texts = (
        organization_text(whose, region=region, address=address),
        roster_text(proposal),
    )
    try:
        for file, text in zip(files, texts, strict=True):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unwritable(directory, error.strerror) from error
    # What was just written is checked as `rollcall validate` would.
    configuration = load(composition.root, directory, today=composition.clock.now().date())
    for line in summary(proposal, found, address=address, warnings=len(configuration.warnings)):
        composition.out.print(Text(line), soft_wrap=True)


def _files(target: Path, directory: str, *, force: bool) -> tuple[Path, Path]:
    """Where the two go; CommandError if that would overwrite one."""
    names = (settings.FILE, roster_compile.FILE)
    there = [name for name in names if (target / name).exists()]
    if there and not force:
        raise CommandError(
            f"{' and '.join(there)} in {directory} would be overwritten",
            fix="name another directory with --dir, or say --force",
        )
    # Told now, and not after ten minutes of reading.
    there_already = next(place for place in (target, *target.parents) if place.exists())
    if not there_already.is_dir():
        raise _unwritable(directory, f"{there_already.name} is no directory")
    if not os.access(there_already, os.W_OK | os.X_OK):
        raise _unwritable(directory, "you may not write there")
    return target / names[0], target / names[1]


def _unwritable(directory: str, why: str | None) -> CommandError:
    return CommandError(f"{directory} cannot be written to: {why}", fix="name another directory with --dir")


def _look(composition: Composition, connection: Connection) -> Found:
    with bar(composition.err, composition.clock, "Reading contacts") as progress:
        every = connection.accounts.list_accounts()
        active = [account for account in every if account.active]
        observed = []
        for done, account in enumerate(active):
            progress(done, len(active))
            accounts = connection.accounts_for(account.id)
            contacts = read(accounts, account.id) if accounts else out_of_reach()
            observed.append(ObservedAccount(account=account, contacts=contacts))
        progress(len(active), len(active))
    return Found(observed=observed, inactive=len(every) - len(active))
