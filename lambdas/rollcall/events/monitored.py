"""Events that Rollcall cannot undo and only alerts: name, severity and next steps of each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from rollcall.model.levels import Severity
from rollcall.model.well_known import (
    HUB_STACK_NAME,
    INTAKE_BUS_NAME,
    MANAGEMENT_STACK_NAME,
    OPERATOR_ROLE_NAME,
    READER_ROLE_NAME,
    RECONCILE_ROLE_NAME,
    REDRIVE_ROLE_NAME,
    STACK_SET_NAME,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

ACCOUNT: Final = "account.amazonaws.com"
ORGANIZATIONS: Final = "organizations.amazonaws.com"
STACK_SETS: Final = "member.org.stacksets.cloudformation.amazonaws.com"

#: The services whose delegation and trusted access Rollcall may need.
OUR_PRINCIPALS: Final = frozenset({ACCOUNT, STACK_SETS})

#: The kind of policy that the guardrail is.
GUARDRAIL_TYPE: Final = "SERVICE_CONTROL_POLICY"


class Scope(StrEnum):
    """Which events of a name are alerted."""

    ALL = "every event"
    DELEGATION = "the hub, for a service that Rollcall uses"
    TRUSTED_ACCESS = "a service that Rollcall uses"
    GUARDRAIL = "what may be the guardrail"
    PART = "a part of Rollcall, unless CloudFormation makes the call"
    KEY = "the key of the alert topic"
    TRAIL = "every trail of the management account"
    REDRIVE = f"the role `{REDRIVE_ROLE_NAME}`"


@dataclass(frozen=True, slots=True)
class MonitoredEvent:
    """The alert of one event, and its section of the runbook: None for the one of the event's own name."""

    headline: str
    severity: Severity
    next_step: str
    section: str | None = None
    scope: Scope = Scope.ALL


_BLIND = "Rollcall cannot read or set contacts any more. If this was not planned, treat the principal as "
_BLIND += "compromised; then run `rollcall setup` with credentials of the management account."

_UNGUARDED = (
    "Members may be able to change their own contacts now; Rollcall still restores them. If this was not "
    "planned, treat the principal as compromised. `cdk deploy 'Management/*' --revert-drift` restores it."
)

_AGAIN = "None. A sweep has started: it reads what could not be read in between."
_TAKEN_OVER = (
    "The roles of Rollcall can change every contact and hide it. If it was not planned: `rollcall pause "
    "--reason TEXT`, stop the principal, then `cdk deploy --revert-drift` from a clean checkout."
)
_STOPPED = "If it was not planned: stop the principal, then `cdk deploy --revert-drift` and `rollcall sweep`."
_DELETED = _STOPPED.replace(" --revert-drift`", "` (RollcallManagement: `cdk deploy 'Management/*'`)")
_SILENCED = "Edits in members may not reach Rollcall now. If it was not planned: stop the principal, then "
_SILENCED += "`cdk deploy --revert-drift` (with `call_as: SELF`: `cdk deploy 'Management/*' --revert-drift`),"
_SILENCED += " `rollcall doctor` and `rollcall sweep`."
_UNTRAILED = (
    "Without a trail that logs management events, no edit reaches Rollcall, and only sweeps find it. "
    "If this was not planned, stop the principal, start the trail again and run `rollcall sweep`."
)


def _part(headline: str, severity: Severity, next_step: str) -> MonitoredEvent:
    scope, section = Scope.PART, "part-of-rollcall-changed"
    if headline.startswith("key"):
        scope = Scope.KEY
    elif "trail" in headline:
        scope, section = Scope.TRAIL, "trail-changed"
    return MonitoredEvent(headline, severity, next_step, section, scope)


_INFO, _LOW, _MEDIUM, _HIGH, _CRITICAL = Severity
_LAMBDA, _IAM, _EVENTS = "lambda.amazonaws.com", "iam.amazonaws.com", "events.amazonaws.com"
_SQS, _SNS, _S3, _KMS = "sqs.amazonaws.com", "sns.amazonaws.com", "s3.amazonaws.com", "kms.amazonaws.com"
_STS, _SIGNIN, _DYNAMODB = "sts.amazonaws.com", "signin.amazonaws.com", "dynamodb.amazonaws.com"
CLOUDFORMATION, _CLOUDTRAIL = "cloudformation.amazonaws.com", "cloudtrail.amazonaws.com"
_PLANNED: Final = "None, if the deployment was planned."

