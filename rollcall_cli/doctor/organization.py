"""The organization: is it the right one, with all features, in the right partition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall.adapters.errors import Denial
from rollcall_cli.doctor.facts import Unseen
from rollcall_cli.doctor.model import Finding, failed, passed, unknown
from rollcall_cli.doctor.refusals import probed
from rollcall_cli.text import fixes

if TYPE_CHECKING:
    from rollcall_cli.doctor.facts import Facts


def region(facts: Facts) -> Finding:
    """The Account API is in one Region of each partition; the settings know no other."""
    settings = facts.settings
    for position, partition in facts.credentials.items():
        if partition != settings.partition:
            return failed(
                f"the credentials of the {position} account are of the partition {partition}, the Region "
                f"{settings.region} of {settings.partition}",
                fix="set region in organization.yaml: us-east-1 in aws, cn-northwest-1 in aws-cn, "
                "us-gov-west-1 in aws-us-gov",
            )
    return passed(f"{settings.region} in the partition {settings.partition}")


def identity(facts: Facts) -> Finding:
    """The ids of organization.yaml are AWS's."""
    if isinstance(facts.organization, Unseen):
        return unknown(facts.organization)
    found, settings = facts.organization.value, facts.settings
    if found["Id"] != settings.organization:
        return failed(
            f"the organization is {found['Id']}, organization.yaml says {settings.organization}",
            fix=f"in organization.yaml set organization: {found['Id']}, then deploy again",
        )
    if found["MasterAccountId"] != settings.management or probed(facts) is Denial.MANAGEMENT_ACCOUNT:
        account = found["MasterAccountId"]
        return failed(
            f"the management account is {account}, organization.yaml says {settings.management}",
            fix=f'in organization.yaml set management: "{account}", then deploy again',
        )
    return passed(f"{found['Id']}, management account {settings.management}")


def features(facts: Facts) -> Finding:
    """Trusted access needs all features."""
    if isinstance(facts.organization, Unseen):
        return unknown(facts.organization)
    found = facts.organization.value["FeatureSet"]
    if found == "ALL":
        return passed("the feature set is ALL")
    return failed(
        f"the feature set is {found}",
        fix=f"`{fixes.ENABLE_ALL_FEATURES}` in the management account; every invited account then accepts",
    )
