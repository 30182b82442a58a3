"""ARNs of resources in other accounts, known before the resources exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Aws

from rollcall.model.well_known import (
    INTAKE_BUS_NAME,
    MANAGEMENT_ROLE_NAME,
    MEMBER_ROLE_NAME,
    RECONCILE_ROLE_NAME,
    REDRIVE_ROLE_NAME,
    SWEEP_MACHINE_NAME,
    SWEEP_ROLE_NAME,
)

if TYPE_CHECKING:
    from rollcall_config.settings import Settings


def get_intake_bus_arn(settings: Settings, *, hub: str | None = None) -> str:
    """Return the ARN of the hub's intake bus; `hub` is an expression for its account, if not its id."""
    return f"arn:{Aws.PARTITION}:events:{settings.region}:{hub or settings.hub}:event-bus/{INTAKE_BUS_NAME}"


def get_reconcile_role_arn(settings: Settings) -> str:
    """Return the ARN of the role that writes contacts."""
    return f"arn:{Aws.PARTITION}:iam::{settings.hub}:role/{RECONCILE_ROLE_NAME}"


def get_sweep_role_arn(settings: Settings) -> str:
    """Return the ARN of the role of the sweep, which writes no contact."""
    return f"arn:{Aws.PARTITION}:iam::{settings.hub}:role/{SWEEP_ROLE_NAME}"


def get_member_role_arn() -> str:
    """Return the ARN of the role that reads a member's contacts, with a wildcard for the account."""
    return f"arn:{Aws.PARTITION}:iam::*:role/{MEMBER_ROLE_NAME}"


def get_sweep_machine_arn(settings: Settings) -> str:
    """Return the ARN of the state machine of sweeps, which may not exist yet."""
    place = f"states:{settings.region}:{settings.hub}"
    return f"arn:{Aws.PARTITION}:{place}:stateMachine:{SWEEP_MACHINE_NAME}"


def get_redrive_role_arn(settings: Settings) -> str:
    """Return the ARN of the role that returns dead letters to their queues."""
    return f"arn:{Aws.PARTITION}:iam::{settings.hub}:role/{REDRIVE_ROLE_NAME}"


def get_management_role_arn(settings: Settings) -> str:
    """Return the ARN of the role for the management account's own contacts, whether it exists or not."""
    return f"arn:{Aws.PARTITION}:iam::{settings.management}:role/{MANAGEMENT_ROLE_NAME}"


def name_management_role(settings: Settings) -> str:
    """Return that ARN for a function's environment, `none` if the settings want no such role."""
    return get_management_role_arn(settings) if settings.management_role else "none"


def get_members_arn(settings: Settings) -> str:
    """Return the ARN of every account of this organization, and of no other, in calls that name an account.

    The account in it is the *management* account, and the `o-` prefix is part of the id
    (https://docs.aws.amazon.com/accounts/latest/reference/security_iam_service-with-iam.html).
    """
    return f"arn:{Aws.PARTITION}:account::{settings.management}:account/{settings.organization}/*"


def get_own_account_arn(account: str) -> str:
    """Return the ARN of an account in calls about itself, which name no account."""
    return f"arn:{Aws.PARTITION}:account::{account}:account"
