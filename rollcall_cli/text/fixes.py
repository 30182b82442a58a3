"""AWS CLI commands that mend a prerequisite, word for word as a person runs them."""

from __future__ import annotations

from typing import Final

#: Account Management, which knows the contacts.
ACCOUNTS: Final = "account.amazonaws.com"
#: StackSets, as members of an organization use it; not the principal of Account Management's registration.
STACK_SETS: Final = "member.org.stacksets.cloudformation.amazonaws.com"
SCP: Final = "SERVICE_CONTROL_POLICY"

_STAGES: Final = {"RollcallHub": "", "RollcallManagement": " 'Management/*'"}

ENABLE_ALL_FEATURES: Final = "aws organizations enable-all-features"
ACTIVATE_STACK_SETS: Final = "aws cloudformation activate-organizations-access"
DEACTIVATE_STACK_SETS: Final = "aws cloudformation deactivate-organizations-access"


def enable_access(principal: str) -> str:
    """Let a service act in the organization."""
    return f"aws organizations enable-aws-service-access --service-principal {principal}"


def disable_access(principal: str) -> str:
    """Undo `enable_access`."""
    return f"aws organizations disable-aws-service-access --service-principal {principal}"


def register(account: str, principal: str) -> str:
    """Make an account the delegated administrator of a service."""
    return (
        "aws organizations register-delegated-administrator "
        f"--account-id {account} --service-principal {principal}"
    )


def deregister(account: str, principal: str) -> str:
    """Undo `register`."""
    return (
        "aws organizations deregister-delegated-administrator "
        f"--account-id {account} --service-principal {principal}"
    )


def enable_policies(root_id: str) -> str:
    """Let service control policies count."""
    return f"aws organizations enable-policy-type --root-id {root_id} --policy-type {SCP}"


def deploy(stack: str) -> str:
    """Deploy one of Rollcall's stacks with the CDK that the project pins: without a name it is the hub's."""
    return f"node_modules/.bin/cdk deploy{_STAGES[stack]}"


def destroy(stack: str) -> str:
    """Remove one of Rollcall's stacks."""
    return f"node_modules/.bin/cdk destroy {stack}"
