"""`rollcall explain ACCOUNT`: the contacts that it must have, why, and those that it has."""

# No postponed annotations here: typer reads them, and ruff would move what they name out of reach.
import json

import typer

from rollcall.decide.resolve import Enforcement
from rollcall.model.contact import list_kinds
from rollcall.model.display import Masks
from rollcall.model.roster import Roster
from rollcall_cli.aws.composition import Composition
from rollcall_cli.aws.contacts import find_reach, read_contacts
from rollcall_cli.aws.hub import read_enforcement
from rollcall_cli.explain.explanation import Explanation, describe_account, list_units_by_id
from rollcall_cli.explain.explanation import explain_account as explained
from rollcall_cli.explain.view import build_document, render
from rollcall_cli.status.plan_values import choose_masks
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
from rollcall_cli.text.problems import report_unknown_account
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
    """Explain one account: the roster entry behind each contact, and the contact that it has now.

    The most specific entry is listed first; > marks the entry that wins. Needs credentials of the hub or the
    management account, and only reads. Values of the roster are shown in full, others in full on a terminal,
    and masked elsewhere.

    Exit status: 0 nothing to do, 2 a contact differs, 1 an error, or a contact is blocked or unreadable.
    """
    composition: Composition = context.obj
    configuration = load(composition.root, config, today=composition.clock.now().date())
    roster = Roster.from_document(configuration.roster)
    if offline:
        enforcement = None
        explanation = explained(
            roster=roster,
            account=describe_account(account, name=name, ou=ou, tags=tag or (), roster=roster),
            observations=None,
            today=composition.clock.now().date(),
            reach=find_reach(account, configuration.settings),
        )
        if units := list_units_by_id(roster):
            unknown = f"ignored, because the members of an OU ID are known to AWS only: {', '.join(units)}"
            composition.err.print(unknown, soft_wrap=True)
    elif ou is not None or tag or name is not None:
        raise typer.BadParameter("use them with --offline only", param_hint="--ou, --tag, --name")
    else:
        explanation, enforcement = _explain_live(composition, configuration, roster, account, profile)
    masks = Masks.NOTHING if show_details else choose_masks(composition.out)
    if as_json:
        typer.echo(json.dumps(build_document(explanation, masks=masks), indent=2))
    else:
        for line in render(explanation, enforcement, masks=masks):
            composition.out.print(line, soft_wrap=True)
    raise typer.Exit(int(explanation.status))


def _explain_live(
    composition: Composition,
    configuration: Configuration,
    roster: Roster,
    account_id: str,
    profile: str | None,
) -> tuple[Explanation, Enforcement | None]:
    """Return the explanation, and what is in force: None if these credentials cannot read that."""
    settings = configuration.settings
    login = composition.log_in(settings, profile=profile)
    connection = composition.build_connection(
        login.client, position=login.position, management=settings.management, region=settings.region
    )
    account = connection.organization.get_account(account_id, with_tags=True)
    if account is None:
        raise report_unknown_account(account_id, settings.organization)
    kinds = list_kinds(roster.managed)
    explanation = explained(
        roster=roster,
        account=account,
        observations=read_contacts(connection.get_api(account_id), account_id, kinds),
        today=composition.clock.now().date(),
        reach=find_reach(account_id, settings),
    )
    return explanation, read_enforcement(login, composition.clock)
