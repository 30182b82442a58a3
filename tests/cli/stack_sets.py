"""CloudFormation as far as the command asks it: one stack, one StackSet, the organization's switch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from rollcall.model.well_known import STACK_SET_NAME
from rollcall_cli.text.fixes import STACK_SETS

if TYPE_CHECKING:
    from simulation.organization import SimulatedOrganization


def refused(code: str, operation: str) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return ClientError(response, operation)


@dataclass
class Deployed:
    """What is there. `hub` has outputs and alarms; `sets` are names of service-managed StackSets."""

    organization: SimulatedOrganization
    hub_account: str
    status: str = "CREATE_COMPLETE"
    outputs: dict[str, str] | None = None
    alarms: list[str] = field(default_factory=list)
    sets: set[str] = field(default_factory=set)
    instances: dict[str, dict[str, Any]] = field(default_factory=dict)

    def cover(self, account: str) -> None:
        self.instances[account] = {
            "Account": account,
            "Status": "CURRENT",
            "StackInstanceStatus": {"DetailedStatus": "SUCCEEDED"},
        }


class CloudFormation:
    """A client of one account."""

    def __init__(self, deployed: Deployed, account: str) -> None:
        self._deployed = deployed
        self._account = account

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803  # boto3's spelling
        outputs = self._deployed.outputs
        if self._account != self._deployed.hub_account or outputs is None or StackName != "RollcallHub":
            raise refused("ValidationError", "DescribeStacks")
        shown = [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]
        return {"Stacks": [{"StackStatus": self._deployed.status, "Outputs": shown}]}

    def list_stack_resources(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803, ARG002  # boto3's spelling
        return {
            "StackResourceSummaries": [
                {"ResourceType": "AWS::CloudWatch::Alarm", "PhysicalResourceId": name}
                for name in self._deployed.alarms
            ]
        }

    def describe_organizations_access(self, *, CallAs: str) -> dict[str, Any]:  # noqa: N803  # boto3's spelling
        assert CallAs == "SELF"
        on = STACK_SETS in self._deployed.organization.trusted_access
        return {"Status": "ENABLED" if on else "DISABLED"}

    def activate_organizations_access(self) -> dict[str, Any]:
        assert self._account == self._deployed.organization.management
        self._deployed.organization.trusted_access.add(STACK_SETS)
        return {}

    def list_stack_sets(self, *, CallAs: str, Status: str) -> dict[str, Any]:  # noqa: N803  # boto3's spelling
        assert (CallAs, Status) == ("SELF", "ACTIVE")
        names = sorted(self._deployed.sets)
        return {"Summaries": [{"StackSetName": name, "PermissionModel": "SERVICE_MANAGED"} for name in names]}

    def list_stack_instances(self, *, StackSetName: str, CallAs: str) -> dict[str, Any]:  # noqa: N803  # boto3's spelling
        self._authorize(CallAs)
        if StackSetName not in self._deployed.sets:
            raise refused("StackSetNotFoundException", "ListStackInstances")
        return {"Summaries": list(self._deployed.instances.values())}

    def create_stack_instances(self, **parameters: Any) -> dict[str, Any]:
        self._authorize(parameters["CallAs"])
        assert parameters["StackSetName"] == STACK_SET_NAME
        assert parameters["DeploymentTargets"]["AccountFilterType"] == "INTERSECTION"
        for account in parameters["DeploymentTargets"]["Accounts"]:
            self._deployed.cover(account)
        return {}

    def _authorize(self, call_as: str) -> None:
        organization = self._deployed.organization
        if call_as == "SELF":
            assert self._account == organization.management
        elif not organization.is_delegated(self._account, STACK_SETS):
            raise refused("ValidationError", "ListStackInstances")
