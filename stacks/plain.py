"""Templates that every tool can deploy: no assets, no tokens, nothing of the CDK's own."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aws_cdk import App

from stacks.forwarder import ForwarderStack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollcall_config.settings import Settings

_KEPT: Final = {"Description", "Mappings", "Conditions", "Outputs"}


def member_template(settings: Settings, *, context: Mapping[str, Any]) -> str:
    """What a StackSet runs in each member: the forwarder, but for excluded accounts and the hub.

    Synthesized by itself, so that it holds no tokens of the stack that it becomes a property of. `context`
    are the CDK's feature flags, so that it is the same template as elsewhere.
    """
    excluded = (settings.hub, *settings.members_exclude)
    with tempfile.TemporaryDirectory() as directory:
        app = App(analytics_reporting=False, outdir=directory, context=dict(context))
        stack = ForwarderStack(app, "RollcallForwarder", settings=settings, excluded=excluded)
        path = Path(app.synth().directory) / stack.template_file
        return json.dumps(plain(json.loads(path.read_text(encoding="utf-8"))), separators=(",", ":"))


def plain(template: Mapping[str, Any]) -> dict[str, Any]:
    """The template without what only the CDK's command line reads.

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
