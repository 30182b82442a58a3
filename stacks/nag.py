"""Findings of cdk-nag that are accepted, each where it arises and with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from aws_cdk import Acknowledgment, Validations

if TYPE_CHECKING:
    from constructs import IConstruct

Pack = Literal["AwsSolutions", "Serverless"]


def accept(construct: IConstruct, *, pack: Pack, rule: str, reason: str) -> None:
    """Accept `rule` of `pack` on `construct` and below, e.g. `IAM5[Resource::*]` of AwsSolutions."""
    Validations.of(construct).acknowledge(Acknowledgment(id=f"{pack}::{pack}-{rule}", reason=reason))
