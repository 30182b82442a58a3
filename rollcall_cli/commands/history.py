"""`rollcall history ACCOUNT [KIND]`: what was written on an account, as the ledger tells it."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import typer
from botocore.exceptions import ClientError

from rollcall.adapters.errors import get_code
from rollcall.adapters.state.intents import OwnWriteItems
from rollcall_cli.aws.composition import Composition, Login
from rollcall_cli.aws.hub_stack import output
from rollcall_cli.history.bucket import stored
from rollcall_cli.history.entries import NO_LOCK, Book, Entry, entries
from rollcall_cli.history.view import document, table
from rollcall_cli.status.words import count
from rollcall_cli.text.arguments import (
    AccountArgument,
    ConfigOption,
    DetailsOption,
    JsonOption,
    ProfileOption,
    contact_kind,
)
from rollcall_cli.text.plain import plain
from rollcall_cli.text.problems import DENIED_CODES, CommandError
from rollcall_config.configuration import load

_FAULTY = 2


AnyKindArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="KIND", help="security, operations or billing.", callback=contact_kind, show_default=False
    ),
]
VerifyOption = Annotated[
    bool,
    typer.Option(
        "--verify",
        metavar="",
        help="Also check that every intent has its outcome, and that nothing is missing or without a lock.",
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
    """Show what Rollcall wrote on an account: who made it necessary, what, when, from where.

    Reads the ledger with credentials of the hub (the role rollcall-reader may). --verify looks at every
    version of every record, and at what the state table remembers of the last 30 days.

    Exit status: 0, 2 --verify found a fault, 1 an error.
    """
    composition: Composition = context.obj
    configuration = load(composition.root, config, today=composition.clock.now().date())
    login = composition.login(configuration.settings, profile=profile)
    retention = timedelta(days=configuration.settings.ledger_retention_days)
    every = _entries(login, composition, account, retention=retention, verify=verify)
    # A write of which nothing is left may have been of any kind.
    found = [
        entry for entry in every if kind is None or entry.intent is None or str(entry.intent.kind) == kind
    ]
    faulty = [entry for entry in found if entry.faults] if verify else []
    if as_json:
        documents = [document(entry, details=show_details) for entry in found]
        if not verify:
            documents = [{key: item[key] for key in item if key != "faults"} for item in documents]
        typer.echo(json.dumps({"version": 1, "account_id": account, "writes": documents}, indent=2))
    else:
        _show(composition, account, found, verify=verify, details=show_details)
    raise typer.Exit(_FAULTY if faulty else 0)


def _entries(
    login: Login, composition: Composition, account_id: str, *, retention: timedelta, verify: bool
) -> Sequence[Entry]:
    stack = login.client("cloudformation")
    try:
        bucket = output(stack, "LedgerBucketName")
        writes = OwnWriteItems(client=login.client("dynamodb"), table=output(stack, "StateTableName"))
        # Before the objects: a write between the two looks has its intent in the ledger by then.
        known = writes.list_writes(account_id) if verify else ()
        objects = stored(login.client("s3"), bucket=bucket, account_id=account_id)
        return entries(objects, Book(known=known, retention=retention, now=composition.clock.now()))
    except ClientError as error:
        code = get_code(error)
        if code in DENIED_CODES:
            raise CommandError(
                "these credentials may not read the ledger", fix="assume the role rollcall-reader of the hub"
            ) from error
        if code == "NoSuchBucket":
            raise CommandError(
                f"the bucket of the ledger, {bucket}, does not exist any more",
                fix="CloudTrail says who deleted it (DeleteBucket); without it Rollcall writes no contact",
            ) from error
        raise CommandError(
            f"the ledger could not be read: AWS answered {error.operation_name} with {code}",
            fix="look at the bucket that the output LedgerBucketName of the stack RollcallHub names",
        ) from error


def _show(
    composition: Composition, account_id: str, found: Sequence[Entry], *, verify: bool, details: bool
) -> None:
    if not found:
        composition.out.print(f"nothing was written on {account_id}", soft_wrap=True)
        return
    composition.out.print(table(found, details=details))
    faulty = sum(bool(entry.faults) for entry in found)
    if not verify:
        if faulty:
            told = f"{count(faulty, 'record')} of these with faults: --verify names them"
            composition.out.print(told, soft_wrap=True)
        return
    for entry in found:
        for fault in entry.faults:
            composition.out.print(plain(f"{entry.id}: {fault}"), soft_wrap=True)
    if all(any(fault.endswith(NO_LOCK) for fault in entry.faults) for entry in found):
        composition.out.print(
            "no record shows a lock: S3 shows it only to those with s3:GetObjectRetention,"
            " as the role rollcall-reader has it",
            soft_wrap=True,
        )
    under_way = sum(entry.pending for entry in found)
    told = f"{count(len(found), 'write')}, {faulty} with faults, {under_way} under way"
    composition.out.print(told, soft_wrap=True)
