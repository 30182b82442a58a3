"""The forwarder in member accounts: its template, and the StackSet that deploys it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aws_cdk import App

from rollcall.model.well_known import STACK_SET_NAME
from stacks.constructs.member_stacks import MemberStacks
from stacks.forwarder import ForwarderStack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import CfnStackSet
    from constructs import Construct

    from rollcall_config.settings import Settings

_KEPT: Final = {"Description", "Mappings", "Conditions", "Outputs"}


def add_member_forwarders(
    scope: Construct, settings: Settings, roster: Mapping[str, Any], *, call_as: str
) -> CfnStackSet | None:
    """Add the StackSet, if the settings ask for one that is called as `call_as`; `roster` is compiled."""
    if (settings.members_deploy, settings.members_call_as) != ("stackset", call_as):
        return None
    return MemberStacks(
        scope,
        "Members",
        name=STACK_SET_NAME,
        description="Rollcall: forwards account events to the hub",
        template=make_member_template(settings, roster, context=scope.node.root.node.get_all_context()),
        call_as=call_as,
        units=settings.members_targets,
        region=settings.region,
    ).stack_set


def make_member_template(settings: Settings, roster: Mapping[str, Any], *, context: Mapping[str, Any]) -> str:
    """Return the template of the forwarder, which creates nothing in excluded accounts and in the hub.

    It is synthesized by itself, so that it holds no tokens of the stack that it becomes a property of.
    `context` has the CDK's feature flags, so that the template is the same as elsewhere.
    """
    excluded = (settings.hub, *settings.members_exclude)
    with tempfile.TemporaryDirectory() as directory:
        app = App(analytics_reporting=False, outdir=directory, context=dict(context))
        stack = ForwarderStack(app, "RollcallForwarder", settings=settings, roster=roster, excluded=excluded)
        path = Path(app.synth().directory) / stack.template_file
        template = strip_template(json.loads(path.read_text(encoding="utf-8")))
        return json.dumps(template, separators=(",", ":"))


def strip_template(template: Mapping[str, Any]) -> dict[str, Any]:
    """Return the template without what only the CDK's command line reads.

    Raises ValueError if it needs a bootstrap or assets.
    """
    if {"Parameters", "Rules"} & set(template):
        raise ValueError("the template has parameters: it needs a bootstrap, or looks something up")
    resources = {
        name: {key: value for key, value in resource.items() if key != "Metadata"}
        for name, resource in template["Resources"].items()
        if resource["Type"] != "AWS::CDK::Metadata"
    }
    kept = {key: value for key, value in template.items() if key in _KEPT}
    return {"AWSTemplateFormatVersion": "2010-09-09", **kept, "Resources": resources}
