"""Variants of the demo's configuration that later chapters deploy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localcloud.story.terminal import CONFIG

if TYPE_CHECKING:
    from pathlib import Path

#: A wrong mailbox for all security contacts; the right one; the same in audit mode.
_RIGHT = ("aws-soc@example.com", "security-operations@example.com")
_CHANGES: Final = {
    "wrong-mailbox": [("aws-soc@example.com", "payroll@example.com")],
    "right-mailbox": [_RIGHT],
    "audit": [_RIGHT, ("mode: enforce", "mode: audit")],
}


def locate(out: Path, name: str) -> Path:
    """The directory of a variant, below the demo's output directory."""
    return out / "config" / name


def write_configurations(out: Path) -> dict[str, Path]:
    """Write all configurations; their directories by name, in the order in which they are deployed."""
    for name, changes in _CHANGES.items():
        locate(out, name).mkdir(parents=True)
        for file in CONFIG.iterdir():
            text = file.read_text()
            for before, after in changes:
                text = text.replace(before, after)
            (locate(out, name) / file.name).write_text(text)
    return {name: locate(out, name) for name in _CHANGES}