#: Events of the hub account about Rollcall itself. CloudTrail adds a version to the names of Lambda's.
PART_EVENTS: Final = {
    (_LAMBDA, "UpdateFunctionCode"): _part("code of a Rollcall function replaced", _CRITICAL, _TAKEN_OVER),
    (_LAMBDA, "UpdateFunctionConfiguration"): _part(
        "configuration of a Rollcall function changed", _CRITICAL, _TAKEN_OVER
    ),
    (_LAMBDA, "DeleteFunction"): _part("a Rollcall function deleted", _HIGH, _STOPPED),
    (_LAMBDA, "PutFunctionConcurrency"): _part("a Rollcall function limited", _HIGH, _STOPPED),
    (_LAMBDA, "UpdateEventSourceMapping"): _part("a Rollcall queue connected otherwise", _HIGH, _STOPPED),
    (_LAMBDA, "DeleteEventSourceMapping"): _part("a Rollcall queue disconnected", _HIGH, _STOPPED),
    (_IAM, "UpdateAssumeRolePolicy"): _part("trust of a Rollcall role changed", _CRITICAL, _TAKEN_OVER),
    (_IAM, "PutRolePolicy"): _part("permissions of a Rollcall role changed", _CRITICAL, _TAKEN_OVER),
    (_IAM, "AttachRolePolicy"): _part("policy attached to a Rollcall role", _CRITICAL, _TAKEN_OVER),
    (_IAM, "DetachRolePolicy"): _part("policy detached from a Rollcall role", _HIGH, _STOPPED),
    (_IAM, "DeleteRolePolicy"): _part("permissions of a Rollcall role removed", _HIGH, _STOPPED),
    (_IAM, "PutRolePermissionsBoundary"): _part("boundary of a Rollcall role changed", _HIGH, _STOPPED),
    (_IAM, "DeleteRolePermissionsBoundary"): _part("boundary of a Rollcall role removed", _HIGH, _STOPPED),
    (_IAM, "DeleteRole"): _part("a Rollcall role deleted", _HIGH, _STOPPED),
    (_EVENTS, "PutRule"): _part("a Rollcall rule changed", _HIGH, _STOPPED),
    (_EVENTS, "DisableRule"): _part("a Rollcall rule disabled", _HIGH, _STOPPED),
    (_EVENTS, "DeleteRule"): _part("a Rollcall rule deleted", _HIGH, _STOPPED),
    (_EVENTS, "PutTargets"): _part("target of a Rollcall rule changed", _HIGH, _STOPPED),
    (_EVENTS, "RemoveTargets"): _part("target of a Rollcall rule removed", _HIGH, _STOPPED),
    (_EVENTS, "PutPermission"): _part("policy of a Rollcall bus changed", _HIGH, _STOPPED),
    (_EVENTS, "UpdateEventBus"): _part("a Rollcall bus changed", _HIGH, _STOPPED),
    (_EVENTS, "DeleteEventBus"): _part("a Rollcall bus deleted", _HIGH, _STOPPED),
    **dict.fromkeys(
        ((_EVENTS, "RemovePermission"), (_SQS, "RemovePermission"), (_SNS, "RemovePermission")),
        _part("policy of a Rollcall bus, queue or topic shortened", _HIGH, _STOPPED),
    ),
    **dict.fromkeys(
        ((_SQS, "AddPermission"), (_SNS, "AddPermission")),
        _part("policy of a Rollcall queue or topic extended", _HIGH, _STOPPED),
    ),
    (_SQS, "SetQueueAttributes"): _part("attributes of a Rollcall queue changed", _HIGH, _STOPPED),
    (_SQS, "DeleteQueue"): _part("a Rollcall queue deleted", _HIGH, _STOPPED),
    (_SQS, "PurgeQueue"): _part("a Rollcall queue purged", _MEDIUM, _STOPPED),
    (_S3, "PutBucketPolicy"): _part("policy of a Rollcall bucket changed", _HIGH, _STOPPED),
    (_S3, "DeleteBucketPolicy"): _part("policy of a Rollcall bucket removed", _HIGH, _STOPPED),
    (_SNS, "DeleteTopic"): _part("a Rollcall topic deleted", _HIGH, _STOPPED),
    (_SNS, "SetTopicAttributes"): _part("attributes of a Rollcall topic changed", _HIGH, _STOPPED),
    (_SNS, "SetSubscriptionAttributes"): _part("subscription of a Rollcall topic changed", _MEDIUM, _STOPPED),
    (_SNS, "Unsubscribe"): _part("subscription of a Rollcall topic removed", _MEDIUM, _STOPPED),
    (_KMS, "PutKeyPolicy"): _part("key of the alert topic got another policy", _HIGH, _STOPPED),
    (_KMS, "ScheduleKeyDeletion"): _part("key of the alert topic to be deleted", _HIGH, _STOPPED),
    (_KMS, "DisableKey"): _part("key of the alert topic disabled", _HIGH, _STOPPED),
    (_DYNAMODB, "DeleteTable"): _part("the state table deleted", _CRITICAL, _STOPPED),
    (CLOUDFORMATION, "UpdateStack"): _part("a Rollcall stack is being deployed", _INFO, _PLANNED),
    (CLOUDFORMATION, "ExecuteChangeSet"): _part("a Rollcall stack is being deployed", _INFO, _PLANNED),
    (CLOUDFORMATION, "DeleteStack"): _part("a Rollcall stack is being deleted", _CRITICAL, _DELETED),
    (_STS, "AssumeRole"): MonitoredEvent(
        "role for dead letters used",
        _MEDIUM,
        "None, if a redrive was planned. Otherwise stop the principal: its messages may be forged.",
        "dead-letters-redriven",
        Scope.REDRIVE,
    ),
}

