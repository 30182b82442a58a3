"""The organization: the right partition, the right IDs, all features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall.adapters.errors import Denial
from rollcall_cli.doctor.facts import Seen, Unseen
from rollcall_cli.doctor.model import CheckFinding, report_failure, report_pass, report_unknown
from rollcall_cli.doctor.reading import EITHER
from rollcall_cli.text import fixes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall_cli.doctor.facts import Facts
    from rollcall_cli.doctor.reading import FactReader


def read_organization(reader: FactReader) -> Seen[Mapping[str, str]] | Unseen:
    """Read IDs and feature set, which AWS shows to every member."""
    return reader.read(
        "the organization",
        EITHER,
        lambda login: login.client("organizations").describe_organization()["Organization"],
    )


def check_region(facts: Facts) -> CheckFinding:
    """Check the partition: the Account API is in one Region of each."""
    settings = facts.settings
    for position, partition in facts.credentials.items():
        if partition != settings.partition:
            return report_failure(
                f"the credentials of the {position} account belong to the partition {partition}, the Region "
                f"{settings.region} to {settings.partition}",
                fix="set region in organization.yaml: us-east-1 in aws, cn-northwest-1 in aws-cn, "
                "us-gov-west-1 in aws-us-gov",
            )
    return report_pass(f"{settings.region} in the partition {settings.partition}")


def check_identity(facts: Facts) -> CheckFinding:
    """Check that the IDs in organization.yaml are those that AWS reports."""
    if isinstance(facts.organization, Unseen):
        return report_unknown(facts.organization)
    found, settings = facts.organization.value, facts.settings
    if found["Id"] != settings.organization:
        return report_failure(
            f"the organization is {found['Id']}, organization.yaml has {settings.organization}",
            fix=f"in organization.yaml set organization: {found['Id']}, then deploy again",
        )
    if found["MasterAccountId"] != settings.management or facts.probe_denial is Denial.MANAGEMENT_ACCOUNT:
        account = found["MasterAccountId"]
        return report_failure(
            f"the management account is {account}, organization.yaml has {settings.management}",
            fix=f'in organization.yaml set management: "{account}", then deploy again',
        )
    return report_pass(f"{found['Id']}, management account {settings.management}")


def check_features(facts: Facts) -> CheckFinding:
    """Check that all features are on: trusted access needs them."""
    if isinstance(facts.organization, Unseen):
        return report_unknown(facts.organization)
    found = facts.organization.value["FeatureSet"]
    if found == "ALL":
        return report_pass("the feature set is ALL")
    return report_failure(
        f"the feature set is {found}",
        fix=f"`{fixes.ENABLE_ALL_FEATURES}` in the management account; every invited account then accepts",
    )
