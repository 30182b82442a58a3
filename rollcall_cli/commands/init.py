"""`rollcall init`: a first configuration from what the organization has today."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
import os
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.text import Text

from rollcall.decide.plan import ObservedAccount
from rollcall.model.contact import ALTERNATE_KINDS, ContactKind, list_kinds
from rollcall_cli.aws.composition import Composition, Connection
from rollcall_cli.aws.contacts import read_contacts
from rollcall_cli.init.csv_file import read_csv
from rollcall_cli.init.files import FROM_FILE, build_organization_file, build_roster_file
from rollcall_cli.init.organization import detect
from rollcall_cli.init.propose import ExemptedAccount, InitReading, Proposal, propose
from rollcall_cli.text.arguments import ConfigOption, HubOption, ProfileOption
from rollcall_cli.text.arguments import check_address as valid_address
from rollcall_cli.text.formatting import clean, count
from rollcall_cli.text.problems import CommandError
from rollcall_cli.text.progress import show_bar
from rollcall_config import roster_compile, settings
from rollcall_config.configuration import load
from rollcall_config.document import ConfigError

FromOption = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="FILE",
        help="Propose contacts.yaml alone, from this CSV file and without AWS: one row for each account and "
        "kind. Columns: account_id, kind, name, title, email, phone; optionally account_name, ou.",
        show_default=False,
    ),
]
PrimaryOption = Annotated[
    bool,
    typer.Option(
        "--primary",
        metavar="",
        help="Also propose primary contacts: read docs/roster.md first on what a change of them can mean.",
    ),
]
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


#: Options that say what to ask AWS, or what to write into organization.yaml.
_OF_AWS = ("hub", "alerts", "region", "profile")


def init(  # noqa: PLR0913  # one parameter for each option
    context: typer.Context,
    *,
    source: FromOption = None,
    primary: PrimaryOption = False,
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

    Exit status: 0 the files are written, 1 an error, and nothing is written.
    """
    composition: Composition = context.obj
    if source is not None:
        _refuse_options(context)
        _init_from_file(composition, source, primary=primary, config=config, force=force)
        return
    files = _choose_files(
        composition.root / config, config, (settings.FILE, roster_compile.FILE), force=force
    )
    client = composition.make_clients(region=region, profile=profile)
    whose = detect(client, hub=hub)
    found = _read_accounts(
        composition,
        composition.build_connection(
            client, position=whose.position, management=whose.management, region=region
        ),
        tuple(ContactKind) if primary else ALTERNATE_KINDS,
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
    _write(files, texts, config)
    # The new files are checked like `rollcall validate` does.
    configuration = load(composition.root, config, today=composition.clock.now().date())
    recipient = address or "an example address: replace it in organization.yaml"
    counted = count(len(configuration.warnings), "warning")
    _print(
        composition,
        *summarise(proposal, found),
        f"Alerts go to {recipient}.",
        f"Both files are valid, with {counted} (`rollcall validate`).",
        "The mode is audit: every account keeps its contacts."
        " Next: `rollcall plan --fresh`, docs/deploying.md.",
    )


def _refuse_options(context: typer.Context) -> None:
    """Refuse options that mean nothing if a file is read."""
    for name in _OF_AWS:
        source = context.get_parameter_source(name)
        if source is not None and source.name != "DEFAULT":
            raise typer.BadParameter(
                "cannot be combined with --from, which asks nothing of AWS", param_hint=f"--{name}"
            )


def _init_from_file(
    composition: Composition, source: Path, *, primary: bool, config: str, force: bool
) -> None:
    """Write the roster that a CSV file asks for; CommandError if the file has an error."""
    target = composition.root / config
    try:
        files, blocked = _choose_files(target, config, (roster_compile.FILE,), force=force), None
    except CommandError as error:
        files, blocked = (), error
    found = _read_file(composition.root / source, name=str(source), primary=primary, blocked=blocked)
    if blocked is not None:
        raise blocked
    proposal = propose(found.observed)
    if reason := proposal.find_blocker(""):
        raise CommandError(f"{source} has all contacts of no account", fix=reason)
    _write(files, (build_roster_file(proposal, origin=FROM_FILE),), config)
    roster_compile.read_roster(files[0], file=f"{config.rstrip('/')}/{roster_compile.FILE}")
    there = (target / settings.FILE).exists()
    follows = (
        "`rollcall validate --live`, `rollcall plan --fresh`"
        if there
        else f"{settings.FILE}, docs/deploying.md"
    )
    _print(
        composition,
        *summarise(proposal, found),
        f"Wrote {roster_compile.FILE}, which is valid. The mode is audit: every account keeps its contacts.",
        f"Next: {follows}.",
    )


def _read_file(path: Path, *, name: str, primary: bool, blocked: CommandError | None) -> InitReading:
    """Return the accounts of the file; CommandError with its errors, and with why nothing can be written."""
    try:
        return read_csv(path.read_bytes(), file=name, primary=primary)
    except OSError as error:
        problem, fix = f"{name} cannot be read: {error.strerror}", "name another file"
    except ConfigError as error:
        problem, fix = str(error), "correct the file, then run the command again; nothing was written"
    if blocked is not None:
        problem, fix = f"{problem}\n{blocked.problem}", f"{fix}; {blocked.fix}"
    raise CommandError(problem, fix=fix)


def _print(composition: Composition, *lines: str) -> None:
    for line in lines:
        composition.out.print(Text(line), soft_wrap=True)


def _write(files: Sequence[Path], texts: Sequence[str], directory: str) -> None:
    try:
        for file, text in zip(files, texts, strict=True):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _report_unwritable(directory, error.strerror) from error


def _choose_files(target: Path, directory: str, names: Sequence[str], *, force: bool) -> Sequence[Path]:
    """Return the paths of the files; CommandError if one exists or cannot be written."""
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
    return [target / name for name in names]


def _report_unwritable(directory: str, why: str | None) -> CommandError:
    return CommandError(
        f"{directory} cannot be written to: {why}", fix="choose another directory with --config"
    )


def _read_accounts(
    composition: Composition, connection: Connection, kinds: Sequence[ContactKind]
) -> InitReading:
    with show_bar(composition.err, composition.clock, "Reading contacts") as progress:
        every = sorted(connection.accounts.list_accounts(), key=lambda account: account.id)
        active = [account for account in every if account.active]
        observed = []
        for done, account in enumerate(active):
            progress(done, len(active))
            contacts = read_contacts(connection.get_api(account.id), account.id, kinds)
            observed.append(ObservedAccount(account=account, contacts=contacts))
        progress(len(active), len(active))
    return InitReading(observed=observed, inactive=len(every) - len(active))


def summarise(proposal: Proposal, found: InitReading) -> Iterator[str]:
    """Yield the summary of a proposal line by line, without contact details."""
    skipped = f"; {count(found.inactive, 'inactive account')} not read" if found.inactive else ""
    yield f"{count(len(found.observed), 'active account')}{skipped}."
    for kind in list_kinds(proposal.defaults):
        yield f"  {kind.lower() + ':':12}{_count_kind(kind, proposal)}"
    if found.left_out:
        yield f"Left out: {count(found.left_out, 'primary contact')}. --primary reads them, too."
    if proposal.exempted:
        yield "Exempt in contacts.yaml:"
        yield from _list_exempted(proposal.exempted)


def _count_kind(kind: ContactKind, proposal: Proposal) -> str:
    if kind not in proposal.defaults:
        return "unmanaged: none was found"
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
