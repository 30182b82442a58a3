"""Cloud assemblies, kept by a hash of everything that goes into them.

Synthesizing starts Node, reads the whole CDK and takes seconds; the same sources and configuration give the
same files, which a test shows by a fresh synthesis.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from localcloud.kept import ROOT, keep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

# What no synthesis reads. Whatever else is in the project counts, so that nothing can be forgotten.
_ASIDE = {"bench", "build", "cdk.out", "node_modules", "out", "simulation", "tests"}


def make_once(make: Callable[[Path], object], *configs: Path, how: str) -> Path:
    """What `make` writes into the directory it is given, from these configurations.

    `how` names all that decides and is no file of the project or the configuration: the way it is made, and
    what `make` has in its environment. Nobody may write into what is returned.
    """
    return keep(f"assembly-{_key(configs, how)}", make)


def _key(configs: Iterable[Path], how: str) -> str:
    files = [
        _hash((path.relative_to(config.parent).as_posix(), path) for path in _files(config))
        for config in configs
    ]
    # A past day in the roster is a warning.
    parts = (how, *files, _sources(), _tools(), str(datetime.now(UTC).date()))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


@cache
def _sources() -> str:
    """Once in a process: what is changed meanwhile counts from the next one on."""
    top = [path for path in ROOT.iterdir() if not path.name.startswith(".") and path.name not in _ASIDE]
    files = [path for one in top for path in (_files(one) if one.is_dir() else [one])]
    return _hash((path.relative_to(ROOT).as_posix(), path) for path in files)


@cache
def _tools() -> str:
    packages = sorted(f"{one.name} {one.version}" for one in metadata.distributions())
    node = Path(shutil.which("node") or "node").resolve()
    return "\n".join([sys.version, str(node), str(node.stat().st_mtime_ns), *packages])


def _files(directory: Path) -> Iterator[Path]:
    return (
        path
        for path in sorted(directory.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts and not path.parent.name.endswith(".egg-info")
    )


def _hash(files: Iterator[tuple[str, Path]]) -> str:
    digest = hashlib.sha256()
    for name, path in sorted(files):
        digest.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()
