"""`rollcall drill ACCOUNT`: edit a test account, and see it restored, alerted and recorded."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
import json
import re
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.text import Text

from rollcall.control.commands import DRILL_LASTS
from rollcall_cli.aws.composition import Composition, get_composition
from rollcall_cli.aws.hub import connect_to_hub
from rollcall_cli.drill.account import connect_to_account
from rollcall_cli.drill.originals import read_originals, restore_originals
from rollcall_cli.drill.run import Drill, plan_drill
from rollcall_cli.drill.view import build_document, render
from rollcall_cli.text.arguments import (
    ConfigOption,
    JsonOption,
    ProfileOption,
    check_optional_account_id,
)
from rollcall_config.configuration import load
from rollcall_config.settings import Settings

_FAILED: Final = 2
_UNITS: Final = {"s": 1, "m": 60}


def _read_seconds(value: str) -> int:
    found = re.fullmatch(r"(\d{1,4})([sm])", value, re.ASCII)
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 0 < seconds <= DRILL_LASTS.total_seconds():
        raise typer.BadParameter("a time to wait is at most 15 minutes, for example 90s or 10m")
    return seconds


DrilledAccountArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="ACCOUNT",
        help="Account ID, 12 digits, named in drill.accounts of the roster.",
        callback=check_optional_account_id,
        show_default=False,
    ),
]
CentralOption = Annotated[
    bool,
    typer.Option(
        "--central",
        metavar="",
        help="Edit from the hub or the management account. Always below the guardrail.",
    ),
]
EditProfileOption = Annotated[
    str | None,
    typer.Option(
        "--edit-profile",
        metavar="NAME",
        help="AWS profile that makes the edits: of the account itself, or as --central says. "
        "Default: the same as for the rest.",
        show_default=False,
    ),
]
RestoreOption = Annotated[
    Path | None,
    typer.Option(
        "--restore", metavar="FILE", help="Restore what an interrupted drill changed.", show_default=False
    ),
]
WaitOption = Annotated[
    int, typer.Option("--wait", metavar="TIME", parser=_read_seconds, help="How long to wait: 90s or 10m.")
]


def drill(  # noqa: PLR0913  # one parameter for each option
    context: typer.Context,
    account: DrilledAccountArgument = None,
    *,
    central: CentralOption = False,
    edit_profile: EditProfileOption = None,
    wait: WaitOption = "10m",  # type: ignore[assignment]  # typer parses it, too
    restore: RestoreOption = None,
    config: ConfigOption = "config",
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Edit one contact of a test account and delete one, and show how Rollcall restores, alerts and records.

    Needs the role rollcall-operator of the hub, and other credentials for the edits. Alerts say that it is a
    drill; severity and channels are as always. The contacts before are kept in a file that only you can read,
    until all are as before. --json has what was seen of AWS, without personal data.

    Exit status: 0 every step was seen, 2 a step failed (or a contact was left as it is), 1 an error.
    """
    composition = get_composition(context)
    settings = load(composition.root, config, today=composition.clock.now().date()).settings
    if (account is None) is (restore is None):
        raise typer.BadParameter("give the account of a new drill, or --restore with the file of one")
    if restore is not None:
        raise typer.Exit(
            _restore(
                composition,
                settings,
                restore,
                central=central,
                profile=edit_profile or profile,
                as_json=as_json,
            )
        )
    account_id = str(account)
    hub = connect_to_hub(composition, config=config, profile=profile)
    organization = composition.connect(settings, profile=profile).organization
    plan = plan_drill(hub, organization, account_id, settings)
    edited = connect_to_account(
        composition,
        settings,
        account_id,
        central=central or plan.guarded,
        profile=edit_profile or profile,
    )
    now = composition.clock.now()
    path = composition.root / f"rollcall-drill-{account_id}-{now:%Y%m%dT%H%M%SZ}.json"

    def show(text: str) -> None:
        composition.err.print(Text(text), soft_wrap=True)

    if plan.halted is not None:
        show(f"Rollcall will restore nothing: {plan.halted}. The drill itself restores the contacts.")
    result = Drill(hub=hub, account=edited, settings=settings, plan=plan, path=path, show=show).run(
        seconds=wait
    )
    if as_json:
        typer.echo(json.dumps(build_document(result), indent=2))
    else:
        for line in render(result):
            composition.out.print(line, soft_wrap=True)
    raise typer.Exit(0 if result.failure is None else _FAILED)


def _restore(
    composition: Composition,
    settings: Settings,
    path: Path,
    *,
    central: bool,
    profile: str | None,
    as_json: bool,
) -> int:
    originals = read_originals(composition.root / path)
    # What was edited in the account may have come below the guardrail since.
    account = connect_to_account(
        composition, settings, originals.account_id, central=central or originals.central, profile=profile
    )
    restored, complete = restore_originals(account, originals)
    if complete:
        (composition.root / path).unlink()
    if as_json:
        found = {"version": 1, "account_id": account.id, "restored": restored, "complete": complete}
        typer.echo(json.dumps(found, indent=2))
        return 0 if complete else _FAILED
    for kind in restored:
        composition.out.print(Text(f"Restored the {kind} contact of {account.id}."), soft_wrap=True)
    text = "All contacts are as before the drill; the file is removed."
    if not complete:
        text = "Another contact was changed after the drill, and is left as it is; the file stays."
    composition.out.print(Text(text), soft_wrap=True)
    return 0 if complete else _FAILED
