"""`rollcall history [ACCOUNT] [KIND]`: who changed contacts, what Rollcall wrote, and commands."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Final

import typer
from botocore.exceptions import ClientError
from rich.text import Text

from rollcall.adapters.errors import get_code
from rollcall.adapters.runs import RunsBucket
from rollcall.adapters.state.contacts import ContactItems
from rollcall.adapters.state.sweeps import SweepTable
from rollcall.model.errors import RetryableError
from rollcall.model.well_known import LEDGER_ALERTS
from rollcall_cli.aws.composition import Composition, Login, get_composition
from rollcall_cli.aws.hub import log_in_to_hub, read_output
from rollcall_cli.aws.patient import has_account
from rollcall_cli.history.entries import NO_LOCK
from rollcall_cli.history.reading import History, HistoryReader
from rollcall_cli.history.records import UnreadableRecordError
from rollcall_cli.history.table import render_organization, summarise
from rollcall_cli.history.view import build_history_document, render_account
from rollcall_cli.text.arguments import (
    KIND_NAMES,
    ConfigOption,
    DetailsOption,
    JsonOption,
    ProfileOption,
    check_contact_kind,
    check_optional_account_id,
)
from rollcall_cli.text.formatting import clean, count
from rollcall_cli.text.problems import DENIED_CODES, CommandError, report_unknown_account
from rollcall_config.configuration import load
from rollcall_config.settings import Settings

_WITH_ERRORS = 2
_LOOK = "Look in CloudTrail, which keeps events for 90 days:"

AnyKindArgument = Annotated[
    str | None,
    typer.Argument(metavar="KIND", help=f"{KIND_NAMES}.", callback=check_contact_kind, show_default=False),
]
VerifyOption = Annotated[
    bool,
    typer.Option(
        "--verify",
        metavar="",
        help="Also verify the records: every intent has an outcome, nothing is missing or unlocked.",
    ),
]


_SINCE: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_DEFAULT: Final = timedelta(days=7)
_TOGETHER: Final = ({"ACCOUNT", "--since"}, {"ACCOUNT", "--verify"})


def _read_since(value: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,4})([mhd])", value, re.ASCII)
    if not found:
        raise typer.BadParameter("a time is a number of minutes, hours or days, for example 30m, 12h or 7d")
    return int(found[1]) * _SINCE[found[2]]


def _check_incident(value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"RC-[0-9a-f]{12}", value, re.ASCII):
        raise typer.BadParameter("an incident ID looks like RC-835c8309d1d9")
    return value


OptionalAccountArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="ACCOUNT",
        help="Account ID, 12 digits. Default: the organization.",
        callback=check_optional_account_id,
        show_default=False,
    ),
]
SinceOption = Annotated[
    timedelta | None,
    typer.Option(
        "--since",
        metavar="TIME",
        parser=_read_since,
        help="How far back: 30m, 12h or 30d. Default: 7d, all of one account.",
        show_default=False,
    ),
]
OpenOption = Annotated[
    bool,
    typer.Option("--open", metavar="", help="Show only what is left changed or unfinished."),
]
IncidentOption = Annotated[
    str | None,
    typer.Option(
        "--incident",
        metavar="ID",
        help="Show one incident, with all that its messages list.",
        callback=_check_incident,
        show_default=False,
    ),
]


def history(  # noqa: PLR0913  # one parameter for each option
    context: typer.Context,
    account: OptionalAccountArgument = None,
    kind: AnyKindArgument = None,
    *,
    since: SinceOption = None,
    open_only: OpenOption = False,
    incident: IncidentOption = None,
    verify: VerifyOption = False,
    show_details: DetailsOption = False,
    config: ConfigOption = "config",
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show who changed contacts, for how long, what Rollcall wrote, and commands of operators.

    The ledger has each write. Records of contacts have the last eight edits of each for 60 days, also those
    that were not restored. Denied attempts are in alerts only. Use credentials of the hub, for example of the
    role rollcall-reader. --verify compares every version of every record with the state table.

    Exit status: 0 no error, 2 --verify found an error in the records, 1 the command failed.
    """
    composition = get_composition(context)
    asked = {"ACCOUNT": account, "--since": since, "--open": open_only, "--incident": incident}
    given = [name for name, value in (asked | {"--verify": verify}).items() if value]
    if len(given) > 1 and set(given) not in _TOGETHER:
        raise typer.BadParameter("they do not go together", param_hint=", ".join(given))
    configuration = load(composition.root, config, today=composition.clock.now().date())
    login = log_in_to_hub(composition, configuration.settings, profile=profile)
    reader = _connect(login, composition, configuration.settings)
    if since is None and account is None and not verify:
        since = _DEFAULT
    start = composition.clock.now() - since if since else None
    with _explain_errors(reader.bucket):
        if account is not None:
            found = reader.read_account(account, since=start, verify=verify)
        elif incident is not None:
            found = reader.read_incident(incident)
        elif open_only:
            found = reader.read_open()
        else:
            found = reader.read_organization(since=start, verify=verify)
    empty = not found.writes and not found.edits
    if account is not None and empty and not has_account(login.client("organizations"), account):
        raise report_unknown_account(account, configuration.settings.organization)
    found = _select(found, kind=kind, open_only=open_only)
    if as_json:
        document = build_history_document(found, details=show_details, verify=verify)
        typer.echo(json.dumps(document, indent=2))
    elif verify:
        _show_verified(composition, found, details=show_details)
    else:
        names = {} if account else _read_names(login)
        _show(composition, found, details=show_details, names=names)
    raise typer.Exit(_WITH_ERRORS if verify and any(entry.errors for _, entry in found.writes) else 0)


