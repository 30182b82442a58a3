"""Types that only have to be there: nothing on this machine depends on what they do."""

import uuid
from collections.abc import Callable

from localcloud.cloudformation.resource import Made
from localcloud.cloudformation.rows import Context, Row


def _recorded(prefix: str, attribute: str) -> Callable[[Context], Made]:
    def apply(c: Context) -> Made:
        physical_id = c.made.id if c.made else f"{prefix}-{uuid.uuid4().hex[:17]}"
        return Made(id=physical_id, attributes={attribute: physical_id} | c.pick("VpcId"))

    return apply


def _handle(c: Context) -> Made:
    """Ref gives an address to send signals to; nobody here waits for one."""
    return c.made or Made(
        id=f"https://cloudformation-waitcondition-{c.region}.s3.amazonaws.com/{uuid.uuid4()}"
    )


def _forget(_: Context) -> None:
    """There is nothing to delete."""


ROWS = {
    "AWS::CloudFormation::WaitConditionHandle": Row(apply=_handle, delete=_forget),
    "AWS::EC2::SecurityGroup": Row(
        apply=_recorded("sg", "GroupId"),
        delete=_forget,
        fixed=frozenset({"GroupDescription", "GroupName", "VpcId"}),
        mutable={"SecurityGroupEgress": [], "SecurityGroupIngress": []},
    ),
    "AWS::EC2::VPCEndpoint": Row(
        apply=_recorded("vpce", "Id"),
        delete=_forget,
        fixed=frozenset({"ServiceName", "VpcEndpointType", "VpcId"}),
        mutable={"PolicyDocument": {}, "PrivateDnsEnabled": False, "SecurityGroupIds": [], "SubnetIds": []},
    ),
}
