"""The keys of `config/contacts.yaml`."""

# No postponed annotations here: pydantic reads them, and ruff would move what they name out of reach.
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    Tag,
    ValidationInfo,
    field_validator,
)

from rollcall.contact.repeated_edits import MOST_REVERTS
from rollcall.grouping.model import MOST_ACCOUNTS
from rollcall.model.contact import ALTERNATE_PARTS, KEEP, PRIMARY_PARTS
from rollcall.model.roster import BulkLimits, RepeatedEditLimits
from rollcall_config.contact_values import (
    KEPT,
    Email,
    PersonName,
    Phone,
    Title,
    check_primary,
    describe_primary,
)
from rollcall_config.principals import PrincipalArn
from rollcall_config.validation import Strict
from rollcall_config.values import (
    ABSENT,
    AccountId,
    ContactName,
    Day,
    Limit,
    Ou,
    Reason,
    TagKey,
    TagValue,
    read_tag,
)

KINDS: Final = ("security", "operations", "billing", "primary")
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
_KIND: Final = f"a contact's name, {ABSENT}, or {{tag: KEY, default: NAME}}"


def _require_one(keys: tuple[str, ...]) -> list[JsonValue]:
    return [{"required": [key]} for key in keys]


# Below, None always means "not given": the reader refuses a key without a value.
class Contact(Strict):
    """A contact for security, operations or billing."""

    name: PersonName
    title: Title
    email: Email
    phone: Phone
    review_by: Day | None = None

    def compile(self) -> dict[str, Any]:
        """Return the contact by the parts of the model."""
        return self.model_dump()


class PrimaryContact(Strict):
    """A primary contact, by the names of the Account API."""

    model_config = ConfigDict(
        alias_generator=lambda part: PRIMARY_PARTS[part].member if part in PRIMARY_PARTS else part
    )

    name: Annotated[str, describe_primary("name")]
    company_name: Annotated[str, describe_primary("company_name")] = KEPT
    address_line1: Annotated[str, describe_primary("address_line1")]
    address_line2: Annotated[str, describe_primary("address_line2")] = KEPT
    address_line3: Annotated[str, describe_primary("address_line3")] = KEPT
    city: Annotated[str, describe_primary("city")]
    district_or_county: Annotated[str, describe_primary("district_or_county")] = KEPT
    state_or_region: Annotated[str, describe_primary("state_or_region")] = KEPT
    postal_code: Annotated[str, describe_primary("postal_code")]
    country_code: Annotated[
        str, describe_primary("country_code", 'the ISO 3166 code of a country, "US" or "GB"')
    ]
    phone: Annotated[
        str, describe_primary("phone", 'digits, spaces, - ( and ) after a +, such as "+1 206-555-0100"')
    ]
    website_url: Annotated[str, describe_primary("website_url")] = KEPT
    review_by: Day | None = None

    @field_validator(*PRIMARY_PARTS)
    @classmethod
    def _check(cls, value: str, info: ValidationInfo) -> str:
        return check_primary(str(info.field_name), value)

    def compile(self) -> dict[str, Any]:
        """Return the contact by the parts of the model: what is kept as a mark, what is absent left out."""
        given = {part: value for part, value in self.model_dump().items() if value != ABSENT}
        kept = {part: KEEP for part, value in given.items() if value == KEPT}
        return given | {"country_code": self.country_code.upper()} | kept


def find_keys(contact: Any, form: str) -> list[str]:
    """Return the keys that only a contact of this form has, also if they are spelled in another way."""
    keys = [key for key in contact if isinstance(key, str)] if isinstance(contact, dict) else []
    return [key for key in keys if (key if form == ALTERNATE else _spell(key)) in _OF_FORM[form]]


def _spell(key: str) -> str:
    return key.replace("_", "").casefold()


#: The forms of a contact, as pydantic's errors name them.
ALTERNATE, PRIMARY = "[alternate]", "[primary]"
#: AWS's alternate contacts have a PhoneNumber, too.
_OF_FORM: Final = {
    ALTERNATE: frozenset(ALTERNATE_PARTS),
    PRIMARY: frozenset(_spell(rule.member) for rule in PRIMARY_PARTS.values()) - {"phonenumber"},
}


def _choose_form(contact: Any) -> str | None:
    """Return the form whose keys it has; None for a mixture, which roster_checks reports."""
    if not find_keys(contact, PRIMARY):
        return ALTERNATE
    return None if find_keys(contact, ALTERNATE) else PRIMARY


class TagChoice(Strict):
    """The contact whose name is the value of this tag of the account."""

    tag: TagKey
    default: Annotated[str | None, Field(description="a contact's name, for accounts without the tag")] = None


_ContactChoice = Annotated[
    Annotated[str, Tag("[name]")] | Annotated[TagChoice, Tag("[choice]")],
    Discriminator(lambda said: "[choice]" if isinstance(said, (dict, TagChoice)) else "[name]"),
]


class Kinds(Strict):
    """Contacts by kind. A kind without a name is unmanaged."""

    security: Annotated[_ContactChoice | None, Field(description=_KIND)] = None
    operations: Annotated[_ContactChoice | None, Field(description=_KIND)] = None
    billing: Annotated[_ContactChoice | None, Field(description=_KIND)] = None
    primary: Annotated[
        _ContactChoice | None,
        Field(
            description="the name of a primary contact, one with FullName, or {tag: KEY, default: NAME}",
            json_schema_extra={"not": {"const": ABSENT}},
        ),
    ] = None

    def list_names(self) -> dict[str, Any]:
        """Return what is said of each kind, by the Account API's word for it, as a compiled roster has it.

        That is a contact's name, None for `absent`, or `{"tag", "default"}`.
        """
        said = {kind.upper(): getattr(self, kind) for kind in KINDS}
        return {
            kind: one.model_dump() if isinstance(one, TagChoice) else None if one == ABSENT else one
            for kind, one in said.items()
            if one is not None
        }


class _Selector(Strict):
    accounts: Annotated[list[AccountId] | None, Field(min_length=1, description=_ACCOUNTS)] = None
    tag: Annotated[
        dict[TagKey, TagValue] | None,
        Field(min_length=1, description="tags, {key: value}"),
        BeforeValidator(read_tag),
    ] = None
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
        dict[
            ContactName,
            Annotated[
                Annotated[Contact, Tag(ALTERNATE)] | Annotated[PrimaryContact, Tag(PRIMARY)],
                Discriminator(_choose_form),
            ],
        ],
        Field(
            min_length=1,
            description="contacts by name, each with name, title, email and phone, or FullName and so on",
        ),
    ]
    defaults: Annotated[
        Kinds, Field(description="a contact's name for security, operations, billing and primary")
    ]
    overrides: list[Override] = Field(default_factory=list, description=_NONE)
    exempt: list[Exemption] = Field(default_factory=list, description=_NONE)
    authorised_changers: list[PrincipalArn] = Field(default_factory=list, description=_NONE)
    limits: Annotated[Limits, Field(description="max_changed_accounts: 10%")] = Limits()
    bulk_edits: Annotated[BulkEditKeys, Field(description="accounts: 5, minutes: 10")] = BulkEditKeys()
    repeated_edits: Annotated[RepeatedEditKeys, Field(description="reverts: 3, minutes: 60")] = (
        RepeatedEditKeys()
    )
    drill: Annotated[Drill | None, Field(description='accounts: ["111122223333"]')] = None
