"""A page of the docs as a script: its blocks, and a copy of the project in which they are run.

In the copy `.venv/bin/pip` is a stand-in, because packages come from the network: it makes the command
`rollcall` from what pyproject.toml declares. Everything else is what the page says.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from localcloud.story.cdk import CLI, ROOT
from localcloud.story.shell import build_environment
from tests.support.typing_person import type_script

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.cloud.clients import AccountClients

PAGE = ROOT / "docs" / "deploying.md"
_COPIED = ("Makefile", "*.py", "*.json", "*.toml", "*.txt", "LICENSE", "README.md")
_PACKAGES = (
    "docs",
    "rollcall_cli",
    "rollcall_config",
    "rollcall_policies",
    "config/example",
    "lambdas",
    "schemas",
    "stacks",
)
_BLOCK = re.compile(r"^ *```(?P<tag>[^\n]*)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block: its section, its tag (`console hub`), its text."""

    section: str
    tag: str
    text: str


def blocks(page: Path = PAGE) -> list[Block]:
    """All blocks of the page, in order."""
    text = page.read_text(encoding="utf-8")
    headings = [(found.start(), found[1]) for found in _HEADING.finditer(text)]

    def section(position: int) -> str:
        return [name for start, name in headings if start < position][-1]

    return [
        Block(section=section(found.start()), tag=found["tag"], text=found["text"])
        for found in _BLOCK.finditer(text)
    ]


class Reader:
    """Somebody who follows the page, in a directory of the project, with credentials of both accounts."""

    def __init__(self, directory: Path, clients: AccountClients, accounts: Mapping[str, str]) -> None:
        self.directory, self._clients, self._accounts = directory, clients, accounts
        _copy(directory)
        self._profiles = directory.parent / "credentials"
        self._profiles.write_text("".join(self._profile(name, account) for name, account in accounts.items()))

    def follow(self, section: str, *, but: str = "") -> str:
        """Run the section's blocks, each as a shell would that stops at the first error; what they wrote.

        Leaves a line out, which must be there.
        """
        scripts = [block for block in blocks() if block.section == section and " " in block.tag]
        assert scripts, f"no such section, or nothing to run in it: {section}"
        assert any(but in block.text for block in scripts), f"no longer on the page: {but}"
        return "".join(self.run(block.tag.split(" ")[1], block.text.replace(but, "")) for block in scripts)

    def run(self, who: str, script: str) -> str:
        """Run a script as `hub` or `management`; fails with what it wrote if it does."""
        done = self.try_(who, script)
        assert done.returncode == 0, f"as {who}:\n{script}\n{done.stdout}"
        return done.stdout

    def try_(self, who: str, script: str) -> subprocess.CompletedProcess[str]:
        """The same, however it ends."""
        own = self._build_environment(who)
        return subprocess.run(  # noqa: S603 -- the page's own words are what is tested
            ["bash", "-euo", "pipefail", "-c", script],  # noqa: S607 -- as on anybody's machine
            cwd=self.directory,
            env=own,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=900,
            check=False,
        )

    def type(self, who: str, script: str) -> tuple[int, str]:
        """Run a script at a terminal, in the virtual environment, with the CDK's command line installed.

        Exit status, and what the terminal shows.
        """
        own = self._build_environment(who)
        own["PATH"] = f"{self.directory}/.venv/bin:{self.directory}/node_modules/.bin:{own['PATH']}"
        return type_script(script, directory=self.directory, environment=own | {"COLUMNS": "200"})

    def _build_environment(self, who: str) -> dict[str, str]:
        home = self.directory.parent / "home" / who
        own = build_environment(self._clients, home=home, account=self._accounts[who])
        own["AWS_SHARED_CREDENTIALS_FILE"] = str(self._profiles)
        own["PATH"] = f"{Path(sys.executable).parent}:{own['PATH']}"  # of a link: the AWS CLI is beside it
        return own

    def _profile(self, name: str, account: str) -> str:
        keys = self._clients.get_credentials(account).to_environment()
        lines = "".join(f"{key.lower()} = {value}\n" for key, value in keys.items())
        return f"[{name}]\n{lines}\n"


def _copy(directory: Path) -> None:
    directory.mkdir(parents=True)
    for pattern in _COPIED:
        for file in ROOT.glob(pattern):
            shutil.copy(file, directory)
    for package in _PACKAGES:
        shutil.copytree(ROOT / package, directory / package, ignore=shutil.ignore_patterns("__pycache__"))
    tools = directory / "node_modules" / ".bin"
    tools.mkdir(parents=True)
    (tools / "cdk").symlink_to(CLI.resolve())
    made = directory / ".venv"
    venv.create(made, symlinks=True)
    # Its interpreter has the packages of ours; the sum is a virtual environment as `make` sets it up.
    site = sysconfig.get_path("purelib", vars={"base": str(made), "platbase": str(made)})
    Path(site, "tools.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    pip = made / "bin" / "pip"
    stand_in = Path(__file__).with_name("stand_in_for_pip.py")
    pip.write_text(f'#!/bin/sh\nexec "{made}/bin/python" "{stand_in}" "$@"\n', encoding="utf-8")
    pip.chmod(0o755)
    for ready in (made / ".ready", tools.parent / ".ready"):  # else make would set them up
        ready.touch()
