"""A person at a terminal: types a script, and answers each question with yes."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: As the CDK and `rollcall` ask.
_QUESTION = re.compile(rb"[\[(]y/n[\])]", re.IGNORECASE)
_SILENCE_SECONDS = 900


def type_script(script: str, *, directory: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """Return the exit status of a shell that stops at the first error, and what its terminal shows."""
    person, terminal = pty.openpty()
    shell = subprocess.Popen(  # noqa: S603 -- the pages' own words are what is tested
        ["bash", "-euo", "pipefail", "-c", script],  # noqa: S607 -- as on anybody's machine
        cwd=directory,
        env=environment,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    shown, answered = b"", 0
    try:
        while part := _read(person):
            shown += part
            for question in _QUESTION.finditer(shown, answered):
                answered = question.end()  # the prompt may be drawn again after it
                os.write(person, b"y\n")
        return shell.wait(timeout=60), shown.decode(errors="replace")
    finally:
        shell.kill()
        os.close(person)


def _read(terminal: int) -> bytes:
    """What it shows next; nothing once the last program has ended."""
    ready, _, _ = select.select([terminal], [], [], _SILENCE_SECONDS)
    assert ready, f"nothing for {_SILENCE_SECONDS} s"
    try:
        return os.read(terminal, 65_536)
    except OSError:  # how Linux says so
        return b""
