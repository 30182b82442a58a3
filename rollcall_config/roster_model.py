"""The keys of `config/contacts.yaml`."""

# No postponed annotations here: pydantic reads them, and ruff would move what they name out of reach.
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, JsonValue

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
    PrincipalArn,
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
