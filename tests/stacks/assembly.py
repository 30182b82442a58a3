"""Synthesizing the application in this process."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import app
from tests.stacks.template import Template

if TYPE_CHECKING:
    from pathlib import Path

STACKS = ("RollcallHub", "RollcallManagement", "RollcallForwarder")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """A cloud assembly on disk, with the directory in it that the functions are made of."""

    directory: Path
    asset: Path
    templates: dict[str, Template]

    @property
    def manifest(self) -> dict[str, Any]:
        return json.loads((self.directory / "manifest.json").read_text(encoding="utf-8"))


def synthesize(where: Path, *, config: str) -> Assembly:
    """Synthesize below `where`; cdk-nag's findings raise."""
    directory = where / "cdk.out"
    with contextlib.chdir(app.ROOT):
        app.build(config=config, outdir=directory).synth()
    templates = {name: Template.read(directory / f"{name}.template.json") for name in STACKS}
    (candidate,) = directory.glob("asset.*/candidate.json")
    return Assembly(directory=directory, asset=candidate.parent, templates=templates)
