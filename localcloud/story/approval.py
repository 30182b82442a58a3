"""The first roster that writes is always held, whatever it would change, until a person approves it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.story.sweeping import SweepEnd, finish

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from localcloud.story.scene import Scene, Step


def play(scene: Scene, first: Mapping[str, Any]) -> Iterator[Step]:
    """It was held by `first`, the sweep that followed the deployment; then it is approved."""
    end = SweepEnd(ending="finished", written=0, alerts=("CRITICAL sweep-held", "MEDIUM roster-approved"))
    name = "first roster held, approved"
    yield finish(scene, name, lambda: scene.stage.approve(dict(first)), end, before=0)
