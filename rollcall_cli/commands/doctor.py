"""`rollcall doctor`: what is missing, and what mends it."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
import json
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from rollcall_cli.aws.composition import Composition
from rollcall_cli.doctor.every import checks_for
from rollcall_cli.doctor.facts import Facts
from rollcall_cli.doctor.model import Diagnosed, Result, diagnose
from rollcall_cli.doctor.survey.access import Access
from rollcall_cli.doctor.survey.survey import survey
from rollcall_cli.text.arguments import ConfigOption, JsonOption, ProfileOption
from rollcall_cli.text.plain import plain
from rollcall_cli.text.problems import CommandError
from rollcall_config.configuration import load

OtherProfileOption = Annotated[
    str | None,
    typer.Option(
        "--other-profile",
        metavar="NAME",
        help="AWS profile of the other one of the hub and the management account: then nothing stays unseen.",
        show_default=False,
    ),
]

_STYLES = {Result.PASS: "green", Result.FAIL: "red", Result.UNKNOWN: "yellow"}
_STATUS = {Result.PASS: 0, Result.FAIL: 1, Result.UNKNOWN: 2}


def doctor(
    context: typer.Context,
    *,
    config: ConfigOption = "config",
    profile: ProfileOption = None,
    other_profile: OtherProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check everything that Rollcall needs to work, and name the command that mends what does not.

    Needs credentials of the hub or the management account, and only reads. What these cannot see is unknown.
    What only follows from another failure is unknown, too, and names it.

    Exit status: 0 all pass, 1 a failure (or an error), 2 no failure, but something could not be told.
    """
    composition: Composition = context.obj
    facts = _facts(composition, config, (profile, other_profile))
    found = diagnose(checks_for(facts.settings), facts)
    status = _status(found)
    if as_json:
        checks = [item.as_document() for item in found]
        typer.echo(json.dumps({"version": 1, "status": str(status), "checks": checks}, indent=2))
    else:
        _show(composition, found)
    raise typer.Exit(_STATUS[status])


def _facts(composition: Composition, config: str, profiles: tuple[str | None, str | None]) -> Facts:
    now = composition.clock.now()
    configuration = load(composition.root, config, today=now.date())
    first = composition.login(configuration.settings, profile=profiles[0])
    logins = {first.position: first}
    if profiles[1] is not None:
        other = composition.login(configuration.settings, profile=profiles[1])
        if other.position in logins:
            raise CommandError(
                f"both profiles are of account {other.identity.account}",
                fix="--other-profile is for the other one of the hub and the management account",
            )
        logins[other.position] = other
    console = composition.err
    if not console.is_terminal:
        access = Access(settings=configuration.settings, logins=logins, progress=lambda _what: None)
        return survey(access, configuration, now=now)
    with console.status("Looking") as status:
        access = Access(
            settings=configuration.settings,
            logins=logins,
            progress=lambda what: status.update(Text(f"Looking at {what}")),
        )
        return survey(access, configuration, now=now)


def _status(found: Sequence[Diagnosed]) -> Result:
    results = {item.finding.result for item in found}
    return next((one for one in (Result.FAIL, Result.UNKNOWN) if one in results), Result.PASS)


def _show(composition: Composition, found: Sequence[Diagnosed]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("result", "check", "seen"):
        table.add_column(heading, overflow="fold", no_wrap=heading != "seen")
    for item in found:
        result = item.finding.result
        # Reasons of AWS and names of policies are others' words.
        table.add_row(
            Text(str(result), style=_STYLES[result]), item.check.title, Text(plain(item.finding.seen))
        )
    composition.out.print(table)
    for result, heading in ((Result.FAIL, "To mend"), (Result.UNKNOWN, "To see more")):
        fixes: dict[str, list[str]] = {}
        for item in found:
            if item.finding.result is result and item.finding.fix:
                fixes.setdefault(item.finding.fix, []).append(item.check.title)
        if fixes:
            composition.out.print(Text(f"\n{heading}", style="bold"))
        for fix, titles in fixes.items():
            composition.out.print(Text(plain(f"  {', '.join(titles)}: {fix}")), soft_wrap=True)
    composition.out.print(Text(f"\n{_end(found)}"))


def _end(found: Sequence[Diagnosed]) -> str:
    counts = {result: sum(item.finding.result is result for item in found) for result in Result}
    return f"{counts[Result.PASS]} pass, {counts[Result.FAIL]} fail, {counts[Result.UNKNOWN]} unknown."
