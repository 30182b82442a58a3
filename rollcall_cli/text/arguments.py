"""Arguments and options that several commands share, and their validation."""

from __future__ import annotations

import re
from typing import Annotated, Final

import typer

from rollcall.model.account import is_account_id
from rollcall.model.contact import EMAIL, ContactKind
from rollcall_config.configuration import VARIABLE

#: Heading in `--help`.
_OFFLINE: Final = "Without AWS"
KIND_NAMES: Final = "security, operations, billing or primary"


def check_account_id(value: str) -> str:
    """Return the value if it is an account ID; typer.BadParameter otherwise."""
    if not is_account_id(value):
        meant = re.sub(r"[\s_-]", "", value)
        hint = f": write {meant}" if is_account_id(meant) else ""
        raise typer.BadParameter(f"an account ID has 12 digits{hint}")
    return value


def check_optional_account_id(value: str | None) -> str | None:
    """Return the value if it is an account ID or None; typer.BadParameter otherwise."""
    return value if value is None else check_account_id(value)


def check_contact_kind(value: str | None) -> str | None:
    """Return the contact kind in capitals, or None if none is given; typer.BadParameter otherwise."""
    if value is not None and value.upper() not in set(ContactKind):
        raise typer.BadParameter(f"the kind of a contact is {KIND_NAMES}")
    return value.upper() if value is not None else None


def check_address(value: str | None) -> str | None:
    """Return the value if it is an email address or None; typer.BadParameter otherwise."""
    if value is not None and not EMAIL.fullmatch(value):
        raise typer.BadParameter("an email address has the form name@domain.tld")
    return value


def check_tags(values: list[str] | None) -> list[str] | None:
    """Return the values if each has the form key=value; typer.BadParameter otherwise."""
    for value in values or ():
        if not value.partition("=")[0] or "=" not in value:
            raise typer.BadParameter("a tag has the form key=value")
    return values


def show_directory(context: typer.Context, value: str) -> str:
    """Show the directory if nothing names it: another one may have been meant."""
    source = context.get_parameter_source("config")
    if source is not None and source.name == "DEFAULT" and not context.resilient_parsing:
        text = f"Configuration: {value} (--config or {VARIABLE} names another)"
        context.obj.err.print(text, soft_wrap=True)
    return value


ConfigOption = Annotated[
    str,
    typer.Option(
        "--config",
        envvar=VARIABLE,
        metavar="DIR",
        callback=show_directory,
        help="Directory with organization.yaml and contacts.yaml.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", metavar="", help="Print JSON for scripts.")]
ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        help="AWS profile to use. Default: the credentials that the AWS CLI would use.",
        show_default=False,
    ),
]
HubOption = Annotated[
    str | None,
    typer.Option(
        "--hub",
        metavar="ID",
        help="Account to run Rollcall in, if no account administers contacts yet.",
        callback=check_optional_account_id,
        show_default=False,
    ),
]
AccountArgument = Annotated[
    str,
    typer.Argument(
        metavar="ACCOUNT", help="Account ID, 12 digits.", callback=check_account_id, show_default=False
    ),
]
KindArgument = Annotated[
    str,
    typer.Argument(metavar="KIND", help=f"{KIND_NAMES}.", callback=check_contact_kind, show_default=False),
]
DetailsOption = Annotated[
    bool, typer.Option("--show-details", metavar="", help="Show contacts in full. Default: masked.")
]
OfflineOption = Annotated[
    bool,
    typer.Option(
        "--offline",
        metavar="",
        help="Evaluate offline, for an account that the options below describe.",
        rich_help_panel=_OFFLINE,
    ),
]
OuOption = Annotated[
    str | None,
    typer.Option(
        "--ou",
        metavar="PATH",
        help="Its OU, by the names below the root: Workloads/Production.",
        rich_help_panel=_OFFLINE,
        show_default=False,
    ),
]
TagOption = Annotated[
    list[str] | None,
    typer.Option(
        "--tag",
        metavar="KEY=VALUE",
        help="A tag of the account. Can be repeated.",
        callback=check_tags,
        rich_help_panel=_OFFLINE,
        show_default=False,
    ),
]
NameOption = Annotated[
    str | None,
    typer.Option(
        "--name",
        metavar="NAME",
        help="Its name, for contacts with {account_name}.",
        rich_help_panel=_OFFLINE,
        show_default=False,
    ),
]
