"""`rollcall release ACCOUNT KIND`: restore a contact at once again after repeated edits."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
import json
from datetime import datetime

import typer
from rich.text import Text

from rollcall_cli.aws.composition import get_composition
from rollcall_cli.aws.hub import Hub, connect_to_hub
from rollcall_cli.aws.patient import has_account
from rollcall_cli.status.executions import run_command
from rollcall_cli.text.arguments import AccountArgument, ConfigOption, JsonOption, KindArgument, ProfileOption
from rollcall_cli.text.formatting import clean, format_time
from rollcall_cli.text.problems import CommandError, CommandRefusedError, report_unknown_account

_WAITING = " An edit is waiting: it is restored within 15 minutes."


def release(
    context: typer.Context,
    account: AccountArgument,
    kind: KindArgument,
    *,
    config: ConfigOption = "config",
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """End the backoff after repeated edits of a contact: the next edit is restored at once.

    Needs the role rollcall-operator of the hub. An edit that is waiting is restored within 15 minutes.

    Exit status: 0 ended, now or before, 1 there is no backoff, or an error.
    """
    composition = get_composition(context)
    hub = connect_to_hub(composition, config=config, profile=profile)
    try:
        answer = run_command(hub, "release", contact=(account, kind))
    except CommandRefusedError as refusal:
        # Only now: the backoff of an account that left the organization can be ended, too.
        raise _explain_refusal(hub, account, refusal) from None
    before, waiting = answer.get("released"), answer.get("waiting")
    if as_json:
        found = {"version": 1, "account_id": account, "kind": kind, "released_before": before or None}
        found["edit_waiting"] = waiting
        typer.echo(json.dumps(found, indent=2))
        return
    if before:
        at = format_time(datetime.fromisoformat(before["at"]))
        ended = f"The backoff for {kind} on {account} was ended before, at {at} by {clean(before['by'])}."
        text = f"{ended} Nothing changed: the next edit is restored at once."
    else:
        text = f"Released: the next edit of {kind} on {account} is restored at once. An alert was sent."
        text += _WAITING if waiting else " No edit is waiting."
    composition.out.print(Text(text), soft_wrap=True)


def _explain_refusal(hub: Hub, account: str, refusal: CommandRefusedError) -> CommandError:
    """Return a better error if the organization has no such account, as far as these credentials can see."""
    try:
        known = has_account(hub.client("organizations"), account)
    except CommandError:
        return refusal
    return refusal if known else report_unknown_account(account, hub.organization)
