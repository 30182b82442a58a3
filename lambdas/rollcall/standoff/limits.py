"""When a tug of war is a standoff, and how it goes on. The numbers are policy; nothing else has them.

Those of `StandoffLimits` are defaults of settings (`standoff` in organization.yaml), the others are not to be
set.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class StandoffLimits:
    """So many reverts of one contact within the window: the next change is not undone at once."""

    reverts: int = 3
    window: timedelta = timedelta(hours=1)


#: The largest number of reverts that may be set.
MOST_REVERTS: Final = 20
#: Reverts of a contact that are remembered: enough for that, and for knowing a change that comes twice.
REMEMBERED: Final = MOST_REVERTS * 2
#: Waits before the first, the second and every further revert of a standoff.
SPACES: Final = (timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=60))
#: Without a change for so long after the last revert, a standoff is over.
OVER_AFTER: Final = timedelta(hours=24)
#: The message that waits for its time comes back so often to see whether somebody has ended the standoff.
LOOK_EVERY: Final = timedelta(minutes=15)
#: Principals that are remembered and named.
ACTORS: Final = 20
