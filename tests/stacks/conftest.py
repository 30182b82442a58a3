"""One synth for all tests of the stacks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

# jsii reads it when it starts node: a banner about a version is no test result.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")

from tests.stacks.variants import EVERYTHING, synthesize_with

if TYPE_CHECKING:
    from tests.stacks.assembly import Assembly
    from tests.stacks.template import Template


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The three stacks without options."""
    return synthesize_with(tmp_path_factory.mktemp("synth"))


@pytest.fixture(scope="session")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The three stacks with every option on."""
    return synthesize_with(tmp_path_factory.mktemp("everything"), options=EVERYTHING)


@pytest.fixture(scope="session")
def primary(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The three stacks with every option on and a roster that names primary contacts."""
    return synthesize_with(tmp_path_factory.mktemp("primary"), options=EVERYTHING, primary=True)


@pytest.fixture(scope="session")
def hub(assembly: Assembly) -> Template:
    return assembly.templates["RollcallHub"]
