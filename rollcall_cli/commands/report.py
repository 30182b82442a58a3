"""`rollcall report`: download the report of the last sweep."""

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
from rollcall.model.display import is_unseen, spell_unseen
from rollcall_cli.aws.hub import log_in_to_hub, read_output
from rollcall_cli.text.arguments import ConfigOption, ProfileOption
from rollcall_cli.text.problems import DENIED_CODES, CommandError
from rollcall_config.configuration import load

if TYPE_CHECKING:
    from rollcall_cli.aws.composition import Composition

_LATEST = "reports/latest.json"
_GONE = ("NoSuchKey", "404")
_DENIED = (*DENIED_CODES, "403")
#: The one control character that JSON's own writers leave as it is, and the first that they may.
DELETE = "\x7f"
# It becomes a file name: one from the bucket is not trusted, either.
_RUN = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}", re.ASCII)


class Format(StrEnum):
    """The formats of a report."""

    HTML = "html"
    JSON = "json"
    CSV = "csv"


def _check_run(value: str | None) -> str | None:
    if value is not None and not _RUN.fullmatch(value):
        raise typer.BadParameter(
            "a run ID looks like 20261005T093000Z-1f2e3d; `rollcall status` shows the last one"
        )
    return value


FormatOption = Annotated[Format, typer.Option("--format", help="Format of the report.")]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="File to write; - is standard output.", show_default=False),
]
OpenOption = Annotated[bool, typer.Option("--open", metavar="", help="Open the HTML page in the browser.")]
RunOption = Annotated[
    str | None,
    typer.Option(
        "--run",
        metavar="RUN",
        help="Run ID. Default: the last run.",
        callback=_check_run,
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
    """Download the report of the last sweep: coverage, changes, and the accounts of each contact.

    Needs credentials of the hub, for example of the role rollcall-reader. The report has contact details in
    full: protect it like the roster.

    Exit status: 0, or 1 for an error.
    """
    composition: Composition = context.obj
    if open_it and (as_format is not Format.HTML or out == Path("-")):
        raise typer.BadParameter("--open needs the HTML format and a file", param_hint="--open")
    configuration = load(composition.root, config, today=composition.clock.now().date())
    login = log_in_to_hub(composition, configuration.settings, profile=profile)
    bucket = read_output(login.client("cloudformation"), "ReportsBucketName")
    client = login.client("s3")
    if run is None:
        run = _parse_run(_read(client, bucket, _LATEST))
    body = _read(client, bucket, f"reports/{run}/report.{as_format}")
    if out == Path("-"):
        typer.echo(_spell_controls(body.decode(), as_format), nl=False)
        return
    path = composition.root / (out or f"rollcall-report-{run}.{as_format}")
    _write(path, body)
    composition.out.print(f"Wrote {path}, the report of run {run}.", soft_wrap=True)
    if open_it and not webbrowser.open(path.as_uri()):
        composition.err.print("No browser could be started. Open the file yourself.", soft_wrap=True)


def _spell_controls(text: str, as_format: Format) -> str:
    """Return the report without characters that a terminal acts on: reports of any release are printed."""

    def spell(found: re.Match[str]) -> str:
        one = found[0]
        if one.endswith("\n") or not is_unseen(one):
            return one[-1:]
        if as_format is Format.JSON and one >= DELETE:
            # Within a text, where this is the same character.
            return json.dumps(one)[1:-1] if one > DELETE else r"\u007f"
        return spell_unseen(one)

    return re.sub(r"\r?\n|[^ -~]", spell, text)


def _parse_run(body: bytes) -> str:
    """Return the run ID of the last report."""
    try:
        run = json.loads(body)["run"]["run"]
    except (ValueError, KeyError, TypeError):
        run = None
    if not isinstance(run, str) or not _RUN.fullmatch(run):
        raise CommandError(
            f"{_LATEST} in the bucket of the reports is not a report of Rollcall",
            fix="find out who wrote it; the next sweep overwrites it, --run RUN downloads an earlier one",
        )
    return run


def _write(path: Path, body: bytes) -> None:
    """Write a file that only its owner can read: it has contact details."""
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
                    f"there is no report {key}",
                    fix="it may be older than reports.retention_days; omit --run to download the last one",
                ) from error
            raise CommandError(
                "no sweep has finished yet",
                fix="`rollcall sweep` starts one, `rollcall status` shows its progress",
            ) from error
        if get_code(error) == "NoSuchBucket":
            raise CommandError(
                f"the bucket of the reports, {bucket}, does not exist",
                fix="search CloudTrail for DeleteBucket; without the bucket no sweep can finish",
            ) from error
        if get_code(error) in _DENIED:
            raise CommandError(
                "the credentials are not allowed to read reports",
                fix="assume the role rollcall-reader of the hub",
            ) from error
        raise
    return body
