"""A trail must log write management events: without one, EventBridge gets no events of changes.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from rollcall_cli.doctor.facts import Seen, Trail, Unseen
from rollcall_cli.doctor.model import CheckFinding, CheckResult, report_failure, report_pass, report_unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rollcall_cli.aws.composition import Login, Position
    from rollcall_cli.doctor.facts import Facts
    from rollcall_cli.doctor.reading import FactReader

_CREATE: Final = (
    "in the management account `aws cloudtrail create-trail --name organization --is-organization-trail "
    "--is-multi-region-trail --s3-bucket-name BUCKET`, then `aws cloudtrail start-logging "
    "--name organization`"
)
#: The change that Rollcall must get an event of, in the fields of advanced selectors.
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


def read_trails(reader: FactReader) -> Mapping[str, Seen[Sequence[Trail]] | Unseen]:
    """Read the trails that each account with a login sees, by account ID."""

    def look(login: Login) -> Sequence[Trail]:
        return list_trails(login.client("cloudtrail"), region=reader.settings.region)

    def read_of(position: Position) -> Seen[Sequence[Trail]] | Unseen:
        return reader.read("trails", (position,), look)

    return {login.identity.account: read_of(position) for position, login in reader.logins.items()}


def list_trails(client: Any, *, region: str) -> Sequence[Trail]:
    """Read the trails that the client's account sees."""
    found = client.describe_trails(includeShadowTrails=True)["trailList"]
    return [_parse_trail(client, item, region=region) for item in found]


def check_account(account: str, trails: Sequence[Trail], region: str) -> CheckFinding | None:
    """Return why no trail logs write events of one account, None if one may."""
    errors = [find_trail_error(trail, region) for trail in trails]
    if not errors:
        return report_failure(f"account {account} has no trail", fix=_CREATE)
    return None if None in errors else errors[0]


def check_trail(facts: Facts) -> CheckFinding:
    """Check for an organization trail. A trail of one account proves nothing about the others."""
    local: list[str] = []
    errors: list[CheckFinding] = []
    # Of trails of the organization: one account can see what another cannot.
    shared: list[CheckFinding] = []
    unseen = [found for found in facts.trails.values() if isinstance(found, Unseen)]
    for account, found in facts.trails.items():
        if isinstance(found, Unseen):
            continue
        for candidate in sorted(found.value, key=lambda item: not item.of_organization):
            error = find_trail_error(candidate, facts.settings.region)
            if error is None and candidate.of_organization:
                return report_pass(f"{candidate.arn} logs write events of the whole organization")
            if error is None:
                local.append(candidate.arn)
                break
            (shared if candidate.of_organization else errors).append(error)
        else:
            if not found.value:
                errors.append(report_failure(f"account {account} has no trail", fix=_CREATE))
    if shared:
        return min(shared, key=lambda error: error.result is not CheckResult.FAIL)
    if errors and not local:
        return errors[0]
    if local:
        seen = f"{', '.join(local)} logs one account only; the others are not known"
        return report_unknown(
            Unseen(reason=seen, fix=f"log the whole organization: {_CREATE}; or check in each account")
        )
    return report_unknown(unseen[0])


def find_trail_error(found: Trail, region: str) -> CheckFinding | None:
    """Return why a trail does not log write events of this Region, or may not; None if it does."""
    if not found.covers_region:
        return report_failure(
            f"{found.arn} does not log the Region {region}",
            fix=f"`aws cloudtrail update-trail --name {found.arn} --is-multi-region-trail`",
        )
    if not found.logging:
        return report_failure(
            f"{found.arn} is not logging", fix=f"`aws cloudtrail start-logging --name {found.arn}`"
        )
    if found.basic is None or found.advanced is None:
        return report_unknown(
            Unseen(
                reason=f"AWS does not show these credentials the event selectors of {found.arn}",
                fix="add credentials of the management account: --other-profile NAME",
            )
        )
    if not (any(map(_logs_writes, found.basic)) or any(map(_matches_change, found.advanced))):
        return report_failure(
            f"{found.arn} does not log write management events",
            fix=f"`aws cloudtrail put-event-selectors --trail-name {found.arn} --event-selectors "
            """'[{"ReadWriteType":"WriteOnly","IncludeManagementEvents":true}]'`, """
            "which replaces its selectors",
        )
    return None


def _logs_writes(selector: Mapping[str, Any]) -> bool:
    return bool(selector.get("IncludeManagementEvents", True)) and selector.get("ReadWriteType", "All") in {
        "All",
        "WriteOnly",
    }


def _matches_change(selector: Mapping[str, Any]) -> bool:
    """Return whether the selector logs the change: fields are joined by AND, values by OR, negated by NOR."""
    return all(map(_matches_field, selector.get("FieldSelectors", ())))


def _matches_field(condition: Mapping[str, Any]) -> bool:
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


def _parse_trail(client: Any, found: Mapping[str, Any], *, region: str) -> Trail:
    arn = found["TrailARN"]
    selectors = _read_selectors(client, arn)
    return Trail(
        arn=arn,
        logging=bool(client.get_trail_status(Name=arn).get("IsLogging")),
        covers_region=bool(found.get("IsMultiRegionTrail")) or found.get("HomeRegion") == region,
        of_organization=bool(found.get("IsOrganizationTrail")),
        basic=None if selectors is None else selectors.get("EventSelectors") or [],
        advanced=None if selectors is None else selectors.get("AdvancedEventSelectors") or [],
    )


def _read_selectors(client: Any, arn: str) -> Mapping[str, Any] | None:
    try:
        answer: Mapping[str, Any] = client.get_event_selectors(TrailName=arn)
    except ClientError:  # AWS shows members the organization's trail, but not always its selectors
        return None
    return answer
