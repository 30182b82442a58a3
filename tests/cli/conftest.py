"""A desk for each test, and no sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from tests.cli.desk import Desk
from tests.cli.world import REGION, World
from tests.support.moto_snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_made: dict[tuple[object, str], tuple[Snapshot, dict[str, bytes]]] = {}


@pytest.fixture(autouse=True)
def _no_sockets(socket_disabled):
    pass


@pytest.fixture
def desk(tmp_path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def make_world(tmp_path, monkeypatch) -> Iterator[Callable[..., World]]:
    """Gives the healthy world of a Region, or as a scene left it: made once, and put back from then on."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)

    def make(scene: Callable[[World], object] | None = None, region: str = REGION) -> World:
        key = (scene, region)
        if key not in _made:
            _made[key] = _play(tmp_path, scene, region)
        snapshot, files = _made[key]
        world: World = snapshot.restore()
        world.move(tmp_path, files)
        return world

    with mock_aws():
        yield make


def _play(
    where: Path, scene: Callable[[World], object] | None, region: str
) -> tuple[Snapshot, dict[str, bytes]]:
    world = World(where, region)
    if scene:
        scene(world)
    world.calls.clear()
    return Snapshot.take(world), {file.name: file.read_bytes() for file in (where / "config").iterdir()}


@pytest.fixture
def world(make_world) -> World:
    result: World = make_world()
    return result
