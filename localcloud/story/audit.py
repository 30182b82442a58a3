"""The hub is deployed again with the same roster in audit mode: it tells, and writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.stage import CONFIG
from localcloud.story.scene import EDIT, PAYMENTS, End

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from localcloud.stage import Stage
    from localcloud.story.scene import Scene, Step


def play(scene: Scene) -> Iterator[Step]:
    """An update of a running stack, and then the edit stays."""
    scene.stage.update_hub(_configuration(scene.stage))
    yield scene.play(
        "edited in audit mode",
        lambda: scene.edit(PAYMENTS),
        End(contacts={"SECURITY": EDIT}, severity="MEDIUM", stays=True),
    )


def _configuration(stage: Stage) -> Path:
    """The demo's configuration with one word changed."""
    target = stage.out / "config"
    target.mkdir()
    for file in CONFIG.iterdir():
        (target / file.name).write_text(file.read_text().replace("mode: enforce", "mode: audit"))
    return target
