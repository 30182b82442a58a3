"""The bus that receives events from the forwarders of the organization."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.sources import CALL, CALL_SOURCES, MEMBER_SOURCES, SOURCES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class IntakeBus(Construct):
    """A custom bus that accepts events from rules in accounts of `organization_id` only.

    From every account what forwarders send; what AWS itself reports of the organization and of Control Tower
    from `management` only.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        organization_id: str,
        management: str,
    ) -> None:
        super().__init__(scope, id_)
        self.bus = events.EventBus(self, "Bus", event_bus_name=name)
        self._organization_id = organization_id
        others = [source for source in SOURCES if source not in MEMBER_SOURCES]
        self._admit("RulesOfTheOrganization", {"source": MEMBER_SOURCES})
        self._admit("CallsOfMembers", {"source": CALL_SOURCES, "detail-type": [CALL]})
        self._admit("RulesOfTheManagementAccount", {"source": others}, {"aws:PrincipalAccount": management})

    def _admit(
        self, sid: str, kept_to: Mapping[str, Sequence[str]], whose: Mapping[str, str] | None = None
    ) -> None:
        self.bus.add_to_resource_policy(
            iam.PolicyStatement(
                sid=sid,
                principals=[iam.AnyPrincipal()],
                actions=["events:PutEvents"],
                resources=[self.bus.event_bus_arn],
                conditions={
                    "StringEquals": {"aws:PrincipalOrgID": self._organization_id, **(whose or {})},
                    # True for the target of a rule, false for a direct call of PutEvents.
                    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
                    "Bool": {"events:eventBusInvocation": "true"},
                    # The service authorization reference types both keys as ArrayOfString, and AWS's own
                    # example of a bus policy reads them with ForAllValues. That operator is also true for a
                    # request without the key: hence Null.
                    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
                    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-example-policy-cross-account-custom-bus-source.html
                    "ForAllValues:StringEquals": {
                        f"events:{key}": list(values) for key, values in kept_to.items()
                    },
                    "Null": {f"events:{key}": "false" for key in kept_to},
                },
            )
        )
