"""When edits are a bulk, and how often people hear of it. The numbers are policy; nothing else has them.

Those of `BulkLimits` are defaults of settings (`bulk_edit` in organization.yaml), the others are not to be
set.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final


class By(StrEnum):
    """What the edits of a bulk have in common; in this order the first that knows of a bulk takes an edit."""

    ACTOR = "actor"
    ADDRESS = "address"
    ORGANIZATION = "organization"


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkLimits:
    """So many distinct accounts within the window are a bulk; `organization_accounts` whoever edits them.

    The window is time of the events, not of their arrival. A bulk goes on until so long after its last edit.
    """

    accounts: int = 5
    organization_accounts: int = 20
    window: timedelta = timedelta(minutes=10)

    def least(self, by: By) -> int:
        """The number of accounts from which on edits are a bulk."""
        return self.organization_accounts if by is By.ORGANIZATION else self.accounts


#: The largest number that may be set: what opens a bulk is stored in one transaction of DynamoDB, the tally
#: with an account and an incident for each edit, and that takes 100 items:
#: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
MOST_ACCOUNTS: Final = 40
#: No edit for so long by our clock: then the last message comes.
QUIET: Final = timedelta(minutes=3)
#: Between two messages of one bulk, but for the first last one: ten minutes of edits are told in two.
TOLD_EVERY: Final = timedelta(minutes=10)
#: Accounts that a message names; all of them are in the outcome events.
EXAMPLES: Final = 5
#: Principals whose edits a bulk counts one by one, not fewer than can open one; of the others it knows how
#: many they are.
PRINCIPALS: Final = MOST_ACCOUNTS
#: Of them so many leave in a message, those with most edits first.
PRINCIPALS_TOLD: Final = 20
#: A message of the queue comes back so often to see whether it is quiet; the queue gives up after twenty.
MOST_LOOKS: Final = 14
