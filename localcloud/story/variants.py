"""Variants of the demo's configuration that the rollout deploys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localcloud.story.terminal import CONFIG

if TYPE_CHECKING:
    from pathlib import Path

#: The mailbox of all security contacts today, and by variant.
TODAY: Final = "aws-soc@example.com"
MAILBOXES: Final = {
    # Two letters changed places: a mask that keeps the first letter would hide it.
    "wrong-mailbox": "aws-sco@example.com",
    "right-mailbox": "security-operations@example.com",
}


def locate(out: Path, name: str) -> Path:
    """The directory of a variant, below the demo's output directory."""
    return out / "config" / name


def write_configurations(out: Path) -> dict[str, Path]:
    """Write all configurations; their directories by name, in the order in which they are deployed."""
    for name, mailbox in MAILBOXES.items():
        locate(out, name).mkdir(parents=True)
        for file in CONFIG.iterdir():
            (locate(out, name) / file.name).write_text(file.read_text().replace(TODAY, mailbox))
    return {name: locate(out, name) for name in MAILBOXES}
