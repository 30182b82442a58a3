"""Profiles: kinds of stories, each drawn from a seed."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from chaos.profiles.accounts import write_accounts
from chaos.profiles.draft import Draft
from chaos.profiles.edits import (
    write_bursts,
    write_calm,
    write_drill,
    write_many_bursts,
    write_overwritten,
    write_rush,
    write_spree,
    write_theft,
    write_tug,
)
from chaos.profiles.failures import (
    write_crash,
    write_dead_letters,
    write_outage,
    write_relapse,
    write_trouble,
    write_unrecorded,
)
from chaos.profiles.floods import write_flood, write_flood_and_faults
from chaos.profiles.rosters import write_abandoned, write_expiring, write_side_by_side, write_weakened
from chaos.profiles.sweeps import (
    write_approvals,
    write_held_up,
    write_interrupted,
    write_pending,
    write_renamed,
    write_roles,
    write_sweeps,
    write_too_many,
    write_unannounced,
    write_unforwarded,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from chaos.story import Story


def make_story(seed: int, profile: str | None = None) -> Story:
    """The story of a seed, of this profile or of one that the seed chooses."""
    random = Random(seed)  # noqa: S311  # no secret depends on it
    profile = profile or random.choices(list(PROFILES), [weight for weight, _ in PROFILES.values()])[0]
    return PROFILES[profile][1](Draft(seed, profile, random))


#: By name how often each is drawn, and what writes it.
PROFILES: Final[dict[str, tuple[float, Callable[[Draft], Story]]]] = {
    "bursts": (1.2, write_bursts),
    "roles": (0.8, write_roles),
    "calm": (1.0, write_calm),
    "rush": (1.5, write_rush),
    "drill": (1.0, write_drill),
    "spree": (1.0, write_spree),
    "crash": (6.0, write_crash),
    "trouble": (2.0, write_trouble),
    "outage": (1.0, write_outage),
    "dead-letters": (0.7, write_dead_letters),
    "tug": (1.5, write_tug),
    "sweeps": (1.5, write_sweeps),
    "approvals": (1.5, write_approvals),
    "theft": (1.0, write_theft),
    "renamed": (0.5, write_renamed),
    "pending": (0.7, write_pending),
    "too-many": (0.4, write_too_many),
    "relapse": (2.0, write_relapse),
    "held-up": (0.5, write_held_up),
    "unannounced": (0.7, write_unannounced),
    "unforwarded": (0.7, write_unforwarded),
    "unrecorded": (0.5, write_unrecorded),
    "interrupted": (0.7, write_interrupted),
    "overwritten": (1.0, write_overwritten),
    "weakened": (1.0, write_weakened),
    "side-by-side": (1.0, write_side_by_side),
    "expiring": (0.7, write_expiring),
    "abandoned": (0.5, write_abandoned),
    "flood": (0.5, write_flood),
    "flood-and-faults": (0.5, write_flood_and_faults),
    "accounts": (1.0, write_accounts),
    "many-bursts": (0.0, write_many_bursts),
}
