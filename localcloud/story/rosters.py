"""Changes of the roster: the first is approved, a wrong one is corrected."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from localcloud.story import sweeping
from localcloud.story.scene import PAYMENTS, End
from localcloud.story.sweeping import SweepEnd, finish
from localcloud.story.variants import MAILBOXES, TODAY, locate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from localcloud.story.scene import DemoStep, Scene

_PENDING = "HIGH sweep-held"
_ENDED = "INFO plan-ended"


def play_first_approval(scene: Scene, first: Mapping[str, Any]) -> Iterator[DemoStep]:
    """Approve the first roster, which the sweep after the deployment (`first`) left pending."""
    alerts = ("MEDIUM sweep-held", "MEDIUM roster-approved", _ENDED)
    end = SweepEnd(ending="finished", written=0, alerts=alerts)
    name = "first roster: pending approval, then approved"
    yield finish(scene, name, lambda: scene.stage.approve(dict(first)), end, before=0)


def play_rollout(scene: Scene) -> Iterator[DemoStep]:
    """A wrong roster waits for approval, the approved one stays enforced; the corrected one is applied."""
    stage = scene.stage
    bad, good = locate(stage.out, "wrong-mailbox"), locate(stage.out, "right-mailbox")
    held: list[dict[str, Any]] = []

    def deploy_bad() -> dict[str, Any]:
        held.append(stage.update_hub(bad))
        return held[0]

    step = sweeping.play(
        scene,
        "a roster with a mistyped mailbox for everyone",
        deploy_bad,
        SweepEnd(ending="pending-approval", written=0, alerts=(_PENDING,)),
    )
    with ThreadPoolExecutor() as pool:  # people look at the plan, and meanwhile somebody edits
        looks = pool.submit(stage.show_pending, held[0]["pending"][0])
        edited = scene.play(
            "edited while that roster is pending approval",
            lambda: scene.edit(PAYMENTS),
            End(contacts={"SECURITY": scene.usual["SECURITY"]}, severity="MEDIUM"),
        )
    yield _check_mistake(step, looks.result())
    yield edited
    yield sweeping.play(
        scene,
        "the corrected roster: approved and applied",
        lambda: _roll_out(scene, stage.update_hub(good)),
        SweepEnd(
            ending="finished",
            written=4,
            # Of the plan with the wrong mailbox, too: it is superseded.
            alerts=(_PENDING, _ENDED, "MEDIUM roster-approved", _ENDED, "INFO sweep-applied"),
        ),
    )


def _check_mistake(step: DemoStep, looks: Mapping[str, str]) -> DemoStep:
    """Add whether the old and the new mailbox are seen wherever a person looks before approving."""
    mailboxes = (TODAY, MAILBOXES["wrong-mailbox"])
    shown = {"alert": "".join(alert["message"] for alert in step.alerts)}
    shown |= looks
    seen = [place for place, text in shown.items() if all(mailbox in text for mailbox in mailboxes)]
    expected, observed = (f"; old and new mailbox in {', '.join(places)}" for places in (shown, seen))
    return replace(
        step,
        expected=step.expected + expected,
        observed=step.observed + observed,
        ok=step.ok and seen == list(shown),
    )


def _roll_out(scene: Scene, held: dict[str, Any]) -> dict[str, Any]:
    scene.enforce(scene.stage.roster)
    return scene.stage.approve(held)
