"""The management account's own contact, which no call from another account reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.story.scene import End
from rollcall.model.well_known import MANAGEMENT_ROLE_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.story.scene import Scene, Step


def play(scene: Scene) -> Iterator[Step]:
    """It is set back all the same, by the role that RollcallManagement made there."""
    wanted = {"SECURITY": scene.usual["SECURITY"]}
    yield scene.play(
        "security contact edited in the management account",
        lambda: scene.edit(scene.management),
        End(contacts=wanted, severity="HIGH", writer=MANAGEMENT_ROLE_NAME),
    )
