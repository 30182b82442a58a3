"""A trail must log write management events, or EventBridge hears of no change at all.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rollcall_cli.doctor.facts import Trail, Unseen
from rollcall_cli.doctor.model import Finding, Result, failed, passed, unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rollcall_cli.doctor.facts import Facts

_CREATE: Final = (
    "in the management account `aws cloudtrail create-trail --name organization --is-organization-trail "
    "--is-multi-region-trail --s3-bucket-name BUCKET`, then `aws cloudtrail start-logging "
    "--name organization`"
)
#: The change that Rollcall must hear of, in the fields of advanced selectors.
_CHANGE: Final = {
    "eventCategory": "Management",
    "readOnly": "false",
    "eventSource": "account.amazonaws.com",
    "eventName": "PutAlternateContact",
    "eventType": "AwsApiCall",
}
_COMPARISONS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "Equals": str.__eq__,
    "StartsWith": str.startswith,
    "EndsWith": str.endswith,
}


def trail(facts: Facts) -> Finding:
    """An organization trail is enough for every account; a trail of one account says nothing of others."""
    local: list[str] = []
    faults: list[Finding] = []
    shared: list[
        Finding
    ] = []  # faults of trails of the organization: one account may see what another cannot
    unseen = [found for found in facts.trails.values() if isinstance(found, Unseen)]
    for account, found in facts.trails.items():
        if isinstance(found, Unseen):
            continue
        for candidate in sorted(found.value, key=lambda item: not item.of_organization):
            fault = _fault(candidate, facts.settings.region)
            if fault is None and candidate.of_organization:
                return passed(f"{candidate.arn} logs write events of the whole organization")
            if fault is None:
                local.append(candidate.arn)
                break
            (shared if candidate.of_organization else faults).append(fault)
        else:
            if not found.value:
                faults.append(failed(f"account {account} has no trail", fix=_CREATE))
    if shared:
        return min(shared, key=lambda fault: fault.result is not Result.FAIL)
    if faults and not local:
        return faults[0]
    if local:
        seen = f"{', '.join(local)} logs one account only; nobody knows about the others"
        return unknown(Unseen(why=seen, fix=f"log the organization: {_CREATE}; or look in each account"))
    return unknown(unseen[0])


def _fault(found: Trail, region: str) -> Finding | None:
    if not found.covers_region:
        return failed(
            f"{found.arn} does not log the Region {region}",
            fix=f"`aws cloudtrail update-trail --name {found.arn} --is-multi-region-trail`",
        )
    if not found.logging:
        return failed(
            f"{found.arn} does not log now", fix=f"`aws cloudtrail start-logging --name {found.arn}`"
        )
    if found.basic is None or found.advanced is None:
        return unknown(
            Unseen(
                why=f"AWS does not show these credentials what {found.arn} logs",
                fix="look with credentials of the management account: --other-profile NAME",
            )
        )
    if not (any(map(_basic, found.basic)) or any(map(_advanced, found.advanced))):
        return failed(
            f"{found.arn} does not log write management events",
            fix=f"`aws cloudtrail put-event-selectors --trail-name {found.arn} --event-selectors "
            """'[{"ReadWriteType":"WriteOnly","IncludeManagementEvents":true}]'`, """
            "which replaces the selectors that it has",
        )
    return None


def _basic(selector: Mapping[str, Any]) -> bool:
    return bool(selector.get("IncludeManagementEvents", True)) and selector.get("ReadWriteType", "All") in {
        "All",
        "WriteOnly",
    }


def _advanced(selector: Mapping[str, Any]) -> bool:
    """Fields are combined by AND, values of an operator by OR, negated ones by NOR."""
    return all(map(_field, selector.get("FieldSelectors", ())))


def _field(condition: Mapping[str, Any]) -> bool:
    value = _CHANGE.get(condition["Field"])
    if value is None:  # a field of data events
        return False
    for operator, compare in _COMPARISONS.items():
        wanted: Sequence[str] = condition.get(operator) or ()
        if wanted and not any(compare(value, entry) for entry in wanted):
            return False
        unwanted: Sequence[str] = condition.get(f"Not{operator}") or ()
        if any(compare(value, entry) for entry in unwanted):
            return False
    return True
