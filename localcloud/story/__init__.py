"""What the demo shows, in chapters: each acts as people would, and then looks at contacts and mailboxes.

A chapter is a function that takes the scene and yields a step for each thing that it showed. To show more,
write a chapter and put it into CHAPTERS; `audit` changes the deployed roster and stays last.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from localcloud.story import accounts, audit, exempt, guardrail, management, members

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from localcloud.story.scene import Scene, Step

CHAPTERS: tuple[Callable[[Scene], Iterator[Step]], ...] = (
    accounts.play,
    members.play,
    management.play,
    guardrail.play,
    exempt.play,
    audit.play,
)


def play(scene: Scene) -> Iterator[Step]:
    """All chapters, one after the other."""
    return chain.from_iterable(chapter(scene) for chapter in CHAPTERS)
