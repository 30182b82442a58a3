"""Below the guardrail a member cannot change its contact, and that it tried is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.story.scene import WEB_SHOP, End

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.story.scene import Scene, Step


def play(scene: Scene) -> Iterator[Step]:
    """The Account API refuses, the contact is what it was."""
    untouched = {"SECURITY": scene.production["SECURITY"]}
    yield scene.play(
        "edit below the guardrail (Workloads/Production)",
        lambda: scene.edit(WEB_SHOP),
        End(contacts=untouched, severity="LOW", stays=True, denied=True),
    )
