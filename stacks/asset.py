"""The one Lambda asset: the shared package, the handlers, the candidate roster, and the runbook if asked."""

from __future__ import annotations

import json
import re
import shutil
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

CANDIDATE: Final = "candidate.json"
#: What alerts quote of the runbook where nobody says that it can be read on the web.
RUNBOOK: Final = "runbook.json"
_PAGE = Path(__file__).parents[1] / "docs" / "operations.md"
_LAMBDAS = Path(__file__).parents[1] / "lambdas"
_PACKAGES = ("rollcall", "reconcile", "sweep", "apply", "control", "notify")
# What the report is rendered with, and no layer brings: pure Python, so that one copy runs everywhere.
_LIBRARIES = ("jinja2", "markupsafe")
_LEFT_OUT = ("__pycache__", "*.pyc", ".*", "*.so", "*.pyd", "*.c", "*.pyi")


def stage(*, candidate: Mapping[str, Any], target: Path, runbook: bool = False) -> Path:
    """Copy the packages and the compiled roster to `target`, which must not exist; return `target`.

    `runbook` is whether alerts quote their section of the runbook.

    The same sources and roster give the same bytes, so that CDK uploads nothing when nothing changed.
    """
    for package in _PACKAGES:
        shutil.copytree(
            _LAMBDAS / package, target / package, ignore=shutil.ignore_patterns("__pycache__", "*.pyc", ".*")
        )
    for library in _LIBRARIES:
        _copy_library(library, target)
    files = {CANDIDATE: candidate} | ({RUNBOOK: read_runbook()} if runbook else {})
    for name, content in files.items():
        text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False)
        (target / name).write_text(f"{text}\n", encoding="utf-8")
    return target


def read_runbook() -> dict[str, list[list[str]]]:
    """The sections of docs/operations.md about alerts by anchor: pairs of label and text, without markup."""
    sections = re.findall(
        r"^### ([^\n]+)\n(.*?)(?=^#{2,3} |\Z)", _PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    read = {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-"): [
            [label, _strip_markup(words)]
            for label, words in re.findall(r"^\* \*\*(\w+):\*\* (.+(?:\n {2}.+)*)", text, re.MULTILINE)
        ]
        for heading, text in sections
    }
    return {anchor: facts for anchor, facts in read.items() if facts and not anchor.startswith("alarm-")}


def _strip_markup(text: str) -> str:
    without_links = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", text)
    return " ".join(re.sub("[`*]", "", without_links).split())


def _copy_library(name: str, target: Path) -> None:
    """Copy an installed library with its licence; without compiled parts, which fit one machine only."""
    distribution = metadata.distribution(name)
    source = Path(str(distribution.locate_file(name)))
    shutil.copytree(source, target / name, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    for file in distribution.files or ():
        if "licenses" in file.parts:
            shutil.copyfile(str(distribution.locate_file(file)), target / name / file.name)
