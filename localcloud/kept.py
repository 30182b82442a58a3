"""Directories that are slow to make, kept under a name that says what is in them, for every process."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "build" / "kept"
_OLD_SECONDS = 24 * 3600


def keep(name: str, make: Callable[[Path], object]) -> Path:
    """The directory of that name, which `make` fills if there is none; unused for a day, it is removed.

    Several processes may ask for the same one at once. Nobody may change what `make` wrote.
    """
    kept = KEPT / name
    KEPT.mkdir(parents=True, exist_ok=True)
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            _remove_old()
            work = Path(mkdtemp(dir=KEPT, prefix="new-"))
            try:
                make(work / "made")
                (work / "made").rename(kept)
            finally:
                shutil.rmtree(work)
        os.utime(kept)
    return kept


def _remove_old() -> None:
    for path in KEPT.iterdir():
        if path.is_dir() and path.stat().st_mtime < time.time() - _OLD_SECONDS:
            shutil.rmtree(path, ignore_errors=True)
