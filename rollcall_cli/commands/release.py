"""`rollcall release ACCOUNT KIND`: a standoff over a contact is ended."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
from datetime import datetime

import typer
from rich.text import Text

from rollcall_cli.aws.composition import composition_of
from rollcall_cli.status.hub import reach
from rollcall_cli.status.machine import command
from rollcall_cli.status.words import moment
from rollcall_cli.text.arguments import AccountArgument, ConfigOption, KindArgument, ProfileOption
from rollcall_cli.text.plain import plain


def release(
    context: typer.Context,
    account: AccountArgument,
    kind: KindArgument,
    *,
    config: ConfigOption = "config",
    profile: ProfileOption = None,
) -> None:
    """End a standoff over a contact: the next change of it is undone at once again.

    Needs the role rollcall-operator of the hub. A change that waits to be undone is undone within 15 minutes.

    Exit status: 0 ended, now or within the last two days, 1 there is none, or an error.
    """
    composition = composition_of(context)
    hub = reach(composition, config=config, profile=profile)
    before = command(hub, "release", contact=(account, kind)).get("released")
    if before:
        at = moment(datetime.fromisoformat(before["at"]))
        ended = f"The standoff over {kind} on {account} was ended before, at {at} by {plain(before['by'])}."
        text = f"{ended} Nothing was changed: the next change is undone at once."
    else:
        text = f"Released: the next change of {kind} on {account} is undone at once. Everybody was told."
    composition.out.print(Text(text), soft_wrap=True)
