"""`rollcall validate`: whether the configuration is good."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
import json
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.text import Text

from rollcall.model.roster import Roster
from rollcall_cli.aws.composition import Composition
from rollcall_cli.aws.directory import Directory, read_directory
from rollcall_cli.text.arguments import ConfigOption, JsonOption, ProfileOption
from rollcall_cli.text.plain import plain
from rollcall_cli.text.progress import bar
from rollcall_cli.text.unmatched import unmatched
from rollcall_config import roster_compile
from rollcall_config.configuration import Configuration, load
from rollcall_config.document import ConfigError, ConfigProblem, ConfigWarning
from rollcall_config.located_yaml import read

LiveOption = Annotated[
    bool,
    typer.Option(
        "--live",
        metavar="",
        help="Also ask AWS, with credentials of the hub or the management account: warn of each OU, tag and "
        "account of the roster that the organization does not have now.",
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
    """Check organization.yaml and contacts.yaml: every fault and every warning, with file and line.

    Exit status: 0 good (there may be warnings), 1 faults or an error. Nothing is changed.
    """
    composition: Composition = context.obj
    try:
        configuration = load(composition.root, config, today=composition.clock.now().date())
    except ConfigError as error:
        _report(composition, error.problems, (), None, as_json=as_json)
        raise typer.Exit(1) from None
    warnings = list(configuration.warnings)
    if live:
        warnings += _live(composition, configuration, config=config, profile=profile)
    _report(composition, (), warnings, configuration, as_json=as_json)


def _live(
    composition: Composition, configuration: Configuration, *, config: str, profile: str | None
) -> list[ConfigWarning]:
    connection = composition.connect(configuration.settings, profile=profile)
    name = f"{config.rstrip('/')}/{roster_compile.FILE}"
    document = read(composition.root / name, file=name)
    with_tags = Roster.from_document(configuration.roster).uses_tags
    return unmatched(document, _directory(composition, connection.organizations, with_tags=with_tags))


def _directory(composition: Composition, client: Any, *, with_tags: bool) -> Directory:
    with bar(composition.err, composition.clock, "Reading the organization") as progress:
        return read_directory(client, with_tags=with_tags, progress=progress)


def _report(
    composition: Composition,
    faults: Sequence[ConfigProblem],
    warnings: Sequence[ConfigWarning],
    configuration: Configuration | None,
    *,
    as_json: bool,
) -> None:
    digest = Roster.from_document(configuration.roster).digest if configuration else None
    if as_json:
        found = {"faults": [*map(_document, faults)], "warnings": [*map(_document, warnings)]}
        typer.echo(json.dumps(found | {"digest": digest}, indent=2))
        return
    for word, style, items in (("fault", "red", faults), ("warning", "yellow", warnings)):
        for item in items:
            line = Text.assemble((f"{word}: ", style), plain(str(item)))
            composition.out.print(line, soft_wrap=True)
    end = f"{_count(faults, 'fault')}."
    if digest is not None:  # with faults, nobody looked for warnings
        end = f"no faults, {_count(warnings, 'warning')}. Roster {digest}."
    composition.out.print(Text(end), soft_wrap=True)


def _document(item: ConfigProblem | ConfigWarning) -> dict[str, Any]:
    return {"file": item.file, "line": item.line, "field": item.field, "problem": item.text}


def _count(items: Sequence[object], word: str) -> str:
    return f"{len(items) or 'no'} {word}{'' if len(items) == 1 else 's'}"
