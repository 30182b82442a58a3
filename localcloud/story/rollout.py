"""Rosters change: a bad one is held and harms nobody, the corrected one is approved and rolled out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.story import sweeping
from localcloud.story.scene import PAYMENTS, End
from localcloud.story.sweeping import SweepEnd
from localcloud.story.variants import directory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.story.scene import Scene, Step

_HELD = "CRITICAL sweep-held"


def play(scene: Scene) -> Iterator[Step]:
    """Held; the approved roster is enforced meanwhile; corrected, held as well, approved, applied."""
    stage = scene.stage
    bad, good = directory(stage.out, "wrong-mailbox"), directory(stage.out, "right-mailbox")
    yield sweeping.play(
        scene,
        "a roster with a wrong mailbox for everyone",
        lambda: stage.update_hub(bad),
        SweepEnd(ending="held", written=0, alerts=(_HELD,)),
    )
    yield scene.play(
        "edited while that roster is held",
        lambda: scene.edit(PAYMENTS),
        End(contacts={"SECURITY": scene.usual["SECURITY"]}, severity="MEDIUM"),
    )
    yield sweeping.play(
        scene,
        "the corrected roster: held, approved, applied",
        lambda: _roll_out(scene, stage.update_hub(good)),
        SweepEnd(
            ending="finished", written=5, alerts=(_HELD, "MEDIUM roster-approved", "INFO sweep-applied")
        ),
    )


def _roll_out(scene: Scene, held: dict[str, Any]) -> dict[str, Any]:
    scene.enforce(scene.stage.roster)
    return scene.stage.approve(held)
