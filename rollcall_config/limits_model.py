"""The keys `bulk_edit` and `standoff` of `config/organization.yaml`: how many are one too many."""

# No postponed annotations here: pydantic reads them, and ruff would move what they name out of reach.
from datetime import timedelta
from typing import Annotated, Final

from pydantic import Field

from rollcall.bulk_edits.model import MOST_ACCOUNTS, BulkLimits
from rollcall.repeated_edits.rules import MOST_REVERTS, RepeatedEditLimits
from rollcall_config.validation import Strict

_BULKS: Final = BulkLimits()
_STANDOFFS: Final = RepeatedEditLimits()
_MINUTE: Final = timedelta(minutes=1)
#: A bulk goes on until so long after its last edit: whoever edits once in an hour is no bulk any more.
_LONGEST_BULK: Final = 60
#: A standoff is over a day after the last change: a longer window would count what was forgotten.
_LONGEST_STANDOFF: Final = 1440
#: Events take their time: in a shorter window a script that is right behind us would never be found.
_SHORTEST_STANDOFF: Final = 5


class BulkEdit(Strict):
    """From how many accounts within how many minutes on edits are told as one."""

    accounts: Annotated[int, Field(ge=2, le=MOST_ACCOUNTS, description=f"accounts, 2 to {MOST_ACCOUNTS}")] = (
        _BULKS.accounts
    )
    organization_accounts: Annotated[
        int, Field(ge=3, le=MOST_ACCOUNTS, description=f"accounts, 3 to {MOST_ACCOUNTS}")
    ] = _BULKS.organization_accounts
    minutes: Annotated[int, Field(ge=1, le=_LONGEST_BULK, description=f"minutes, 1 to {_LONGEST_BULK}")] = (
        _BULKS.window // _MINUTE
    )

    def limits(self) -> BulkLimits:
        """As the core knows them."""
        return BulkLimits(
            accounts=self.accounts,
            organization_accounts=self.organization_accounts,
            window=timedelta(minutes=self.minutes),
        )


class Standoff(Strict):
    """From how many reverts of one contact within how many minutes on they are spaced out."""

    reverts: Annotated[int, Field(ge=2, le=MOST_REVERTS, description=f"reverts, 2 to {MOST_REVERTS}")] = (
        _STANDOFFS.reverts
    )
    minutes: Annotated[
        int,
        Field(
            ge=_SHORTEST_STANDOFF,
            le=_LONGEST_STANDOFF,
            description=f"minutes, {_SHORTEST_STANDOFF} to {_LONGEST_STANDOFF}",
        ),
    ] = _STANDOFFS.window // _MINUTE

    def limits(self) -> RepeatedEditLimits:
        """As the core knows them."""
        return RepeatedEditLimits(reverts=self.reverts, window=timedelta(minutes=self.minutes))
