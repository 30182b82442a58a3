"""`rollcall doctor`: what is missing, and the command that fixes it."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
import json
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.text import Text

from rollcall_cli.aws.composition import Composition
from rollcall_cli.doctor.checks import list_checks, read_facts
from rollcall_cli.doctor.facts import Facts
from rollcall_cli.doctor.model import CheckResult, Diagnosis, diagnose
from rollcall_cli.doctor.reading import FactReader
from rollcall_cli.text.arguments import ConfigOption, JsonOption, ProfileOption
from rollcall_cli.text.formatting import clean
from rollcall_cli.text.problems import CommandError
from rollcall_config.configuration import load

OtherProfileOption = Annotated[
    str | None,
    typer.Option(
        "--other-profile",
        metavar="NAME",
        help="AWS profile of the other account (hub or management): together they see everything.",
        show_default=False,
    ),
]

_STYLES = {CheckResult.PASS: "green", CheckResult.FAIL: "red", CheckResult.UNKNOWN: "yellow"}
_STATUS = {CheckResult.PASS: 0, CheckResult.FAIL: 1, CheckResult.UNKNOWN: 2}


def doctor(
    context: typer.Context,
    *,
    config: ConfigOption = "config",
    profile: ProfileOption = None,
    other_profile: OtherProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check every prerequisite of Rollcall, and show the command that fixes each failure.

    Needs credentials of the hub or the management account, and only reads. A check is unknown if the
    credentials cannot read its facts, or if it fails only because of another failure, which it names.

    Exit status: 0 all checks pass, 1 a check fails or an error, 2 no check fails, but some are unknown.
    """
    composition: Composition = context.obj
    facts = _gather(composition, config, (profile, other_profile))
    found = diagnose(list_checks(facts.settings), facts)
    status = _summarise(found)
    if as_json:
        checks = [item.as_document() for item in found]
        typer.echo(json.dumps({"version": 1, "status": str(status), "checks": checks}, indent=2))
    else:
        _show(composition, found)
    raise typer.Exit(_STATUS[status])


def _gather(composition: Composition, config: str, profiles: tuple[str | None, str | None]) -> Facts:
    now = composition.clock.now()
    configuration = load(composition.root, config, today=now.date())
    first = composition.log_in(configuration.settings, profile=profiles[0])
    logins = {first.position: first}
    if profiles[1] is not None:
        other = composition.log_in(configuration.settings, profile=profiles[1])
        if other.position in logins:
            raise CommandError(
                f"both profiles are of account {other.identity.account}",
                fix="name a profile of the hub with one and of the management account with the other",
            )
        logins[other.position] = other
    console = composition.err
    if not console.is_terminal:
        reader = FactReader(settings=configuration.settings, logins=logins, progress=lambda _what: None)
        return read_facts(reader, configuration, now=now)
    with console.status("Reading") as status:
        reader = FactReader(
            settings=configuration.settings,
            logins=logins,
            progress=lambda what: status.update(Text(f"Reading {what}")),
        )
        return read_facts(reader, configuration, now=now)


def _summarise(found: Sequence[Diagnosis]) -> CheckResult:
    results = {item.finding.result for item in found}
    return next((one for one in (CheckResult.FAIL, CheckResult.UNKNOWN) if one in results), CheckResult.PASS)


def _show(composition: Composition, found: Sequence[Diagnosis]) -> None:
    widest = max(len(item.check.title) for item in found)
    for item in found:
        result = item.finding.result
        # Reasons from AWS and names of policies are foreign text.
        rest = f"{item.check.title:{widest}}  {clean(item.finding.seen)}"
        line = Text.assemble((f"{result:9}", _STYLES[result]), rest)
        composition.out.print(line, soft_wrap=True)  # unwrapped: ARNs stay whole
    for result, heading in ((CheckResult.FAIL, "To fix"), (CheckResult.UNKNOWN, "To see more")):
        fixes: dict[str, list[str]] = {}
        for item in found:
            if item.finding.result is result and item.finding.fix:
                fixes.setdefault(item.finding.fix, []).append(item.check.title)
        if fixes:
            composition.out.print(Text(f"\n{heading}", style="bold"))
        for fix, titles in fixes.items():
            composition.out.print(Text(clean(f"  {', '.join(titles)}: {fix}")), soft_wrap=True)
    composition.out.print(Text(f"\n{_format_counts(found)}"))


def _format_counts(found: Sequence[Diagnosis]) -> str:
    counts = {result: sum(item.finding.result is result for item in found) for result in CheckResult}
    return ", ".join(f"{counts[result]} {result}" for result in CheckResult) + "."
