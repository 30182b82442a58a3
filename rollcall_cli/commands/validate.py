"""`rollcall validate`: check the configuration."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
import json
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.text import Text

from rollcall.model.roster import Roster
from rollcall_cli.aws.composition import Composition
from rollcall_cli.aws.directory import find_unmatched, read_directory
from rollcall_cli.aws.primary import find_shared
from rollcall_cli.text.arguments import ConfigOption, JsonOption, ProfileOption
from rollcall_cli.text.formatting import clean
from rollcall_cli.text.problems import CommandError
from rollcall_cli.text.progress import show_bar
from rollcall_config import roster_compile
from rollcall_config.configuration import Configuration, load
from rollcall_config.document import ConfigError, ConfigProblem, ConfigWarning, Document
from rollcall_config.located_yaml import read
from rollcall_config.settings import FILE as SETTINGS_FILE
from rollcall_config.settings import Settings

LiveOption = Annotated[
    bool,
    typer.Option(
        "--live",
        metavar="",
        help="Also compare with AWS: warn of OUs, tags and accounts in the roster that the organization does "
        "not have, and of contacts that equal an account's primary contact. Needs credentials of the hub or "
        "the management account.",
    ),
]


def validate(
    context: typer.Context,
    *,
    config: ConfigOption = "config",
    live: LiveOption = False,
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check organization.yaml and contacts.yaml: show every error and warning with file and line.

    Exit status: 0 valid (with or without warnings), 1 errors. Nothing changes.
    """
    composition: Composition = context.obj
    try:
        configuration = load(composition.root, config, today=composition.clock.now().date())
        warnings = list(configuration.warnings)
        if live:
            warnings += _check_live(composition, configuration, config=config, profile=profile)
    except ConfigError as error:
        _report(composition, error.problems, (), None, as_json=as_json)
        raise typer.Exit(1) from None
    _report(composition, (), warnings, configuration, as_json=as_json)


def _check_live(
    composition: Composition, configuration: Configuration, *, config: str, profile: str | None
) -> list[ConfigWarning]:
    """Return the warnings; ConfigError if the IDs in organization.yaml are of another organization."""
    settings = configuration.settings
    login = composition.log_in(settings, profile=profile)
    _check_ids(login.client("organizations"), settings, _read_file(composition, config, SETTINGS_FILE))
    document = _read_file(composition, config, roster_compile.FILE)
    roster = Roster.from_document(configuration.roster)
    with show_bar(composition.err, composition.clock, "Reading the organization") as progress:
        directory = read_directory(
            login.client("organizations"), with_tags=roster.uses_tags, progress=progress
        )
    connection = composition.build_connection(
        login.client, position=login.position, management=settings.management, region=settings.region
    )
    warnings = find_unmatched(document, directory)
    try:
        with show_bar(composition.err, composition.clock, "Reading primary contacts") as progress:
            today = composition.clock.now().date()
            warnings += find_shared(
                document, roster, directory.accounts, connection, today=today, progress=progress
            )
    except CommandError as error:
        text = f"Primary contacts were not compared: {error.problem}."
        composition.err.print(Text(text), soft_wrap=True)
    return warnings


def _read_file(composition: Composition, config: str, file: str) -> Document:
    name = f"{config.rstrip('/')}/{file}"
    return read(composition.root / name, file=name)


def _check_ids(client: Any, settings: Settings, document: Document) -> None:
    found = client.describe_organization()["Organization"]
    pairs = {
        "organization": (settings.organization, found["Id"]),
        "management": (settings.management, found["MasterAccountId"]),
    }
    problems = [
        document.make_problem((key,), f"these credentials see {seen}: correct it, or use others (--profile)")
        for key, (written, seen) in pairs.items()
        if written != seen
    ]
    if problems:
        raise ConfigError(problems)


def _report(
    composition: Composition,
    errors: Sequence[ConfigProblem],
    warnings: Sequence[ConfigWarning],
    configuration: Configuration | None,
    *,
    as_json: bool,
) -> None:
    digest = Roster.from_document(configuration.roster).digest if configuration else None
    if as_json:
        found = {"errors": [*map(_build_document, errors)], "warnings": [*map(_build_document, warnings)]}
        typer.echo(json.dumps({"version": 1} | found | {"digest": digest}, indent=2))
        return
    for word, style, items in (("error", "red", errors), ("warning", "yellow", warnings)):
        for item in items:
            line = Text.assemble((f"{word}: ", style), clean(str(item)))
            composition.out.print(line, soft_wrap=True)
    end = f"{_count(errors, 'error')}."
    if digest is not None:  # with errors, warnings are not determined
        end = f"Valid, {_count(warnings, 'warning')}. Roster {digest}."
    composition.out.print(Text(end), soft_wrap=True)


def _build_document(item: ConfigProblem | ConfigWarning) -> dict[str, Any]:
    return {"file": item.file, "line": item.line, "field": item.field, "problem": item.text}


def _count(items: Sequence[object], word: str) -> str:
    return f"{len(items) or 'no'} {word}{'' if len(items) == 1 else 's'}"