_TAKEOVER: Final = "The owner of the root e-mail can take over the account. If this was not planned, "
_EMAIL, _REGION, _LEFT = "root-e-mail-changed", "region-switched", "account-left"
_CLOSING, _DELEGATION, _GUARDRAIL = "account-closed", "delegation-changed", "guardrail-changed"
_ATTACKERS: Final = "Check whether it was intended: attackers use Regions that are not monitored."
_REOPENED: Final = "If it was not intended, AWS Support can reopen it for 90 days."
_INVITED: Final = "Rollcall has no access to it any more. If it was not intended, invite the account again."

#: The event of this detail-type is no CloudTrail record; this is the name that `parse` gives it.
REGION_STATUS: Final = "RegionOptInStatusChange"

_EMAIL_CHANGED: Final = MonitoredEvent("root e-mail changed", _HIGH, f"{_TAKEOVER}call AWS Support.", _EMAIL)
_CLOSED: Final = MonitoredEvent("account is being closed", _MEDIUM, _REOPENED, _CLOSING)

MONITORED_EVENTS: Final = {
    (ACCOUNT, "PutContactInformation"): MonitoredEvent(
        "primary contact changed",
        _MEDIUM,
        "Rollcall does not manage the primary contact. Check it in the console of the account.",
        "not-managed",
    ),
    (ACCOUNT, "StartPrimaryEmailUpdate"): MonitoredEvent(
        "change of the root e-mail started",
        _HIGH,
        f"{_TAKEOVER}stop the principal now, before the code is entered that AWS sent to the new address.",
        _EMAIL,
    ),
    (ACCOUNT, "AcceptPrimaryEmailUpdate"): _EMAIL_CHANGED,
    # The root user's own change in the console: not published by AWS, seen in others' detections.
    (_SIGNIN, "EmailUpdated"): _EMAIL_CHANGED,
    (_IAM, "UpdateAccountEmailAddress"): _EMAIL_CHANGED,
    (ACCOUNT, "EnableRegion"): MonitoredEvent("Region enabled", _LOW, _ATTACKERS, _REGION),
    (ACCOUNT, "DisableRegion"): MonitoredEvent(
        "Region disabled",
        _LOW,
        "Check whether it was intended: resources in that Region cannot be reached any more.",
        _REGION,
    ),
    (ACCOUNT, REGION_STATUS): MonitoredEvent("status of a Region changed", _LOW, _ATTACKERS, _REGION),
    (ACCOUNT, "CloseAccount"): _CLOSED,
    (ORGANIZATIONS, "CloseAccount"): _CLOSED,
    (ORGANIZATIONS, "CloseAccountResult"): MonitoredEvent("account closed", _LOW, _REOPENED, _CLOSING),
    (ORGANIZATIONS, "AccountDepartedOrganization"): MonitoredEvent(
        "account left the organization", _MEDIUM, _INVITED, _LEFT
    ),
    (ORGANIZATIONS, "RemoveAccountFromOrganization"): MonitoredEvent(
        "account removed from the organization", _MEDIUM, _INVITED, _LEFT
    ),
    # The member calls it: nothing in the management account can have stopped it.
    (ORGANIZATIONS, "LeaveOrganization"): MonitoredEvent(
        "account took itself out of the organization", _HIGH, _INVITED, _LEFT
    ),
    (ORGANIZATIONS, "DeregisterDelegatedAdministrator"): MonitoredEvent(
        "delegated administrator of Rollcall removed", _CRITICAL, _BLIND, _DELEGATION, Scope.DELEGATION
    ),
    (ORGANIZATIONS, "DisableAWSServiceAccess"): MonitoredEvent(
        "trusted access of Rollcall disabled", _CRITICAL, _BLIND, _DELEGATION, Scope.TRUSTED_ACCESS
    ),
    (ORGANIZATIONS, "RegisterDelegatedAdministrator"): MonitoredEvent(
        "delegated administrator of Rollcall registered", _INFO, _AGAIN, _DELEGATION, Scope.DELEGATION
    ),
    (ORGANIZATIONS, "EnableAWSServiceAccess"): MonitoredEvent(
        "trusted access of Rollcall enabled", _INFO, _AGAIN, _DELEGATION, Scope.TRUSTED_ACCESS
    ),
    (ORGANIZATIONS, "DetachPolicy"): MonitoredEvent(
        "guardrail detached", _CRITICAL, _UNGUARDED, _GUARDRAIL, Scope.GUARDRAIL
    ),
    (ORGANIZATIONS, "UpdatePolicy"): MonitoredEvent(
        "guardrail changed", _CRITICAL, _UNGUARDED, _GUARDRAIL, Scope.GUARDRAIL
    ),
    (ORGANIZATIONS, "DeletePolicy"): MonitoredEvent(
        "policy deleted, possibly the guardrail",
        _CRITICAL,
        "If it was the guardrail: " + _UNGUARDED[0].lower() + _UNGUARDED[1:],
        _GUARDRAIL,
        Scope.GUARDRAIL,
    ),
    (ORGANIZATIONS, "DisablePolicyType"): MonitoredEvent(
        "service control policies disabled, guardrail included",
        _CRITICAL,
        _UNGUARDED + " Attach the other policies again.",
        scope=Scope.GUARDRAIL,
    ),
    # Called in the management account, or by any delegated administrator of StackSets.
    (CLOUDFORMATION, "DeleteStackInstances"): _part("forwarder of members removed", _HIGH, _SILENCED),
    (CLOUDFORMATION, "DeleteStackSet"): _part("StackSet of the forwarder deleted", _HIGH, _SILENCED),
    (CLOUDFORMATION, "UpdateStackSet"): _part("StackSet of the forwarder changed", _HIGH, _SILENCED),
    (CLOUDFORMATION, "UpdateStackInstances"): _part("StackSet of the forwarder changed", _HIGH, _SILENCED),
    (_CLOUDTRAIL, "StopLogging"): _part("logging of a trail stopped", _HIGH, _UNTRAILED),
    (_CLOUDTRAIL, "DeleteTrail"): _part("a trail deleted", _HIGH, _UNTRAILED),
    (_CLOUDTRAIL, "UpdateTrail"): _part("a trail changed", _MEDIUM, _UNTRAILED),
    (_CLOUDTRAIL, "PutEventSelectors"): _part("events of a trail selected anew", _MEDIUM, _UNTRAILED),
} | PART_EVENTS

