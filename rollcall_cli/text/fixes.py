"""Commands that fix a prerequisite, as a person runs them."""

from __future__ import annotations

from typing import Final

#: The service principal of AWS Account Management.
ACCOUNTS: Final = "account.amazonaws.com"
#: StackSets, as members of an organization use it; not the principal of Account Management's registration.
STACK_SETS: Final = "member.org.stacksets.cloudformation.amazonaws.com"
SCP: Final = "SERVICE_CONTROL_POLICY"

_STAGES: Final = {"RollcallHub": "", "RollcallManagement": " 'Management/*'"}

ENABLE_ALL_FEATURES: Final = "aws organizations enable-all-features"
ACTIVATE_STACK_SETS: Final = "aws cloudformation activate-organizations-access"
DEACTIVATE_STACK_SETS: Final = "aws cloudformation deactivate-organizations-access"


def enable_access(principal: str) -> str:
    """Return the command that gives a service trusted access."""
    return f"aws organizations enable-aws-service-access --service-principal {principal}"


def disable_access(principal: str) -> str:
    """Return the command that undoes `enable_access`."""
    return f"aws organizations disable-aws-service-access --service-principal {principal}"


def register(account: str, principal: str) -> str:
    """Return the command that makes an account the delegated administrator of a service."""
    return (
        "aws organizations register-delegated-administrator "
        f"--account-id {account} --service-principal {principal}"
    )


def deregister(account: str, principal: str) -> str:
    """Return the command that undoes `register`."""
    return (
        "aws organizations deregister-delegated-administrator "
        f"--account-id {account} --service-principal {principal}"
    )


def enable_policies(root_id: str) -> str:
    """Return the command that enables service control policies."""
    return f"aws organizations enable-policy-type --root-id {root_id} --policy-type {SCP}"


def deploy(stack: str) -> str:
    """Return the command that deploys a stack with the pinned CDK; the hub needs no name."""
    return f"node_modules/.bin/cdk deploy{_STAGES[stack]}"


def restore(stack: str) -> str:
    """Return how to bring back a part that is missing or was changed, command and words.

    A plain deployment of the template that is deployed changes nothing:
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html.
    """
    return f"`{deploy(stack)}`, with `--revert-drift` if the stack is deployed already"


def destroy(stack: str) -> str:
    """Return the command that removes a stack."""
    return f"node_modules/.bin/cdk destroy {stack}"
