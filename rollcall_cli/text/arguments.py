"""Options that several commands share, and what they may look like."""

from __future__ import annotations

import re
from typing import Annotated, Final

import typer

from rollcall.model.contact import EMAIL, ContactKind

#: Heading in `--help`.
_OFFLINE: Final = "Without AWS"
_ACCOUNT: Final = re.compile(r"[0-9]{12}", re.ASCII)


def account_id(value: str) -> str:
    """The value if it is an account id, else typer.BadParameter."""
    if not _ACCOUNT.fullmatch(value):
        raise typer.BadParameter("an account is named by its id of 12 digits")
    return value


def optional_account_id(value: str | None) -> str | None:
    """The value if it is an account id or was not given, else typer.BadParameter."""
    return value if value is None else account_id(value)


def contact_kind(value: str | None) -> str | None:
    """The kind in capitals if it is one or was not given, else typer.BadParameter."""
    if value is not None and value.upper() not in set(ContactKind):
        raise typer.BadParameter("a contact is one of security, operations and billing")
    return value.upper() if value is not None else None


def address(value: str | None) -> str | None:
    """The value if it is an e-mail address or was not given, else typer.BadParameter."""
    if value is not None and not EMAIL.fullmatch(value):
        raise typer.BadParameter("an e-mail address has the form name@domain.tld")
    return value


def tags(values: list[str] | None) -> list[str] | None:
    """The values if each is a key, an equals sign and a value, else typer.BadParameter."""
    for value in values or ():
        if not value.partition("=")[0] or "=" not in value:
            raise typer.BadParameter("a tag is given as key=value")
    return values


ConfigOption = Annotated[
    str,
    typer.Option(
        "--config",
        metavar="DIR",
        help="Directory with organization.yaml and contacts.yaml.",
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", metavar="", help="JSON for scripts instead of text for people.")
]
ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        help="AWS profile to use. Without it, the credentials that the AWS CLI would take.",
        show_default=False,
    ),
]
HubOption = Annotated[
    str | None,
    typer.Option(
        "--hub",
        metavar="ID",
        help="Account that is to run Rollcall, while none administers contacts yet.",
        callback=optional_account_id,
        show_default=False,
    ),
]
AccountArgument = Annotated[
    str,
    typer.Argument(metavar="ACCOUNT", help="Account id, 12 digits.", callback=account_id, show_default=False),
]
KindArgument = Annotated[
    str,
    typer.Argument(
        metavar="KIND", help="security, operations or billing.", callback=contact_kind, show_default=False
    ),
]
DetailsOption = Annotated[
    bool, typer.Option("--show-details", metavar="", help="Show contacts in full; they are masked otherwise.")
]
OfflineOption = Annotated[
    bool,
    typer.Option(
        "--offline",
        metavar="",
        help="Ask nobody: say what the roster wants for an account that the options below describe.",
        rich_help_panel=_OFFLINE,
    ),
]
OuOption = Annotated[
    str | None,
    typer.Option(
        "--ou",
        metavar="PATH",
        help="Names of its OUs below the root, as in Workloads/Production.",
        rich_help_panel=_OFFLINE,
        show_default=False,
    ),
]
TagOption = Annotated[
    list[str] | None,
    typer.Option(
        "--tag",
        metavar="KEY=VALUE",
        help="A tag that it carries; may be given more than once.",
        callback=tags,
        rich_help_panel=_OFFLINE,
        show_default=False,
    ),
]
NameOption = Annotated[
    str | None,
    typer.Option(
        "--name",
        metavar="NAME",
        help="Its name, for contacts that carry {account_name}.",
        rich_help_panel=_OFFLINE,
        show_default=False,
    ),
]
