"""What a service may do by itself or as a role, on behalf of a resource: deliveries, executions, polling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.access.actions import Need
from localcloud.access.decisions import evaluate, explain_refusal, parse_policy
from localcloud.access.keys import add_keys, build_context
from localcloud.access.principals import find_service_session
from localcloud.access.resources import find_owner, find_policy, find_role, list_key_needs
from localcloud.cloud.clients import REGION
from rollcall_policies import Access, AccessRequest, decide
from simulation.authorization import build_principal_context
from simulation.caller import Caller

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulation.organization import SimulatedOrganization


class ServiceAccess:
    """Asks the policies for the services of the local cloud."""

    def __init__(self, organization: SimulatedOrganization) -> None:
        self._organization = organization

    def can_assume(self, service: str, role_arn: str, *, source_arn: str = "") -> bool:
        """Whether the role exists and trusts a service that acts for the resource of that ARN."""
        role = find_role(role_arn)
        if role is None:
            return False
        account = find_owner(source_arn) or role.account_id
        request = self._build_request(service, "sts:AssumeRole", role_arn, source_arn, account)
        return evaluate([role.assume_role_policy_document], request) is Access.ALLOWED

    def explain_refusal_as(
        self,
        service: str,
        role_arn: str,
        action: str,
        resource: str,
        *,
        source_arn: str = "",
        extra: Mapping[str, list[str]] | None = None,
    ) -> str | None:
        """Why a service may not do this as a role, for the resource of `source_arn`; None if it may."""
        if not self.can_assume(service, role_arn, source_arn=source_arn):
            return f"{service} may not assume role {role_arn or '(none)'}"
        principal = find_service_session(service, role_arn)
        context = build_context(principal, self._organization, region=REGION)
        need = Need(action=action, resource=resource, extra=extra or {})
        return explain_refusal(principal, need, context, self._organization)

    def may_be_admitted(self, role_arn: str, action: str, resource: str) -> bool:
        """Whether a resource's policy lets a role in for at least some requests of this action."""
        principal = find_service_session("", role_arn)
        known = build_context(principal, self._organization, region=REGION)
        request = AccessRequest(
            action=action,
            resource=resource,
            context={key: values for key, values in known.items() if key.startswith("aws:Principal")},
            principal=role_arn,
            complete=False,
        )
        found = decide([parse_policy(find_policy(resource))], request).access
        return found in {Access.ALLOWED, Access.UNKNOWN}

    def is_admitted(
        self, service: str, action: str, resource: str, *, source_arn: str, source_account: str
    ) -> bool:
        """Whether a resource, and the key that it is encrypted with, admit a service by its own name."""
        asked = [(action, resource), *list_key_needs(action, resource)]
        return all(
            evaluate([find_policy(arn)], self._build_request(service, one, arn, source_arn, source_account))
            is Access.ALLOWED
            for one, arn in asked
        )

    def _build_request(
        self, service: str, action: str, resource: str, source_arn: str, source_account: str
    ) -> AccessRequest:
        caller = Caller.service(source_account, service)
        context = build_principal_context(self._organization, caller, REGION)
        context |= {
            "aws:PrincipalAccount": [],
            "aws:PrincipalArn": [],
            "aws:PrincipalIsAWSService": ["true"],
            "aws:PrincipalOrgID": [],
            "aws:PrincipalOrgPaths": [],
            "aws:PrincipalServiceName": [service],
            "aws:SourceAccount": [source_account],
            "aws:SourceArn": [source_arn] if source_arn else [],
        }
        if source_account in self._organization.accounts:
            context["aws:SourceOrgID"] = [self._organization.id]
        need = Need(action=action, resource=resource)
        context = add_keys(context, need, find_owner(resource), self._organization)
        # Trust policies name no resource.
        trust = action.startswith("sts:")
        return AccessRequest(
            action=action,
            resource=None if trust else resource,
            context=context,
            principal=service,
            complete=False,
        )
