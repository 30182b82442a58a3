"""`rollcall release ACCOUNT KIND`: a standoff over a contact is ended."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
import typer
from rich.text import Text

from cli.arguments import AccountArgument, ConfigOption, KindArgument, ProfileOption
from cli.composition import composition_of
from cli.operating.hub import reach
from cli.operating.machine import command


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

    Exit status: 0 ended, 1 there is none, or an error.
    """
    composition = composition_of(context)
    hub = reach(composition, config=config, profile=profile)
    command(hub, "release", contact=(account, kind))
    text = f"Released: the next change of {kind} on {account} is undone at once. Everybody was told."
    composition.out.print(Text(text), soft_wrap=True)
