"""Changes of the roster: the first is approved, a wrong one is corrected, one switches to audit mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.story import sweeping
from localcloud.story.scene import EDIT, PAYMENTS, End
from localcloud.story.sweeping import SweepEnd, finish
from localcloud.story.variants import locate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from localcloud.story.scene import DemoStep, Scene

_HELD = "CRITICAL sweep-held"


def play_first_approval(scene: Scene, first: Mapping[str, Any]) -> Iterator[DemoStep]:
    """Approve the first roster, which the sweep after the deployment (`first`) left pending."""
    end = SweepEnd(ending="finished", written=0, alerts=("CRITICAL sweep-held", "MEDIUM roster-approved"))
    name = "first roster held, approved"
    yield finish(scene, name, lambda: scene.stage.approve(dict(first)), end, before=0)


def play_rollout(scene: Scene) -> Iterator[DemoStep]:
    """A wrong roster waits for approval, the approved one stays enforced; the corrected one is applied."""
    stage = scene.stage
    bad, good = locate(stage.out, "wrong-mailbox"), locate(stage.out, "right-mailbox")
    yield sweeping.play(
        scene,
        "a roster with a wrong mailbox for everyone",
        lambda: stage.update_hub(bad),
        SweepEnd(ending="pending-approval", written=0, alerts=(_HELD,)),
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


def play_audit_mode(scene: Scene) -> Iterator[DemoStep]:
    """The same roster in audit mode needs no approval; an edit is then alerted and not restored."""
    yield sweeping.play(
        scene,
        "the same roster in audit mode",
        lambda: scene.stage.update_hub(locate(scene.stage.out, "audit")),
        SweepEnd(ending="finished", written=0, alerts=("HIGH roster-approved",)),
    )
    yield scene.play(
        "edited in audit mode",
        lambda: scene.edit(PAYMENTS),
        End(contacts={"SECURITY": EDIT}, severity="MEDIUM", stays=True),
    )
