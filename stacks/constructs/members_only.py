"""A condition that creates the resources of a template in no excluded account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aws_cdk import Aws, CfnCondition, CfnResource, CfnWaitConditionHandle, Fn
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import ICfnRuleConditionExpression

# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html
_MOST_OF_AN_OR: Final = 10


class MembersOnly(Construct):
    """Creates the resources that are below `scope` by now only in accounts not in `excluded` (at least one).

    Automatic deployment of StackSets ignores account filters: the instance of an excluded account has to
    exist, and a stack has to have one resource. A handle costs nothing and does nothing.
    """

    def __init__(self, scope: Construct, id_: str, *, excluded: Sequence[str]) -> None:
        others = scope.node.find_all()
        super().__init__(scope, id_)
        condition = CfnCondition(
            self, "Condition", expression=Fn.condition_not(_any([_is(account) for account in excluded]))
        )
        condition.override_logical_id("Member")
        handle = CfnWaitConditionHandle(self, "Handle")
        handle.override_logical_id("AlwaysThere")
        for node in others:
            if isinstance(node, CfnResource):
                node.cfn_options.condition = condition


def _is(account: str) -> ICfnRuleConditionExpression:
    return Fn.condition_equals(Aws.ACCOUNT_ID, account)


def _any(conditions: Sequence[Any]) -> Any:
    """Return a condition that is true if one of these is. Fn::Or takes 2 to 10 conditions: it nests them."""
    while len(conditions) > 1:
        groups = [
            conditions[start : start + _MOST_OF_AN_OR] for start in range(0, len(conditions), _MOST_OF_AN_OR)
        ]
        conditions = [Fn.condition_or(*group) if len(group) > 1 else group[0] for group in groups]
    return conditions[0]
