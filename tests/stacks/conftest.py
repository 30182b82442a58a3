"""One synth for all tests of the stacks: about five seconds, without sockets and credentials."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
import pytest_socket

# jsii reads it when it starts node: a banner about a version is no test result.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")

from tests.stacks.variants import EVERYTHING, synthesize_with

if TYPE_CHECKING:
    from tests.stacks.assembly import Assembly
    from tests.stacks.template import Template


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The three stacks without options."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("AWS_", "CDK_"))]:
            patch.delenv(name)
        pytest_socket.disable_socket()
        try:
            return synthesize_with(tmp_path_factory.mktemp("synth"))
        finally:
            pytest_socket.enable_socket()


@pytest.fixture(scope="session")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The three stacks with every option on."""
    return synthesize_with(tmp_path_factory.mktemp("everything"), options=EVERYTHING)


@pytest.fixture(scope="session")
def hub(assembly: Assembly) -> Template:
    return assembly.templates["RollcallHub"]
