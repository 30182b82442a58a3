"""An account that the roster exempts: told, and left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.story.scene import DIVESTED, EDIT, End

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.story.scene import Scene, Step


def play(scene: Scene) -> Iterator[Step]:
    """The edit stays."""
    yield scene.play(
        "exempt account edited",
        lambda: scene.edit(DIVESTED),
        End(contacts={"SECURITY": EDIT}, severity="LOW", stays=True),
    )
