"""Synthesizing the application in this process."""

from __future__ import annotations

import json
import os
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_socket

from localcloud.kept import ROOT
from localcloud.story.assemblies import make_once
from tests.stacks.template import Template

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The directory of each stack in the assembly: those of another account than the hub are in stages.
STACKS = {
    "RollcallHub": "",
    "RollcallManagement": "assembly-Management",
    "RollcallForwarder": "assembly-Forwarder",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """A cloud assembly on disk, with the directory in it that the functions are made of."""

    directory: Path
    asset: Path
    templates: dict[str, Template]

    @property
    def manifests(self) -> list[dict[str, Any]]:
        paths = [self.directory / stage / "manifest.json" for stage in STACKS.values()]
        return [json.loads(path.read_text(encoding="utf-8")) for path in paths]

    @property
    def stacks(self) -> dict[str, Any]:
        """What the manifests say of each stack, by its name."""
        return {
            one["properties"].get("stackName", id_): one
            for manifest in self.manifests
            for id_, one in manifest["artifacts"].items()
            if one["type"] == "aws:cloudformation:stack"
        }


@contextmanager
def _no_sockets() -> Iterator[None]:
    before = socket.socket
    pytest_socket.disable_socket()
    try:
        yield
    finally:
        setattr(socket, "socket", before)  # noqa: B010  # a class to mypy


def synthesize(config: str) -> Assembly:
    """The assembly of a configuration; cdk-nag's findings raise. Nobody may write into it."""
    how = f"in process, as here: {Path(__file__).read_text()}"
    directory = make_once(lambda out: _synthesize(config, out), ROOT / config, how=how)
    templates = {}
    for name, stage in STACKS.items():
        (path,) = (directory / stage).glob(f"*{name}*.template.json")
        templates[name] = Template.read(path)
    (candidate,) = directory.glob("asset.*/candidate.json")
    return Assembly(directory=directory, asset=candidate.parent, templates=templates)


def _synthesize(config: str, out: Path) -> None:
    """As the CDK's command line does it, but without sockets and without credentials."""
    import app  # noqa: PLC0415  # it starts Node, which takes seconds

    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("AWS_", "CDK_"))]:
            patch.delenv(name)
        patch.chdir(ROOT)
        with _no_sockets():
            app.build(config=config, outdir=out).synth()
