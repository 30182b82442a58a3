"""`config/contacts.yaml`: the roster as people write it, compiled to the document that functions enforce."""

# No postponed annotations here: pydantic reads them, and ruff would move what they name out of reach.
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from stacks.faults import ConfigError
from stacks.located_yaml import read
from stacks.roster_references import contradictions
from stacks.validation import Strict, validate
from stacks.values import AccountId, ContactName, Email, OuPath, PersonName, Phone, Reason, Title

FILE: Final = "contacts.yaml"
KINDS: Final = ("security", "operations", "billing")


class _Contact(Strict):
    name: PersonName
    title: Title
    email: Email
    phone: Phone


class _Kinds(Strict):
    # A kind that nobody names is unmanaged. None is only "not given": a key without a value is refused.
    security: str | None = None
    operations: str | None = None
    billing: str | None = None

    def named(self) -> dict[str, str]:
        """Contact names by the Account API's word for the kind."""
        names = {kind.upper(): getattr(self, kind) for kind in KINDS}
        return {kind: name for kind, name in names.items() if name is not None}


class _Override(_Kinds):
    ou: OuPath


class _Exempt(Strict):
    accounts: Annotated[list[AccountId], Field(min_length=1, description='a list of ids, ["111122223333"]')]
    reason: Reason


class _File(Strict):
    version: Annotated[Literal[1], Field(description="the number 1")]
    mode: Annotated[
        Literal["audit", "enforce"], Field(description="audit (tell) or enforce (tell and write)")
    ]
    contacts: Annotated[
        dict[ContactName, _Contact],
        Field(min_length=1, description="contacts by name, each with name, title, email and phone"),
    ]
    defaults: Annotated[_Kinds, Field(description="a contact's name for security, operations and billing")]
    overrides: list[_Override] = Field(default_factory=list, description="a list; leave the key out for none")
    exempt: list[_Exempt] = Field(default_factory=list, description="a list; leave the key out for none")


def read_roster(path: Path, *, file: str) -> dict[str, Any]:
    """Read, check and compile the file, which messages call `file`.

    Raises ConfigError with every fault of it.
    """
    document = read(path, file=file)
    model, faults = validate(_File, document)
    faults += document.faults
    faults += contradictions(document, KINDS)
    if faults or model is None:
        raise ConfigError(faults)
    return _compiled(model)


def _compiled(roster: _File) -> dict[str, Any]:
    """Plain JSON. Overrides of one OU become one, sorted by path: their order in the file means nothing."""
    overrides: dict[str, dict[str, str]] = {}
    for entry in roster.overrides:
        overrides.setdefault(entry.ou, {}).update(entry.named())
    return {
        "version": 1,
        "mode": roster.mode,
        "contacts": {name: contact.model_dump() for name, contact in roster.contacts.items()},
        "defaults": roster.defaults.named(),
        "overrides": [{"ou": ou, "kinds": overrides[ou]} for ou in sorted(overrides)],
        "exempt": {account: entry.reason for entry in roster.exempt for account in entry.accounts},
    }
