"""CloudTrail's trails, as far as `rollcall doctor` and docs/deploying.md use them.

Sources: CloudTrail user guide, "Creating a trail for an organization with the AWS CLI"; API reference of
DescribeTrails (shadow trails) and GetEventSelectors; EventBridge user guide, "Events delivered via
CloudTrail": there are none in an account whose write management events no trail logs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.cloudtrail.models import CloudTrailBackend, Trail, cloudtrail_backends
from moto.core.exceptions import ServiceException

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from localcloud.cloud.clients import AccountClients
    from localcloud.cloud.interface import Cloud

_PRINCIPAL = "cloudtrail.amazonaws.com"
# What a trail has until somebody says otherwise.
_ALL_MANAGEMENT_EVENTS = {
    "ReadWriteType": "All",
    "IncludeManagementEvents": True,
    "DataResources": [],
    "ExcludeManagementEventSources": [],
}


class NotOrganizationMasterAccountException(ServiceException):
    """Only the management account makes trails of the organization."""

    code = "NotOrganizationMasterAccountException"


class CloudTrailAccessNotEnabledException(ServiceException):
    """Trusted access for CloudTrail is off."""

    code = "CloudTrailAccessNotEnabledException"


def log_organization(clients: AccountClients, management: str) -> None:
    """Create an organization trail, as most organizations have one before they deploy Rollcall."""
    bucket = f"organization-trail-{management}"
    organizations, trails = (
        clients.client("organizations", management),
        clients.client("cloudtrail", management),
    )
    organizations.enable_aws_service_access(ServicePrincipal=_PRINCIPAL)
    clients.client("s3", management).create_bucket(Bucket=bucket)
    trails.create_trail(
        Name="organization", S3BucketName=bucket, IsOrganizationTrail=True, IsMultiRegionTrail=True
    )
    trails.start_logging(Name="organization")


def is_logged(account: str, region: str, management: str) -> bool:
    """Whether a trail logs write management events of the account: its own, or the organization's."""
    trails = [
        trail
        for owner in {account, management}
        for backend in cloudtrail_backends[owner].values()
        for trail in backend.trails.values()
        if owner == account or trail.is_org_trail
    ]
    return any(
        trail.status.is_logging
        and (trail.is_multi_region or trail.region_name == region)
        and _logs_writes(*trail.get_event_selectors())
        for trail in trails
    )


def _logs_writes(basic: Sequence[Mapping[str, Any]], advanced: Sequence[object]) -> bool:
    """Whether the selectors of a trail let write events in; advanced ones are taken to do so."""
    return bool(advanced) or any(
        one.get("IncludeManagementEvents", True) and one.get("ReadWriteType", "All") != "ReadOnly"
        for one in basic
    )


def install(cloud: Cloud) -> None:
    """Show organization trails in members, require trusted access for them, and add default selectors."""
    organization = cloud.simulation.organization
    plain_create, plain_describe = CloudTrailBackend.create_trail, CloudTrailBackend.describe_trails
    plain_selectors = Trail.get_event_selectors

    def create_trail(self: Any, name: str, *args: Any, **options: Any) -> Trail:
        trail = plain_create(self, name, *args, **options)
        if trail.is_org_trail:
            refusal: ServiceException | None = None
            if self.account_id != organization.management:
                refusal = NotOrganizationMasterAccountException("Only the management account can do that.")
            elif not organization.has_trusted_access(_PRINCIPAL):
                refusal = CloudTrailAccessNotEnabledException(f"Trusted access is off for {_PRINCIPAL}.")
            if refusal:
                del self.trails[name]
                raise refusal
        return trail

    def describe_trails(self: Any, include_shadow_trails: bool) -> list[Trail]:
        found = list(plain_describe(self, include_shadow_trails))
        others = self.account_id in organization.accounts and self.account_id != organization.management
        if include_shadow_trails and others:
            managed = cloudtrail_backends[organization.management][self.region_name]
            found += [trail for trail in plain_describe(managed, include_shadow_trails) if trail.is_org_trail]
        return found

    def get_event_selectors(self: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        basic, advanced = plain_selectors(self)
        return (basic or ([] if advanced else [_ALL_MANAGEMENT_EVENTS])), advanced

    cloud.patch(CloudTrailBackend, "create_trail", create_trail)
    cloud.patch(CloudTrailBackend, "describe_trails", describe_trails)
    cloud.patch(Trail, "get_event_selectors", get_event_selectors)
