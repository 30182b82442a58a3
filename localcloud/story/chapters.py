"""The chapters of the demo. Each acts as people would, and then compares contacts and alerts.

A chapter is a function that takes the scene and yields its steps. To show more, write a chapter and put it
into AT_ONCE, if its account is in no other there, or into IN_ORDER: at most twelve steps in all. The rollout
changes the deployed roster and stays at the end, before the chat, which counts all alerts. A detail is
tested in tests/cloud instead.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from localcloud.story import accounts, chat, drift, edits, rosters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from localcloud.story.scene import DemoStep, Scene

    Chapter = Callable[[Scene], Iterator[DemoStep]]

AT_ONCE: tuple[Chapter, ...] = (
    accounts.play_new_account,
    edits.play_edits_in_a_member,
    edits.play_edit_in_management,
    edits.play_edit_below_the_guardrail,
)
IN_ORDER: tuple[Chapter, ...] = (drift.play_drift, rosters.play_rollout, chat.play_chat)


def play(scene: Scene, first: Mapping[str, Any]) -> Iterator[DemoStep]:
    """All chapters; `first` is the run that followed the first deployment."""
    yield from rosters.play_first_approval(scene, first)
    with ThreadPoolExecutor() as pool:
        for steps in pool.map(lambda chapter: list(chapter(scene)), AT_ONCE):
            yield from steps
    for chapter in IN_ORDER:
        yield from chapter(scene)
