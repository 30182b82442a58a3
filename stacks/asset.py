"""The one Lambda asset: the shared package, the handlers and the candidate roster."""

from __future__ import annotations

import json
import shutil
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

CANDIDATE: Final = "candidate.json"
_LAMBDAS = Path(__file__).parents[1] / "lambdas"
_PACKAGES = ("rollcall", "reconcile", "sweep", "apply", "control", "notify")
# What the report is rendered with, and no layer brings: pure Python, so that one copy runs everywhere.
_LIBRARIES = ("jinja2", "markupsafe")
_LEFT_OUT = ("__pycache__", "*.pyc", ".*", "*.so", "*.pyd", "*.c", "*.pyi")


def stage(*, candidate: Mapping[str, Any], target: Path) -> Path:
    """Copy the packages and the compiled roster to `target`, which must not exist; return `target`.

    The same sources and roster give the same bytes, so that CDK uploads nothing when nothing changed.
    """
    for package in _PACKAGES:
        shutil.copytree(
            _LAMBDAS / package, target / package, ignore=shutil.ignore_patterns("__pycache__", "*.pyc", ".*")
        )
    for library in _LIBRARIES:
        _copy_library(library, target)
    text = json.dumps(candidate, indent=2, sort_keys=True, ensure_ascii=False)
    (target / CANDIDATE).write_text(f"{text}\n", encoding="utf-8")
    return target


def _copy_library(name: str, target: Path) -> None:
    """Copy an installed library with its licence; without compiled parts, which fit one machine only."""
    distribution = metadata.distribution(name)
    source = Path(str(distribution.locate_file(name)))
    shutil.copytree(source, target / name, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    for file in distribution.files or ():
        if "licenses" in file.parts:
            shutil.copyfile(str(distribution.locate_file(file)), target / name / file.name)
