"""What the management account grants: trusted access and delegated administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from rollcall.adapters.errors import FIXES, Denial, get_code, get_message
from rollcall_cli.aws.contacts import OPERATOR_FIXES
from rollcall_cli.doctor.facts import Probe, Seen, Unseen
from rollcall_cli.doctor.model import CheckFinding, report_failure, report_pass, report_unknown
from rollcall_cli.doctor.reading import EITHER, HUB
from rollcall_cli.setup.trust import list_administrators, list_trusted_services
from rollcall_cli.text import fixes

if TYPE_CHECKING:
    from rollcall_cli.aws.composition import Login
    from rollcall_cli.doctor.facts import Facts
    from rollcall_cli.doctor.reading import FactReader

_SETUP = "in the management account run `rollcall setup` or "


def read_trusted_services(reader: FactReader) -> Seen[frozenset[str]] | Unseen:
    """Read which services have trusted access."""
    return reader.read(
        "trusted access",
        EITHER,
        lambda login: frozenset(list_trusted_services(login.client("organizations"))),
    )


def read_administrators(reader: FactReader, principal: str) -> Seen[tuple[str, ...]] | Unseen:
    """Read the delegated administrators of a service."""
    return reader.read(
        "delegated administrators",
        EITHER,
        lambda login: tuple(list_administrators(login.client("organizations"), principal)),
    )


def read_probe(reader: FactReader) -> Seen[Probe] | Unseen:
    """Read the hub's own contact by account ID: the cheapest call that needs every prerequisite."""

    def look(login: Login) -> Probe:
        try:
            login.client("account").get_alternate_contact(
                AccountId=reader.settings.hub, AlternateContactType="SECURITY"
            )
        except ClientError as error:
            if get_code(error) == "ResourceNotFoundException":  # there is no contact, and AWS allowed to ask
                return Probe()
            return Probe(code=get_code(error), message=get_message(error))
        return Probe()

    return reader.read("a contact", HUB, look)


def check_trusted_access(facts: Facts) -> CheckFinding:
    """Check trusted access: without it no call can name another account. A refused probe proves as much."""
    principal = fixes.ACCOUNTS
    fix = f"{_SETUP}`{fixes.enable_access(principal)}`"
    if facts.probe_denial is Denial.TRUSTED_ACCESS:
        return report_failure(f"{principal} has no trusted access: AWS refuses to show a contact", fix=fix)
    if isinstance(facts.trusted, Unseen):
        if facts.probe_succeeded:
            return report_pass("the hub can read a contact, which requires it")
        return report_unknown(facts.trusted)
    if principal in facts.trusted.value:
        return report_pass(f"{principal} has trusted access")
    return report_failure(f"{principal} has no trusted access", fix=fix)


def check_delegation(facts: Facts) -> CheckFinding:
    """Check that the hub administers contacts. A refused probe proves that it does not."""
    hub, principal = facts.settings.hub, fixes.ACCOUNTS
    fix = f"{_SETUP}`{fixes.register(hub, principal)}`"
    if isinstance(facts.administrators, Unseen):
        if facts.probe_denial is Denial.NOT_DELEGATED:
            seen = f"account {hub} does not administer {principal}: AWS denies it a contact"
            return report_failure(seen, fix=fix)
        if facts.probe_succeeded:
            return report_pass("the hub can read a contact, which requires it")
        return report_unknown(facts.administrators)
    found = facts.administrators.value
    if hub in found:
        return report_pass(f"account {hub} administers {principal}")
    if found:
        return report_failure(
            f"account {', '.join(found)} administers {principal}, not the hub {hub}",
            fix=f'in organization.yaml set hub: "{found[0]}", or in the management account '
            f"`{fixes.deregister(found[0], principal)}` and then `{fixes.register(hub, principal)}`",
        )
    return report_failure(f"no account administers {principal}", fix=fix)


def check_probe(facts: Facts) -> CheckFinding:
    """Check that the hub can read its own contact by account ID, which needs every check above."""
    if isinstance(facts.probe, Unseen):
        return report_unknown(facts.probe)
    if facts.probe_succeeded:
        return report_pass("the hub can read contacts by account ID")
    denial, code = facts.probe_denial, facts.probe.value.code
    match denial:
        case None:
            seen = f"the Account API answered {code}"
            return report_unknown(Unseen(reason=seen, fix="run the command again in a minute"))
        case Denial.POLICY:
            seen = "the policies of these credentials do not allow it"
            return report_unknown(Unseen(reason=seen, fix=OPERATOR_FIXES[Denial.POLICY]))
        case Denial.SERVICE_CONTROL_POLICY if isinstance(facts.policies, Seen):
            # The check of these policies says whether they stop the role of the function, too.
            seen = "a service control policy denies it to these credentials"
            return report_unknown(Unseen(reason=seen, fix=OPERATOR_FIXES[denial]))
    return report_failure(f"AWS denies it ({denial})", fix=FIXES[denial].replace("HUB", facts.settings.hub))


def check_stack_sets_access(facts: Facts) -> CheckFinding:
    """Check the trusted access of StackSets."""
    if isinstance(facts.trusted, Unseen):
        return report_unknown(facts.trusted)
    if fixes.STACK_SETS in facts.trusted.value:
        return report_pass("StackSets have access to the organization")
    return report_failure(
        "StackSets have no access to the organization", fix=f"{_SETUP}`{fixes.ACTIVATE_STACK_SETS}`"
    )


def check_stack_sets_delegation(facts: Facts) -> CheckFinding:
    """Check that the hub administers StackSets, with which it deploys into members."""
    hub = facts.settings.hub
    if isinstance(facts.stack_set_administrators, Unseen):
        return report_unknown(facts.stack_set_administrators)
    if hub in facts.stack_set_administrators.value:
        return report_pass(f"account {hub} administers StackSets")
    return report_failure(
        f"account {hub} does not administer StackSets",
        fix=f"{_SETUP}`{fixes.register(hub, fixes.STACK_SETS)}`",
    )
