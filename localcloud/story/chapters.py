"""What the demo shows, in chapters: each acts as people would, and then looks at contacts and mailboxes.

A chapter is a function that takes the scene and yields a step for each thing that it showed. To show more,
write a chapter and put it into CHAPTERS; `rollout` and `audit` change the deployed roster and stay at the
end, before `chat`, which counts all alerts.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from localcloud.story import (
    accounts,
    approval,
    audit,
    chat,
    drift,
    exempt,
    guardrail,
    management,
    members,
    rollout,
    variants,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from localcloud.story.scene import Scene, Step
    from localcloud.story.stage import Stage

CHAPTERS: tuple[Callable[[Scene], Iterator[Step]], ...] = (
    accounts.play,
    members.play,
    management.play,
    guardrail.play,
    exempt.play,
    drift.play,
    rollout.play,
    audit.play,
    chat.play,
)


def prepare(stage: Stage) -> None:
    """Write the configurations that later chapters deploy, and have them synthesized meanwhile."""
    stage.synthesize_variants(*variants.write(stage.out).values())


def play(scene: Scene, first: Mapping[str, Any]) -> Iterator[Step]:
    """All chapters, one after the other; `first` is the run that followed the first deployment."""
    return chain(approval.play(scene, first), chain.from_iterable(chapter(scene) for chapter in CHAPTERS))
