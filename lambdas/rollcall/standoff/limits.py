"""When a tug of war is a standoff, and how it goes on. The numbers are policy; nothing else has them."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

#: So many reverts of one contact within the window: the next change is not undone at once.
REVERTS: Final = 3
WINDOW: Final = timedelta(hours=1)
#: Waits before the first, the second and every further revert of a standoff.
SPACES: Final = (timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=60))
#: Without a change for so long after the last revert, a standoff is over.
OVER_AFTER: Final = timedelta(hours=24)
#: The message that waits for its time comes back so often to see whether somebody has ended the standoff.
LOOK_EVERY: Final = timedelta(minutes=15)
#: Principals that are remembered and named.
ACTORS: Final = 20