#: The same by event name, which is all that an incident carries.
BY_NAME: Final = {name: monitored for (_, name), monitored in MONITORED_EVENTS.items()}

#: At the end of the names of Lambda's events: UpdateFunctionCode20150331v2.
_VERSION: Final = re.compile(r"20[0-9]{6}(v[0-9]+)?$", re.ASCII)
_ROLES: Final = (RECONCILE_ROLE_NAME, OPERATOR_ROLE_NAME, READER_ROLE_NAME, REDRIVE_ROLE_NAME)
_NAMES: Final = "|".join((*_ROLES, INTAKE_BUS_NAME, STACK_SET_NAME))
_STACKS: Final = rf"{HUB_STACK_NAME}(?=[-/]|OutcomesBus|$)|{MANAGEMENT_STACK_NAME}(?=/|$)"
#: A name, or the part of an ARN, a URL or a StackSet's id, that the template, CloudFormation or the CDK gave.
_OURS: Final = re.compile(rf"(^|[:/])({_STACKS}|({_NAMES})(:[0-9a-f-]*)?$)", re.IGNORECASE | re.ASCII)
#: Names of the parameters, in lower case, that say what a call is about.
_SUBJECTS: Final = (
    *("functionname", "functionarn", "rolename", "name", "rule", "queueurl", "topicarn", "subscriptionarn"),
    *("stackname", "rolearn", "tablename", "bucketname", "stacksetname"),
)


def get_monitored(event_name: str) -> MonitoredEvent:
    """The monitored event of this name, with or without a version; KeyError if there is none."""
    return BY_NAME[strip_version(event_name)]


def strip_version(event_name: str) -> str:
    """The name of an event without the version that Lambda adds."""
    return _VERSION.sub("", event_name)


def find_part(parameters: Mapping[str, object]) -> str | None:
    """The name of a part of Rollcall in flat parameters with lower-case keys, None if there is none.

    A change set named without its stack may be one of RollcallHub. Others' rules may be on a bus of Rollcall.
    """
    values = [str(parameters[name]) for name in _SUBJECTS if name in parameters]
    values = values or [str(parameters.get("eventbusname"))]
    change_set = None if "stackname" in parameters else parameters.get("changesetname")
    return next(
        (value for value in values if _OURS.search(value)), None if change_set is None else str(change_set)
    )
