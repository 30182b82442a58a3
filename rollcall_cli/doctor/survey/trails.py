"""Trails: without one EventBridge hears nothing of CloudTrail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from rollcall_cli.doctor.facts import Seen, Trail, Unseen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollcall_cli.aws.caller import Position
    from rollcall_cli.aws.composition import Login
    from rollcall_cli.doctor.survey.access import Access


def trails(access: Access) -> Mapping[str, Seen[Sequence[Trail]] | Unseen]:
    """The trails that each account sees for which there are credentials, by account id."""

    def look(login: Login) -> Sequence[Trail]:
        client = login.client("cloudtrail")
        found = client.describe_trails(includeShadowTrails=True)["trailList"]
        return [_trail(client, trail, region=access.settings.region) for trail in found]

    def of(position: Position) -> Seen[Sequence[Trail]] | Unseen:
        return access.read("trails", (position,), look)

    return {login.identity.account: of(position) for position, login in access.logins.items()}


def _trail(client: Any, found: Mapping[str, Any], *, region: str) -> Trail:
    arn = found["TrailARN"]
    selectors = _selectors(client, arn)
    return Trail(
        arn=arn,
        logging=bool(client.get_trail_status(Name=arn).get("IsLogging")),
        covers_region=bool(found.get("IsMultiRegionTrail")) or found.get("HomeRegion") == region,
        of_organization=bool(found.get("IsOrganizationTrail")),
        basic=None if selectors is None else selectors.get("EventSelectors") or [],
        advanced=None if selectors is None else selectors.get("AdvancedEventSelectors") or [],
    )


def _selectors(client: Any, arn: str) -> Mapping[str, Any] | None:
    try:
        answer: Mapping[str, Any] = client.get_event_selectors(TrailName=arn)
    except ClientError:  # AWS shows members the organization's trail, but not always its selectors
        return None
    return answer
