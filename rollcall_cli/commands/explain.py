"""`rollcall explain ACCOUNT`: which contacts it must have, why, and what it has now."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
import json

import typer

from rollcall.model.roster import Roster
from rollcall_cli.aws.composition import Composition
from rollcall_cli.aws.reach import reach_of
from rollcall_cli.aws.readings import out_of_reach, read
from rollcall_cli.explain.document import document
from rollcall_cli.explain.explanation import Explanation
from rollcall_cli.explain.explanation import explain as explained
from rollcall_cli.explain.offline import by_id, described
from rollcall_cli.explain.view import view
from rollcall_cli.text.arguments import (
    AccountArgument,
    ConfigOption,
    DetailsOption,
    JsonOption,
    NameOption,
    OfflineOption,
    OuOption,
    ProfileOption,
    TagOption,
)
from rollcall_cli.text.problems import CommandError
from rollcall_config.configuration import Configuration, load


def explain(  # noqa: PLR0913  # one parameter for each option
    context: typer.Context,
    account: AccountArgument,
    *,
    config: ConfigOption = "config",
    show_details: DetailsOption = False,
    profile: ProfileOption = None,
    as_json: JsonOption = False,
    offline: OfflineOption = False,
    ou: OuOption = None,
    tag: TagOption = None,
    name: NameOption = None,
) -> None:
    """Explain one account: which entry of the roster gives each contact and why, and what it has now.

    Entries are listed with the most specific first; > marks the one that wins. Needs credentials of the hub
    or the management account, and only reads.

    Exit status: 0 nothing to do, 2 a contact differs, 1 an error, or it cannot be told what is right.
    """
    composition: Composition = context.obj
    configuration = load(composition.root, config, today=composition.clock.now().date())
    roster = Roster.from_document(configuration.roster)
    if offline:
        explanation = explained(
            roster=roster,
            account=described(account, name=name, ou=ou, tags=tag or (), roster=roster),
            observations=None,
            today=composition.clock.now().date(),
            reach=reach_of(account, configuration.settings),
        )
        if units := by_id(roster):
            unknown = f"not considered, because without AWS nobody knows what is below: {', '.join(units)}"
            composition.err.print(unknown, soft_wrap=True)
    elif ou is not None or tag or name is not None:
        raise typer.BadParameter("AWS knows better: they go with --offline", param_hint="--ou, --tag, --name")
    else:
        explanation = _live(composition, configuration, roster, account, profile)
    if as_json:
        typer.echo(json.dumps(document(explanation, details=show_details), indent=2))
    else:
        for line in view(explanation, details=show_details):
            composition.out.print(line, soft_wrap=True)
    raise typer.Exit(int(explanation.status))


def _live(
    composition: Composition,
    configuration: Configuration,
    roster: Roster,
    account_id: str,
    profile: str | None,
) -> Explanation:
    settings = configuration.settings
    connection = composition.connect(settings, profile=profile)
    account = connection.organization.get_account(account_id, with_tags=True)
    if account is None:
        raise CommandError(
            f"account {account_id} is not in the organization {settings.organization}",
            fix="look at the digits; `aws organizations list-accounts` lists those that are",
        )
    accounts = connection.accounts_for(account_id)
    return explained(
        roster=roster,
        account=account,
        observations=read(accounts, account_id) if accounts else out_of_reach(),
        today=composition.clock.now().date(),
        reach=reach_of(account_id, settings),
    )
