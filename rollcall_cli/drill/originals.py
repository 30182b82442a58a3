"""The file with the contacts before a drill, and how they are put there again."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Final

from rollcall_cli.drill.edits import DrillEdit, Originals, is_left
from rollcall_cli.text.problems import CommandError

if TYPE_CHECKING:
    from pathlib import Path

    from rollcall.model.contact import ContactKind
    from rollcall_cli.drill.account import EditedAccount

_OWNER_ONLY: Final = 0o600


def save_originals(path: Path, originals: Originals) -> None:
    """Write a new file that only its owner can read; FileExistsError if it is there.

    Of one that could not be written, nothing stays: OSError.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"version": 1} | originals.as_document(), file, indent=2)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink()
        raise


def read_originals(path: Path) -> Originals:
    """Read such a file; CommandError if it is something else."""
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
        if document["version"] == 1:
            return Originals.from_document(document)
    except (ValueError, KeyError, TypeError):
        pass
    # Without the cause: its text can have values.
    raise CommandError(f"{path} has no contacts of a drill", fix="name the file that `rollcall drill` wrote")


def restore_originals(account: EditedAccount, originals: Originals) -> tuple[list[ContactKind], bool]:
    """Undo what the drill left; returns the kinds that were restored, and whether all are as before.

    A contact that somebody changed after the drill is left as it is.
    """
    restored, complete = [], True
    for kind, original in originals.contacts.items():
        found = account.read(kind)
        if found == original:
            continue
        if not is_left(found, kind, originals.edits):
            complete = False
            continue
        account.edit(DrillEdit(kind=kind, contact=getattr(original, "contact", None)))
        restored.append(kind)
    return restored, complete
