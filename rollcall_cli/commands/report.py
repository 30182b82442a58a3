"""`rollcall report`: the report of the last sweep, as a file or in the browser."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
import json
import os
import re
import webbrowser
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from botocore.exceptions import ClientError

from rollcall.adapters.errors import get_code
from rollcall_cli.aws.hub_stack import output
from rollcall_cli.text.arguments import ConfigOption, ProfileOption
from rollcall_cli.text.problems import DENIED_CODES, CommandError
from rollcall_config.configuration import load

if TYPE_CHECKING:
    from rollcall_cli.aws.composition import Composition

_LATEST = "reports/latest.json"
_GONE = ("NoSuchKey", "404")
_DENIED = (*DENIED_CODES, "403")
# A name of a file comes of it: one from the bucket is not taken on trust, either.
_RUN = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}", re.ASCII)


class Format(StrEnum):
    """What a report is stored as."""

    HTML = "html"
    JSON = "json"
    CSV = "csv"


def _run_id(value: str | None) -> str | None:
    if value is not None and not _RUN.fullmatch(value):
        raise typer.BadParameter(
            "a run is named like 20261005T093000Z-1f2e3d: `rollcall status` shows the last"
        )
    return value


FormatOption = Annotated[Format, typer.Option("--format", help="What to fetch.")]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FILE", help="Where to write it; - is standard output.", show_default=False
    ),
]
OpenOption = Annotated[bool, typer.Option("--open", metavar="", help="Open the page in the browser.")]
RunOption = Annotated[
    str | None,
    typer.Option(
        "--run",
        metavar="RUN",
        help="Of this run instead of the last.",
        callback=_run_id,
        show_default=False,
    ),
]


def report(  # one parameter for each option
    context: typer.Context,
    *,
    as_format: FormatOption = Format.HTML,
    out: OutOption = None,
    open_it: OpenOption = False,
    run: RunOption = None,
    config: ConfigOption = "config",
    profile: ProfileOption = None,
) -> None:
    """Fetch the report of the last sweep: coverage, changes, who holds which contact.

    Needs credentials of the hub (the role rollcall-reader may). The report holds contact details in full:
    keep it as you keep the roster.

    Exit status: 0, or 1 for an error.
    """
    composition: Composition = context.obj
    if open_it and (as_format is not Format.HTML or out == Path("-")):
        raise typer.BadParameter("only the page in a file can be opened", param_hint="--open")
    configuration = load(composition.root, config, today=composition.clock.now().date())
    login = composition.login(configuration.settings, profile=profile)
    bucket = output(login.client("cloudformation"), "ReportsBucketName")
    client = login.client("s3")
    if run is None:
        run = _last(_read(client, bucket, _LATEST))
    body = _read(client, bucket, f"reports/{run}/report.{as_format}")
    if out == Path("-"):
        typer.echo(body.decode(), nl=False)
        return
    path = composition.root / (out or f"rollcall-report-{run}.{as_format}")
    _write(path, body)
    composition.out.print(f"{path}: the report of run {run}", soft_wrap=True)
    if open_it and not webbrowser.open(path.as_uri()):
        composition.err.print("no browser could be started here: open the file by hand", soft_wrap=True)


def _last(body: bytes) -> str:
    """The run of the last report."""
    try:
        run = json.loads(body)["run"]["run"]
    except (ValueError, KeyError, TypeError):
        run = None
    if not isinstance(run, str) or not _RUN.fullmatch(run):
        raise CommandError(
            f"{_LATEST} in the bucket of the reports is no report of Rollcall",
            fix="find out who wrote it; the next sweep writes it anew, --run fetches an earlier one",
        )
    return run


def _write(path: Path, body: bytes) -> None:
    """Write a file for this person alone: it holds contact details."""
    try:
        with open(path, "wb", opener=partial(os.open, mode=0o600)) as file:  # Path.open has no opener
            file.write(body)
    except OSError as error:
        raise CommandError(
            f"{path} cannot be written: {error.strerror}", fix="name another file with --out"
        ) from error


def _read(client: Any, bucket: str, key: str) -> bytes:
    try:
        body: bytes = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if get_code(error) in _GONE:
            if key != _LATEST:
                raise CommandError(
                    f"there is no such report: {key}",
                    fix="it may be older than reports.retention_days; without --run the last one is fetched",
                ) from error
            raise CommandError(
                "no sweep has finished yet",
                fix="`rollcall sweep` starts one; `rollcall status` shows how far it is",
            ) from error
        if get_code(error) == "NoSuchBucket":
            raise CommandError(
                f"the bucket of the reports, {bucket}, does not exist any more",
                fix="CloudTrail says who deleted it (DeleteBucket); without it no sweep ends",
            ) from error
        if get_code(error) in _DENIED:
            raise CommandError(
                "these credentials may not read reports", fix="assume the role rollcall-reader of the hub"
            ) from error
        raise
    return body
