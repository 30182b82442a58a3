"""Names that two accounts, or two programs, must agree on. Everything else is named by CloudFormation."""

from __future__ import annotations

from typing import Final

#: Stack of the hub, with whose name CloudFormation begins the names of its parts.
HUB_STACK_NAME: Final = "RollcallHub"
#: Stack of the management account, of which only that account's forwarder reports who deploys it.
MANAGEMENT_STACK_NAME: Final = "RollcallManagement"
#: Custom bus in the hub; forwarders in other accounts send to its ARN.
INTAKE_BUS_NAME: Final = "rollcall-intake"
#: Role of `reconcile`; a trust policy in another account cannot name a role that does not exist yet.
RECONCILE_ROLE_NAME: Final = "rollcall-reconcile"
#: Role in the management account for that account's own contacts; the hub's policy names it before it exists.
MANAGEMENT_ROLE_NAME: Final = "rollcall-management-contacts"
#: Role of `sweep`, and the role in each member that it may assume to read that account's own contacts.
SWEEP_ROLE_NAME: Final = "rollcall-sweep-reader"
MEMBER_ROLE_NAME: Final = "rollcall-contact-reader"
#: StackSet that brings the forwarder to the members; the doctor looks for it by name.
STACK_SET_NAME: Final = "rollcall-forwarder"
#: Name of the service control policy, by which an event about a policy is known to be about ours.
GUARDRAIL_NAME: Final = "rollcall-guardrail"
#: State machine of sweeps, which `control` starts and is asked by: each needs the other's ARN first.
SWEEP_MACHINE_NAME: Final = "rollcall-sweep"
#: Roles in the hub that people assume for the command: to look, and to approve, pause or start a sweep.
READER_ROLE_NAME: Final = "rollcall-reader"
OPERATOR_ROLE_NAME: Final = "rollcall-operator"
#: Role in the hub that people assume to return dead letters to their queues.
REDRIVE_ROLE_NAME: Final = "rollcall-redrive"

#: Prefixes of the ledger: what operators commanded (an object for the command, one for its result or for why
#: it was not believed), and the lines of messages about many alerts.
LEDGER_COMMANDS: Final = "ledger/commands/"
LEDGER_ALERTS: Final = "ledger/alerts/"

#: `source` of the events that our functions put on the outcome bus.
OUTCOME_SOURCE: Final = "rollcall"
#: `detail-type` of what was done to one contact.
OUTCOME_DETAIL_TYPE: Final = "Rollcall Outcome"
#: `detail-type` of incidents, which are alerted.
INCIDENT_DETAIL_TYPE: Final = "Rollcall Incident"
#: `detail-type` of alerts that are not about one event on one account.
NOTICE_DETAIL_TYPE: Final = "Rollcall Notice"
#: Product in the user agent of our writes; its version names the intent.
INTENT_PRODUCT: Final = "rollcall-intent"
