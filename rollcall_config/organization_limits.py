"""AWS's limits on what the stacks make of `organization.yaml`: refused at the entry that is too much."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from rollcall_config.organization_values import PARTITIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rollcall_config.document import ConfigProblem, Document, Route

#: https://docs.aws.amazon.com/lambda/latest/api/API_VpcConfig.html
MOST_SUBNETS: Final = 16
MOST_SECURITY_GROUPS: Final = 5
_COLONS_BEFORE_ACCOUNT: Final = 4
#: Characters, without white space: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
LONGEST_TRUST: Final = 2048
LONGEST_INLINE: Final = 10_240
#: What the writer's role has beside the OUs, of which each stands in the statements on puts and on deletes.
WRITER_POLICY: Final = 6_500
#: Of 1,024 characters of an alarm's description: the rest is its own text and the anchor.
#: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
LONGEST_RUNBOOK: Final = 700


def find_excess(document: Document) -> list[ConfigProblem]:
    """Return the problems of lists and texts that are too long for AWS; `document` holds a mapping.

    Whether two subnets are in one Availability Zone, which an endpoint does not take, only AWS knows.
    """
    data = document.data
    return [
        *_check_counts(document, data),
        *_check_people(document, data),
        *_check_places(document, data),
        *_check_runbook(document, data),
    ]


def list_trusted(people: Sequence[str], *, home: str) -> list[str]:
    """Return the accounts that a role for `people` (patterns of ARNs) trusts; without any, `home`."""
    return sorted({arn.split(":")[4] for arn in people}) or [home]


def build_trust_conditions(
    people: Sequence[str], *, organization: str, proven: Mapping[str, str] | None
) -> dict[str, Any]:
    """Return on what a role for people can be assumed, by condition operator.

    With `proven` (values by condition key) only by an IAM user with a second factor, under the user's name.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
    """
    conditions: dict[str, Any] = {"StringEquals": {"aws:PrincipalOrgID": organization}}
    if proven is not None:
        conditions["StringEquals"] |= {"sts:RoleSessionName": "${aws:username}", **proven}
        conditions["Bool"] = {"aws:MultiFactorAuthPresent": "true"}
    if people:
        conditions["ArnLike"] = {"aws:PrincipalArn": list(people)}
    return conditions


def build_trust(
    people: Sequence[str], *, home: str, organization: str, partition: str, proven: Mapping[str, str] | None
) -> dict[str, Any]:
    """Return the trust policy that the CDK makes of `list_trusted` and `build_trust_conditions`."""
    principals = [f"arn:{partition}:iam::{account}:root" for account in list_trusted(people, home=home)]
    statement = {
        "Action": "sts:AssumeRole",
        "Condition": build_trust_conditions(people, organization=organization, proven=proven),
        "Effect": "Allow",
        "Principal": {"AWS": principals if len(principals) > 1 else principals[0]},
    }
    return {"Statement": [statement], "Version": "2012-10-17"}


def measure(document: Any) -> int:
    """Return how many characters of a policy IAM counts."""
    return len(json.dumps(document, separators=(",", ":")))


def _check_counts(document: Document, data: Mapping[str, Any]) -> Iterator[ConfigProblem]:
    for key, most, what in (
        ("subnets", MOST_SUBNETS, "subnets"),
        ("security_groups", MOST_SECURITY_GROUPS, "security groups"),
    ):
        route: Route = ("private_link", key)
        if len(_list(data, route)) > most:
            yield document.make_problem((*route, most), f"is one too many: a function takes {most} {what}")


def _check_people(document: Document, data: Mapping[str, Any]) -> Iterator[ConfigProblem]:
    region = str(data.get("region", "us-east-1"))
    # Of the two roles of operators the one with more conditions.
    for key, proven in (("operators", {"aws:RequestedRegion": region}), ("readers", None)):
        people = [
            one
            for one in _list(data, (key,))
            if isinstance(one, str) and one.count(":") > _COLONS_BEFORE_ACCOUNT
        ]
        for count in range(1, len(people) + 1):
            trust = build_trust(
                people[:count],
                home=str(data.get("hub")),
                organization=str(data.get("organization")),
                partition=PARTITIONS.get(region, "aws"),
                proven=proven,
            )
            if measure(trust) > LONGEST_TRUST:
                yield document.make_problem(
                    (key, count - 1),
                    f"is one too many: with it the role's trust policy has {measure(trust)} characters, of"
                    f" {LONGEST_TRUST}; use wildcards or fewer accounts",
                )
                break


def _check_places(document: Document, data: Mapping[str, Any]) -> Iterator[ConfigProblem]:
    length = WRITER_POLICY
    for index, path in enumerate(_list(data, ("limit_to_ous",))):
        length += 2 * len(f'"{path}",')
        if length > LONGEST_INLINE:
            yield document.make_problem(
                ("limit_to_ous", index),
                f"is one too many: the policies of a role have at most {LONGEST_INLINE} characters; name OUs"
                " further up",
            )
            return


def _check_runbook(document: Document, data: Mapping[str, Any]) -> Iterator[ConfigProblem]:
    channels = data.get("channels")
    runbook = channels.get("runbook") if isinstance(channels, dict) else None
    if isinstance(runbook, str) and len(runbook) > LONGEST_RUNBOOK:
        yield document.make_problem(
            ("channels", "runbook"),
            f"has {len(runbook)} characters; descriptions of alarms have room for {LONGEST_RUNBOOK}",
        )


def _list(data: Any, route: Route) -> list[Any]:
    for step in route:
        data = data.get(step) if isinstance(data, dict) else None
    return data if isinstance(data, list) else []
