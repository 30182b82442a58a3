"""The hub's stack and the bus that everything arrives on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall.model.well_known import INTAKE_BUS_NAME
from rollcall_cli.aws.arns import intake_bus_arn
from rollcall_cli.doctor.facts import Unseen
from rollcall_cli.doctor.model import Finding, failed, passed, unknown
from rollcall_cli.text import fixes
from rollcall_policies import Access, AccessRequest, decide

if TYPE_CHECKING:
    from rollcall_cli.doctor.facts import Facts

_DEPLOY = f"`{fixes.deploy('RollcallHub')}`"


def stack(facts: Facts) -> Finding:
    """Deployed, and the last deployment came to its end."""
    if isinstance(facts.hub, Unseen):
        return unknown(facts.hub)
    found = facts.hub.value
    if found is None:
        return failed("RollcallHub is not deployed in the hub", fix=_DEPLOY)
    if found.status not in {"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"}:
        return failed(
            f"RollcallHub is in state {found.status}",
            fix=f"{_DEPLOY}; `aws cloudformation describe-stack-events --stack-name RollcallHub` says why",
        )
    return passed(f"RollcallHub is in state {found.status}")


def intake_bus(facts: Facts) -> Finding:
    """It takes what a rule of an account of this organization forwards."""
    if isinstance(facts.bus_policy, Unseen):
        return unknown(facts.bus_policy)
    if facts.bus_policy.value is None:
        return failed(f"there is no bus {INTAKE_BUS_NAME}", fix=_DEPLOY)
    request = AccessRequest(
        action="events:PutEvents",
        resource=intake_bus_arn(facts.settings),
        principal=facts.settings.management,
        complete=False,
        context={
            "aws:PrincipalOrgID": [facts.settings.organization],
            "aws:PrincipalAccount": [facts.settings.management],
            "events:source": ["aws.account"],
            "events:eventBusInvocation": ["true"],
            "events:detail-type": ["AWS API Call via CloudTrail"],
        },
    )
    decision = decide([facts.bus_policy.value], request)
    match decision.access:
        case Access.ALLOWED:
            return passed(f"{INTAKE_BUS_NAME} takes events of accounts of {facts.settings.organization}")
        case Access.UNKNOWN:
            seen = f"the policy of {INTAKE_BUS_NAME} cannot be evaluated here: {decision.reason}"
            return unknown(Unseen(why=seen, fix=_DEPLOY))
    return failed(
        f"{INTAKE_BUS_NAME} refuses events of accounts of {facts.settings.organization}", fix=_DEPLOY
    )
