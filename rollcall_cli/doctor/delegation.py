"""What the management account grants: trusted access and delegated administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall.adapters.errors import FIXES, Denial
from rollcall_cli.aws.readings import FOR_A_PERSON
from rollcall_cli.doctor.facts import Seen, Unseen
from rollcall_cli.doctor.model import Finding, failed, passed, unknown
from rollcall_cli.doctor.refusals import probe_succeeded, probed
from rollcall_cli.text import fixes

if TYPE_CHECKING:
    from rollcall_cli.doctor.facts import Facts

_SETUP = "`rollcall setup` in the management account, or there "


def trusted_access(facts: Facts) -> Finding:
    """Without it no call may name another account. The refused probe is as good as the list."""
    principal = fixes.ACCOUNTS
    fix = f"{_SETUP}`{fixes.enable_access(principal)}`"
    if probed(facts) is Denial.TRUSTED_ACCESS:
        return failed(f"{principal} has none: AWS says so when a contact is read", fix=fix)
    if isinstance(facts.trusted, Unseen):
        if probe_succeeded(facts):
            return passed("a contact can be read, which needs it")
        return unknown(facts.trusted)
    if principal in facts.trusted.value:
        return passed(f"{principal} has it")
    return failed(f"{principal} has none", fix=fix)


def delegation(facts: Facts) -> Finding:
    """The hub administers contacts. The refused probe is as good as the list."""
    hub, principal = facts.settings.hub, fixes.ACCOUNTS
    fix = f"{_SETUP}`{fixes.register(hub, principal)}`"
    if isinstance(facts.administrators, Unseen):
        if probed(facts) is Denial.NOT_DELEGATED:
            seen = f"account {hub} does not administer {principal}: AWS denies it a contact"
            return failed(seen, fix=fix)
        if probe_succeeded(facts):
            return passed("the hub can read a contact, which needs it")
        return unknown(facts.administrators)
    found = facts.administrators.value
    if hub in found:
        return passed(f"account {hub} administers {principal}")
    if found:
        return failed(
            f"account {', '.join(found)} administers {principal}, not the hub {hub}",
            fix=f'in organization.yaml set hub: "{found[0]}", or in the management account '
            f"`{fixes.deregister(found[0], principal)}` and then `{fixes.register(hub, principal)}`",
        )
    return failed(f"nobody administers {principal}", fix=fix)


def probe(facts: Facts) -> Finding:
    """The cheapest call that needs everything above: the hub reads its own contact by its account id."""
    if isinstance(facts.probe, Unseen):
        return unknown(facts.probe)
    if probe_succeeded(facts):
        return passed("the hub may read contacts by account id")
    denial, code = probed(facts), facts.probe.value.code
    match denial:
        case None:
            seen = f"the Account API answered {code}"
            return unknown(Unseen(why=seen, fix="run the command again in a minute"))
        case Denial.POLICY:
            seen = "the policies of these credentials do not allow it"
            return unknown(Unseen(why=seen, fix=FOR_A_PERSON[Denial.POLICY]))
        case Denial.SERVICE_CONTROL_POLICY if isinstance(facts.policies, Seen):
            # The check of these policies says whether they stop the role of the function, too.
            seen = "a service control policy denies it to these credentials"
            return unknown(Unseen(why=seen, fix=FOR_A_PERSON[denial]))
    return failed(f"AWS denies it ({denial})", fix=FIXES[denial].replace("HUB", facts.settings.hub))


def stack_sets_access(facts: Facts) -> Finding:
    """StackSets' own switch."""
    if isinstance(facts.trusted, Unseen):
        return unknown(facts.trusted)
    if fixes.STACK_SETS in facts.trusted.value:
        return passed("StackSets have access to the organization")
    return failed(
        "StackSets have no access to the organization", fix=f"{_SETUP}`{fixes.ACTIVATE_STACK_SETS}`"
    )


def stack_sets_delegation(facts: Facts) -> Finding:
    """The hub deploys into members."""
    hub = facts.settings.hub
    if isinstance(facts.stack_set_administrators, Unseen):
        return unknown(facts.stack_set_administrators)
    if hub in facts.stack_set_administrators.value:
        return passed(f"account {hub} administers StackSets")
    return failed(
        f"account {hub} does not administer StackSets",
        fix=f"{_SETUP}`{fixes.register(hub, fixes.STACK_SETS)}`",
    )
