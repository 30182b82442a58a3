"""Steps that run a sweep, and compare how it ended, what it wrote and which alerts it sent."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.story.scene import DemoStep
from localcloud.story.seeds import count_differing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localcloud.story.scene import Scene

_WRITERS = "rollcall-"  # with which the names of the roles that write contacts begin


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepEnd:
    """The expected end. `alerts` are severities and causes in order; `written` counts contacts.

    All contacts are then as the roster in force (`Scene.roster`) wants them.
    """

    ending: str
    written: int
    alerts: tuple[str, ...]


def play(scene: Scene, name: str, act: Callable[[], Mapping[str, Any]], end: SweepEnd) -> DemoStep:
    """Act, wait for the alerts, and compare. `act` returns the last run of the sweep."""
    scene.stage.show(name)
    return finish(scene, name, act, end, before=len(scene.cloud.mail.list_messages()))


def finish(
    scene: Scene, name: str, act: Callable[[], Mapping[str, Any]], end: SweepEnd, *, before: int
) -> DemoStep:
    """As `play`, with all alerts but the first `before` of the mailbox."""
    writes, started = len(scene.writes), time.monotonic()
    run = act()
    seconds = round(time.monotonic() - started, 2)

    def alerts() -> list[dict[str, Any]]:
        return scene.cloud.mail.list_messages()[before:]

    scene.wait(lambda: len(alerts()) >= len(end.alerts))
    idle = scene.wait_until_idle()
    written = sum(role.startswith(_WRITERS) for role in scene.writes[writes:])
    told = [f"{a['attributes']['severity']} {a['attributes']['cause']}" for a in alerts()]
    # Queues deliver in any order what leaves within the same second.
    told = sorted(told)
    expected = _describe(end.ending, end.written, 0, sorted(end.alerts))
    observed = _describe(run["ending"], written, count_differing(scene.organization, scene.roster), told)
    return DemoStep(
        name=name,
        expected=expected,
        observed=observed,
        seconds=seconds,
        ok=idle and observed == expected,
        alerts=tuple(alerts()),
    )


def _describe(ending: str, written: int, different: int, alerts: list[str]) -> str:
    contacts = f"{written} contacts written, {different} differ from the roster in force"
    return f"sweep {ending}: {contacts}; alerts: {', '.join(alerts) or 'none'}"
