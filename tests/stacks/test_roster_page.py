"""docs/roster.md: every example loads, every message is the one that comes out, every key is shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import yaml

from localcloud.kept import ROOT
from rollcall.model.roster import Roster
from rollcall_config.document import ConfigError
from rollcall_config.roster_compile import read_roster
from rollcall_config.roster_model import (
    Contact,
    Exemption,
    Kinds,
    Limits,
    Override,
    PrimaryContact,
    RosterFile,
)
from rollcall_config.roster_warnings import find_warnings
from tests.support.cases import check_each

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (ROOT / "docs" / "roster.md").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A block of YAML, and the messages that the page puts below it."""

    heading: str
    yaml: str
    says: tuple[str, ...]


def examples() -> list[Example]:
    found = re.finditer(
        r"^#+ (?P<heading>[^\n]*)$|^```yaml\n(?P<yaml>.*?)^```\n(?:```text\n(?P<says>.*?)^```$)?",
        PAGE,
        re.DOTALL | re.MULTILINE,
    )
    result, heading = [], ""
    for match in found:
        heading = match["heading"] or heading
        if match["yaml"]:
            says = tuple((match["says"] or "").splitlines())
            result.append(Example(heading=heading, yaml=match["yaml"], says=says))
    return result


EXAMPLES = examples()


def sections(text: str) -> dict[str, str]:
    """The lines of each key at the top of a file."""
    parts = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)
    return {part.split(":")[0]: part for part in parts if part}


def in_full(example: Example) -> str:
    """What an example shows, then whatever else a roster needs: its lines keep their numbers."""
    rest = sections(EXAMPLES[0].yaml)
    return example.yaml + "".join(part for key, part in rest.items() if key not in sections(example.yaml))


def outcome(path: Path) -> list[str]:
    """Faults, or warnings."""
    try:
        roster = read_roster(path, file="contacts.yaml")
    except ConfigError as error:
        return str(error).splitlines()
    Roster.from_document(roster.compiled)
    found = find_warnings(roster.source, today=date(2026, 10, 5), management="111111111111")
    return [f"warning: {warning}" for warning in found]


@check_each("example", EXAMPLES)
def test_an_example_gives_what_the_page_says(tmp_path: Path, example: Example) -> None:
    path = tmp_path / "contacts.yaml"
    path.write_text(in_full(example), encoding="utf-8")
    told = outcome(path)
    faults = [line for line in told if not line.startswith("warning: ")]
    assert faults == [line for line in example.says if not line.startswith("warning: ")]
    # The numbers of examples are for fiction, which is a warning that no reader needs forty times.
    assert {line for line in example.says if line.startswith("warning: ")} <= set(told)


def test_a_page_without_examples_would_prove_nothing() -> None:
    assert len(EXAMPLES) > 20
    assert len([example for example in EXAMPLES if example.says]) > 8
    assert PAGE.count("```yaml") == len(EXAMPLES)
    assert PAGE.count("```text") == len([example for example in EXAMPLES if example.says])


def test_every_key_is_shown() -> None:
    shown: set[str] = set()

    def collect(value: object) -> None:
        if isinstance(value, dict):
            shown.update(value)
            for inner in value.values():
                collect(inner)
        if isinstance(value, list):
            for inner in value:
                collect(inner)

    for example in EXAMPLES:
        if not any("is not YAML" in line for line in example.says):
            collect(yaml.safe_load(example.yaml))
    for model in (RosterFile, Contact, PrimaryContact, Kinds, Override, Exemption, Limits):
        assert {field.alias or name for name, field in model.model_fields.items()} <= shown
