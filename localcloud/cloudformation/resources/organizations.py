"""AWS::Organizations::Policy: a policy and what it is attached to."""

from localcloud.cloudformation.resource import MadeResource
from localcloud.cloudformation.rows import REQUIRED, ResourceContext, ResourceType


def _apply_policy(c: ResourceContext) -> MadeResource:
    settings = c.pick("Name", "Description", "Content")
    if c.made:
        made = c.made
        c.call("organizations", "update_policy", PolicyId=made.id, **settings)
    else:
        # The API wants a description, the resource type does not.
        wanted = {"Description": "", **settings, **c.pick("Type")}
        summary = c.call("organizations", "create_policy", **wanted)["Policy"]["PolicySummary"]
        made = MadeResource(
            id=summary["Id"], attributes={key: summary[key] for key in ("Id", "Arn", "AwsManaged")}
        )
        c.begun.append(made.id)
    before, after = set(c.previous.get("TargetIds", [])), set(c.properties.get("TargetIds", []))
    for target in sorted(before - after):
        c.call("organizations", "detach_policy", PolicyId=made.id, TargetId=target)
    for target in sorted(after - before):
        c.call("organizations", "attach_policy", PolicyId=made.id, TargetId=target)
    return made


def _delete(c: ResourceContext) -> None:
    for target in c.call("organizations", "list_targets_for_policy", PolicyId=c.get_name())["Targets"]:
        c.call("organizations", "detach_policy", PolicyId=c.get_name(), TargetId=target["TargetId"])
    c.call("organizations", "delete_policy", PolicyId=c.get_name())


ROWS = {
    "AWS::Organizations::Policy": ResourceType(
        apply=_apply_policy,
        delete=_delete,
        fixed=frozenset({"Type"}),
        mutable={"Name": REQUIRED, "Content": REQUIRED, "Description": "", "TargetIds": []},
    ),
}
