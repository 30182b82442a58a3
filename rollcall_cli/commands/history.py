"""`rollcall history ACCOUNT [KIND]`: the writes to an account, from the ledger."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import typer
from botocore.exceptions import ClientError

from rollcall.adapters.errors import get_code
from rollcall.adapters.state.contacts import ContactItems
from rollcall.model.contact import ContactKind
from rollcall_cli.aws.composition import Composition, Login
from rollcall_cli.aws.hub import read_output
from rollcall_cli.history.entries import NO_LOCK, LedgerContext, LedgerEntry, build_entries
from rollcall_cli.history.records import list_versions
from rollcall_cli.history.view import build_document, render
from rollcall_cli.text.arguments import (
    AccountArgument,
    ConfigOption,
    DetailsOption,
    JsonOption,
    ProfileOption,
    check_contact_kind,
)
from rollcall_cli.text.formatting import clean, count
from rollcall_cli.text.problems import DENIED_CODES, CommandError, report_unknown_account
from rollcall_config.configuration import load

_WITH_ERRORS = 2
_LOOK = "Look in CloudTrail, which keeps events for 90 days:"
#: What only --verify says.
_VERIFIED = frozenset({"errors", "lookup"})


AnyKindArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="KIND",
        help="security, operations or billing.",
        callback=check_contact_kind,
        show_default=False,
    ),
]
VerifyOption = Annotated[
    bool,
    typer.Option(
        "--verify",
        metavar="",
        help="Also verify the records: every intent has an outcome, nothing is missing or unlocked.",
    ),
]


def history(
    context: typer.Context,
    account: AccountArgument,
    kind: AnyKindArgument = None,
    *,
    verify: VerifyOption = False,
    show_details: DetailsOption = False,
    config: ConfigOption = "config",
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what Rollcall wrote to an account: what, when, and who caused it from where.

    Reads the ledger with credentials of the hub, for example of the role rollcall-reader. --verify reads
    every version of every record, and compares them with the last writes in the state table.

    Exit status: 0 no error, 2 --verify found an error in the records, 1 the command failed.
    """
    composition: Composition = context.obj
    configuration = load(composition.root, config, today=composition.clock.now().date())
    login = composition.log_in(configuration.settings, profile=profile)
    retention = timedelta(days=configuration.settings.ledger_retention_days)
    region = configuration.settings.region
    every = _read_entries(login, composition, account, retention=retention, region=region, verify=verify)
    if not every:
        _check_account(login, account, organization=configuration.settings.organization)
    # A write without any record left can be of any kind.
    found = [
        entry for entry in every if kind is None or entry.intent is None or str(entry.intent.kind) == kind
    ]
    faulty = [entry for entry in found if entry.errors] if verify else []
    if as_json:
        documents = [build_document(entry, details=show_details) for entry in found]
        if not verify:
            documents = [{key: item[key] for key in item if key not in _VERIFIED} for item in documents]
        typer.echo(json.dumps({"version": 1, "account_id": account, "writes": documents}, indent=2))
    else:
        _show(composition, account, found, verify=verify, details=show_details)
    raise typer.Exit(_WITH_ERRORS if faulty else 0)


def _check_account(login: Login, account_id: str, *, organization: str) -> None:
    """CommandError if the organization has no such account, whose history would be empty, too."""
    try:
        login.client("organizations").describe_account(AccountId=account_id)
    except ClientError as error:
        if get_code(error) != "AccountNotFoundException":
            raise
        raise report_unknown_account(account_id, organization) from error


def _read_entries(
    login: Login,
    composition: Composition,
    account_id: str,
    *,
    retention: timedelta,
    region: str,
    verify: bool,
) -> Sequence[LedgerEntry]:
    stack, bucket = login.client("cloudformation"), ""
    try:
        bucket = read_output(stack, "LedgerBucketName")
        contacts = ContactItems(client=login.client("dynamodb"), table=read_output(stack, "StateTableName"))
        # Before the objects: what a record says of a write is in the ledger by then.
        kinds = ContactKind if verify else ()
        writes = [write for kind in kinds for write in contacts.load(account_id, kind).writes]
        objects = list_versions(login.client("s3"), bucket=bucket, account_id=account_id)
        return build_entries(
            objects,
            LedgerContext(
                known={write.intent_id: write.state for write in writes},
                retention=retention,
                now=composition.clock.now(),
                region=region,
            ),
        )
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


def _show(
    composition: Composition, account_id: str, found: Sequence[LedgerEntry], *, verify: bool, details: bool
) -> None:
    if not found:
        composition.out.print(f"Rollcall has not written to {account_id}.", soft_wrap=True)
        return
    for line in render(found, details=details):
        composition.out.print(line, soft_wrap=True)
    faulty = sum(bool(entry.errors) for entry in found)
    if not verify:
        if faulty:
            text = f"{count(faulty, 'record')} with errors: --verify names them."
            composition.out.print(text, soft_wrap=True)
        return
    for entry in found:
        for error in entry.errors:
            composition.out.print(clean(f"{entry.id}: {error}"), soft_wrap=True)
    for entry in found:
        if entry.lookup:
            text = f"{entry.id}: not known: AWS gave no answer, and no event came. {_LOOK}\n{entry.lookup}"
            composition.out.print(text, soft_wrap=True, markup=False)
    if all(any(error.endswith(NO_LOCK) for error in entry.errors) for entry in found):
        composition.out.print(
            "No record shows a lock: S3 shows locks only to callers with s3:GetObjectRetention,"
            " for example to the role rollcall-reader.",
            soft_wrap=True,
        )
    under_way = sum(entry.pending for entry in found)
    unknown = sum(entry.lookup is not None for entry in found)
    text = (
        f"{count(len(found), 'write')}, {faulty} with errors, {unknown} not known, {under_way} in progress."
    )
    composition.out.print(text, soft_wrap=True)
