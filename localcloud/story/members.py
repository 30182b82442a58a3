"""Somebody in a member changes its contacts, and they are set back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.story.scene import PAYMENTS, Act, End

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.story.scene import Scene, Step


def play(scene: Scene) -> Iterator[Step]:
    """An edit, then a delete."""
    wanted = {"SECURITY": scene.usual["SECURITY"]}

    def delete() -> Act:
        scene.as_mary(PAYMENTS).delete_alternate_contact(AlternateContactType="SECURITY")
        return Act(account=PAYMENTS)

    yield scene.play(
        "security contact edited in a member",
        lambda: scene.edit(PAYMENTS),
        End(contacts=wanted, severity="MEDIUM"),
    )
    yield scene.play("security contact deleted in a member", delete, End(contacts=wanted, severity="HIGH"))