def _select(found: History, *, kind: str | None, open_only: bool) -> History:
    if open_only:
        return replace(found, edits=[edit for edit in found.edits if edit.open])
    if kind is None:
        return found
    return replace(
        found,
        # A write without any record left can be of any kind.
        writes=[item for item in found.writes if item[1].intent is None or item[1].intent.kind == kind],
        edits=[edit for edit in found.edits if edit.kind == kind],
        open=[record for record in found.open if record.kind == kind],
    )


def _connect(login: Login, composition: Composition, settings: Settings) -> HistoryReader:
    with _explain_errors(""):
        stack = login.client("cloudformation")
        return HistoryReader(
            s3=login.client("s3"),
            bucket=read_output(stack, "LedgerBucketName"),
            contacts=ContactItems(
                client=login.client("dynamodb"), table=read_output(stack, "StateTableName")
            ),
            clock=composition.clock,
            console=composition.err,
            retention=timedelta(days=settings.ledger_retention_days),
            region=settings.region,
        )


def _read_names(login: Login) -> Mapping[str, str]:
    """Return the names of accounts as the last sweep saw them, none if that cannot be read."""
    try:
        stack, dynamodb = login.client("cloudformation"), login.client("dynamodb")
        last = SweepTable(client=dynamodb, table=read_output(stack, "StateTableName")).find_last()
        runs = RunsBucket(client=login.client("s3"), bucket=read_output(stack, "ReportsBucketName"))
        return {one.id: one.name for one in runs.read_accounts(str(last["data"]))} if last else {}
    except (RetryableError, ClientError, CommandError):
        return {}


@contextmanager
def _explain_errors(bucket: str) -> Iterator[None]:
    try:
        yield
    except UnreadableRecordError as error:
        raise CommandError(
            f"the lines of the incident {error}", fix=f"find out who wrote below {LEDGER_ALERTS} in {bucket}"
        ) from error
    except ClientError as error:
        code = get_code(error)
        if code in DENIED_CODES:
            raise CommandError(
                "the credentials are not allowed to read the ledger",
                fix="assume the role rollcall-reader of the hub",
            ) from error
        if code == "NoSuchBucket":
            raise CommandError(
                f"the bucket of the ledger, {bucket}, does not exist",
                fix="search CloudTrail for DeleteBucket; without the bucket Rollcall writes no contact",
            ) from error
        raise CommandError(
            f"the ledger cannot be read: AWS answered {error.operation_name} with {code}",
            fix="check the bucket in the output LedgerBucketName of the stack RollcallHub",
        ) from error


def _show(composition: Composition, found: History, *, details: bool, names: Mapping[str, str]) -> None:
    def show(line: Text | str) -> None:
        composition.out.print(line, soft_wrap=True)

    if found.account_id is not None:
        if not found.writes and not found.edits:
            show(f"Rollcall has not written to {found.account_id}, and knows of no edit.")
            return
    elif found.incident_id and not (found.writes or found.edits or found.lines):
        show(f"Nothing is recorded of {found.incident_id}: see its alert.")
        return
    else:
        for line in render_organization(found, names=names):
            show(line)
    if found.account_id is not None or found.incident_id is not None:
        for line in render_account(found, details=details):
            show(line)
    show(summarise(found))
    faulty = sum(bool(entry.errors) for _, entry in found.writes)
    if faulty:
        show(f"{count(faulty, 'record')} with errors: --verify names them.")


def _show_verified(composition: Composition, found: History, *, details: bool) -> None:
    entries = [entry for _, entry in found.writes]
    if found.account_id is not None:
        if not entries and not found.edits:
            composition.out.print(f"Rollcall has not written to {found.account_id}.", soft_wrap=True)
            return
        for line in render_account(found, details=details):
            composition.out.print(line, soft_wrap=True)
    for account_id, entry in found.writes:
        place = entry.id if found.account_id else f"{account_id} {entry.id}"
        for error in entry.errors:
            composition.out.print(clean(f"{place}: {error}"), soft_wrap=True)
        if entry.lookup:
            text = f"{place}: not known: AWS gave no answer, and no event came. {_LOOK}\n{entry.lookup}"
            composition.out.print(text, soft_wrap=True, markup=False)
    if entries and all(any(error.endswith(NO_LOCK) for error in entry.errors) for entry in entries):
        composition.out.print(
            "No record shows a lock: S3 shows locks only to callers with s3:GetObjectRetention,"
            " for example to the role rollcall-reader.",
            soft_wrap=True,
        )
    faulty = sum(bool(entry.errors) for entry in entries)
    under_way = sum(entry.pending for entry in entries)
    unknown = sum(entry.lookup is not None for entry in entries)
    text = (
        f"{count(len(entries), 'write')}, {faulty} with errors, {unknown} not known, {under_way} in progress."
    )
    composition.out.print(text, soft_wrap=True)
