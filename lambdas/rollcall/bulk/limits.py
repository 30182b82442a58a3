"""When edits are a bulk, and how often people hear of it. The numbers are policy; nothing else has them."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final


class By(StrEnum):
    """What the edits of a bulk have in common; in this order the first that knows of a bulk takes an edit."""

    ACTOR = "actor"
    ADDRESS = "address"
    ORGANIZATION = "organization"


#: Distinct accounts within the window from which on edits are a bulk.
ACCOUNTS: Final = {By.ACTOR: 5, By.ADDRESS: 5, By.ORGANIZATION: 20}
#: Time of the events, not of their arrival. A bulk goes on until so long after its last edit.
WINDOW: Final = timedelta(minutes=10)
#: No edit for so long by our clock: then the last message comes.
QUIET: Final = timedelta(minutes=3)
#: Between two messages of one bulk, but for the first last one: ten minutes of edits are told in two.
TOLD_EVERY: Final = timedelta(minutes=10)
#: Accounts that a message names; all of them are in the outcome events.
EXAMPLES: Final = 5
#: A message of the queue comes back so often to see whether it is quiet; the queue gives up after twenty.
MOST_LOOKS: Final = 14
