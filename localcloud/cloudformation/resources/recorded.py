"""Resource types that are recorded and have no effect here."""

import uuid
from collections.abc import Callable

from localcloud.cloudformation.resource import MadeResource
from localcloud.cloudformation.rows import ResourceContext, ResourceType


def _make_recorded_row(prefix: str, attribute: str) -> Callable[[ResourceContext], MadeResource]:
    def apply(c: ResourceContext) -> MadeResource:
        physical_id = c.made.id if c.made else f"{prefix}-{uuid.uuid4().hex[:17]}"
        return MadeResource(id=physical_id, attributes={attribute: physical_id} | c.pick("VpcId"))

    return apply


def _apply_handle(c: ResourceContext) -> MadeResource:
    """Ref gives the URL for signals; nothing here waits for one."""
    return c.made or MadeResource(
        id=f"https://cloudformation-waitcondition-{c.region}.s3.amazonaws.com/{uuid.uuid4()}"
    )


def _forget(_: ResourceContext) -> None:
    """There is nothing to delete."""


ROWS = {
    "AWS::CloudFormation::WaitConditionHandle": ResourceType(apply=_apply_handle, delete=_forget),
    "AWS::EC2::SecurityGroup": ResourceType(
        apply=_make_recorded_row("sg", "GroupId"),
        delete=_forget,
        fixed=frozenset({"GroupDescription", "GroupName", "VpcId"}),
        mutable={"SecurityGroupEgress": [], "SecurityGroupIngress": []},
    ),
    "AWS::EC2::VPCEndpoint": ResourceType(
        apply=_make_recorded_row("vpce", "Id"),
        delete=_forget,
        fixed=frozenset({"ServiceName", "VpcEndpointType", "VpcId"}),
        mutable={"PolicyDocument": {}, "PrivateDnsEnabled": False, "SecurityGroupIds": [], "SubnetIds": []},
    ),
}
