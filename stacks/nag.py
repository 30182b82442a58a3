"""Accepted findings of cdk-nag, each with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from aws_cdk import Acknowledgment, Validations

if TYPE_CHECKING:
    from constructs import IConstruct

Pack = Literal["AwsSolutions", "Serverless"]


def accept(construct: IConstruct, *, pack: Pack, rule: str, reason: str) -> None:
    """Accept `rule` of `pack` on `construct` and below, e.g. `IAM5[Resource::*]` of AwsSolutions."""
    Validations.of(construct).acknowledge(Acknowledgment(id=f"{pack}::{pack}-{rule}", reason=reason))


def shown(value: Any) -> str:
    """A resolved ARN as findings write it: references in angle brackets."""
    match value:
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(shown(part) for part in parts)
    return str(value)
