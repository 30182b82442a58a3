"""The keys of `config/contacts.yaml`."""

# No postponed annotations here: pydantic reads them, and ruff would move what they name out of reach.
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, JsonValue

from rollcall.contact.repeated_edits import MOST_REVERTS
from rollcall.grouping.model import MOST_ACCOUNTS
from rollcall.model.roster import BulkLimits, RepeatedEditLimits
from rollcall_config.principals import PrincipalArn
from rollcall_config.validation import Strict
from rollcall_config.values import (
    ABSENT,
    AccountId,
    ContactName,
    Day,
    Email,
    Limit,
    Ou,
    PersonName,
    Phone,
    Reason,
    TagKey,
    TagValue,
    Title,
)

KINDS: Final = ("security", "operations", "billing")
SELECTORS: Final = ("accounts", "tag", "ou")

_Mode = Literal["audit", "enforce"]
_MODES: Final = "audit (alert only) or enforce (alert and write)"
_ACCOUNTS: Final = 'a list of ids, ["111122223333"]'
_NONE: Final = "a list; leave the key out for none"
_BULK_EDITS: Final = BulkLimits()
_REPEATED_EDITS: Final = RepeatedEditLimits()
#: A bulk edit ends when its window has passed without an edit: one edit an hour is no bulk edit.
_LONGEST_BULK: Final = 60
#: Repeated edits are over a day after the last one: a longer window would count what was forgotten.
_LONGEST_REPEATED: Final = 1440
#: Events take minutes: in a shorter window a script that answers each restore would never be found.
_SHORTEST_REPEATED: Final = 5
_KIND: Final = f"a contact's name, or {ABSENT}"


def _require_one(keys: tuple[str, ...]) -> list[JsonValue]:
    return [{"required": [key]} for key in keys]


# Below, None always means "not given": the reader refuses a key without a value.
class Contact(Strict):
    """The four values of a contact."""

    name: PersonName
    title: Title
    email: Email
    phone: Phone
    review_by: Day | None = None


class Kinds(Strict):
    """Contacts by kind. A kind without a name is unmanaged."""

    security: Annotated[str | None, Field(description=_KIND)] = None
    operations: Annotated[str | None, Field(description=_KIND)] = None
    billing: Annotated[str | None, Field(description=_KIND)] = None

    def list_names(self) -> dict[str, str | None]:
        """Return contact names by the Account API's word for the kind; None for `absent`."""
        names = {kind.upper(): getattr(self, kind) for kind in KINDS}
        return {kind: None if name == ABSENT else name for kind, name in names.items() if name is not None}


class _Selector(Strict):
    accounts: Annotated[list[AccountId] | None, Field(min_length=1, description=_ACCOUNTS)] = None
    tag: Annotated[dict[TagKey, TagValue] | None, Field(min_length=1, description="tags, {key: value}")] = (
        None
    )
    ou: Ou | None = None
    mode: Annotated[_Mode | None, Field(description=_MODES)] = None


class Override(Kinds, _Selector):
    """Contacts and mode of some accounts in place of the defaults."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": _require_one(SELECTORS), "anyOf": _require_one((*KINDS, "mode"))}
    )

    def get_selector(self) -> dict[str, Any]:
        """Return the one that is given, in an order that does not depend on the file's."""
        if self.accounts is not None:
            return {"accounts": sorted(self.accounts)}
        return {"ou": self.ou} if self.tag is None else {"tag": dict(sorted(self.tag.items()))}


class Exemption(Strict):
    """Accounts that Rollcall does not manage."""

    accounts: Annotated[list[AccountId], Field(min_length=1, description=_ACCOUNTS)]
    reason: Reason
    until: Day | None = None


class Limits(Strict):
    """How many accounts a roster may change without approval by a person."""

    max_changed_accounts: Limit | None = None


class BulkEditKeys(Strict):
    """Edits of this many accounts within so many minutes are one alert."""

    accounts: Annotated[int, Field(ge=2, le=MOST_ACCOUNTS, description=f"accounts, 2 to {MOST_ACCOUNTS}")] = (
        _BULK_EDITS.accounts
    )
    minutes: Annotated[int, Field(ge=1, le=_LONGEST_BULK, description=f"minutes, 1 to {_LONGEST_BULK}")] = (
        _BULK_EDITS.minutes
    )


class RepeatedEditKeys(Strict):
    """After this many restores of one contact within so many minutes, restores back off."""

    reverts: Annotated[int, Field(ge=2, le=MOST_REVERTS, description=f"restores, 2 to {MOST_REVERTS}")] = (
        _REPEATED_EDITS.reverts
    )
    minutes: Annotated[
        int,
        Field(
            ge=_SHORTEST_REPEATED,
            le=_LONGEST_REPEATED,
            description=f"minutes, {_SHORTEST_REPEATED} to {_LONGEST_REPEATED}",
        ),
    ] = _REPEATED_EDITS.minutes


class Drill(Strict):
    """Accounts in which `rollcall drill` may edit contacts."""

    accounts: Annotated[list[AccountId], Field(min_length=1, description=_ACCOUNTS)]


class RosterFile(Strict):
    """The whole file."""

    version: Annotated[Literal[1], Field(description="the number 1")]
    mode: Annotated[_Mode, Field(description=_MODES)]
    contacts: Annotated[
        dict[ContactName, Contact],
        Field(min_length=1, description="contacts by name, each with name, title, email and phone"),
    ]
    defaults: Annotated[Kinds, Field(description="a contact's name for security, operations and billing")]
    overrides: list[Override] = Field(default_factory=list, description=_NONE)
    exempt: list[Exemption] = Field(default_factory=list, description=_NONE)
    authorised_changers: list[PrincipalArn] = Field(default_factory=list, description=_NONE)
    limits: Annotated[Limits, Field(description="max_changed_accounts: 10%")] = Limits()
    bulk_edits: Annotated[BulkEditKeys, Field(description="accounts: 5, minutes: 10")] = BulkEditKeys()
    repeated_edits: Annotated[RepeatedEditKeys, Field(description="reverts: 3, minutes: 60")] = (
        RepeatedEditKeys()
    )
    drill: Annotated[Drill | None, Field(description='accounts: ["111122223333"]')] = None
