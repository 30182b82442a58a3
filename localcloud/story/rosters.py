"""Changes of the roster: the first is approved, a wrong one is corrected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.story import sweeping
from localcloud.story.scene import PAYMENTS, End
from localcloud.story.sweeping import SweepEnd, finish
from localcloud.story.variants import locate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from localcloud.story.scene import DemoStep, Scene

_PENDING = "CRITICAL sweep-held"


def play_first_approval(scene: Scene, first: Mapping[str, Any]) -> Iterator[DemoStep]:
    """Approve the first roster, which the sweep after the deployment (`first`) left pending."""
    end = SweepEnd(ending="finished", written=0, alerts=("CRITICAL sweep-held", "MEDIUM roster-approved"))
    name = "first roster: pending approval, then approved"
    yield finish(scene, name, lambda: scene.stage.approve(dict(first)), end, before=0)


def play_rollout(scene: Scene) -> Iterator[DemoStep]:
    """A wrong roster waits for approval, the approved one stays enforced; the corrected one is applied."""
    stage = scene.stage
    bad, good = locate(stage.out, "wrong-mailbox"), locate(stage.out, "right-mailbox")
    yield sweeping.play(
        scene,
        "a roster with a wrong mailbox for everyone",
        lambda: stage.update_hub(bad),
        SweepEnd(ending="pending-approval", written=0, alerts=(_PENDING,)),
    )
    yield scene.play(
        "edited while that roster is pending approval",
        lambda: scene.edit(PAYMENTS),
        End(contacts={"SECURITY": scene.usual["SECURITY"]}, severity="MEDIUM"),
    )
    yield sweeping.play(
        scene,
        "the corrected roster: approved and applied",
        lambda: _roll_out(scene, stage.update_hub(good)),
        SweepEnd(
            ending="finished", written=4, alerts=(_PENDING, "MEDIUM roster-approved", "INFO sweep-applied")
        ),
    )


def _roll_out(scene: Scene, held: dict[str, Any]) -> dict[str, Any]:
    scene.enforce(scene.stage.roster)
    return scene.stage.approve(held)
