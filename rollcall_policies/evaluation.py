"""What policy documents say to one request.

Sources: IAM user guide, "Policy evaluation logic", "IAM JSON policy elements: NotAction", "NotResource",
"Principal" and "Resource". How identity policies, resource policies, session policies and service control
policies of one request work together is up to the caller: each kind is asked by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

from rollcall_policies.conditions import ConditionKeys, Unclear, check_conditions
from rollcall_policies.language import as_list, has_variable, list_statements, matches

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from rollcall_policies.conditions import Context
    from rollcall_policies.language import Document, Statement


class Access(Enum):
    """How policies answer a request."""

    ALLOWED = "allowed"
    DENIED = "denied"  # a statement denies it
    NOT_ALLOWED = "not allowed"  # no statement applies: AWS's implicit deny
    UNKNOWN = "unknown"  # it depends on something that is not known or not modelled


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequest:
    """A call in the words of policies."""

    #: For example "account:PutAlternateContact".
    action: str
    #: An ARN, or "*" for a call without a resource; None for trust policies, which have no Resource.
    resource: str | None
    #: The values of condition keys; a key without values is one that the request does not have.
    context: Context
    #: Who calls: an ARN, an account id or a service name. None for policies without a Principal.
    principal: str | None = None
    #: Other names of the caller in a policy, say of the role of its session.
    also: Collection[str] = ()
    #: Whether only those statements of a resource policy count that name the caller and not its account.
    directly: bool = False
    #: False if the request may have keys besides those of `context`; a condition on one is unknown then.
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessDecision:
    """The answer, and what it rests on."""

    access: Access
    #: The statement that allows, denies or cannot be evaluated; None if no statement applies.
    statement: Statement | None = None
    #: What is not known or not modelled; empty unless the answer is UNKNOWN.
    reason: str = ""


def decide(policies: Iterable[Document], request: AccessRequest) -> AccessDecision:
    """Decide a request by policies of one kind: a statement that denies wins over all that allow.

    A statement that would decide, and cannot be evaluated, makes the answer UNKNOWN.
    """
    keys: ConditionKeys | None = None
    found: dict[tuple[str, bool], AccessDecision] = {}
    for policy in policies:
        for statement in list_statements(policy):
            if not _may_name(statement, request.action):
                continue
            keys = keys or ConditionKeys.from_context(request.context, complete=request.complete)
            known = replace(keys, variables=policy.get("Version") == _WITH_VARIABLES)
            applies = _check_statement(statement, request, known)
            if applies is False:
                continue
            effect, clear = statement["Effect"], applies is True
            access = _ACCESS[effect] if clear else Access.UNKNOWN
            reason = applies.reason if isinstance(applies, Unclear) else ""
            decision = AccessDecision(access=access, statement=statement, reason=reason)
            found.setdefault((effect, clear), decision)
    return next((found[rank] for rank in _RANKS if rank in found), AccessDecision(access=Access.NOT_ALLOWED))


#: In documents of another version, or of none, a policy variable is literal text ("IAM JSON policy elements:
#: Version").
_WITH_VARIABLES: Final = "2012-10-17"
_ACCESS: Final = {"Allow": Access.ALLOWED, "Deny": Access.DENIED}
#: Effect and whether it is clear that the statement applies: the first that occurs decides.
_RANKS: Final = (("Deny", True), ("Deny", False), ("Allow", True), ("Allow", False))


def _may_name(statement: Statement, action: str) -> bool:
    """Whether the statement may be about the action: most are not, and the rest of them need not be read."""
    patterns, name = map(str, as_list(statement.get("Action", "*"))), action.lower()
    return any(has_variable(pattern) or matches(name, pattern.lower()) for pattern in patterns)


def _check_statement(statement: Statement, request: AccessRequest, keys: ConditionKeys) -> bool | Unclear:
    action, resource = request.action.lower(), request.resource
    parts = (
        _match_element(statement, "Action", keys, lambda pattern: matches(action, pattern.lower())),
        # A `*` may reach over colons here, other than in ArnLike.
        resource is None
        or _match_element(statement, "Resource", keys, lambda pattern: matches(resource, pattern)),
        request.principal is None or _match_principal(statement, request),
    )
    if False in parts:
        return False
    conditions = check_conditions(statement, keys)
    if conditions is False:
        return False
    return next((part for part in (*parts, conditions) if isinstance(part, Unclear)), True)


def _match_element(
    statement: Statement, name: str, keys: ConditionKeys, matched: Callable[[str], bool]
) -> bool | Unclear:
    """Action or Resource, or the opposite of NotAction or NotResource."""
    negated = f"Not{name}" in statement
    patterns = [str(pattern) for pattern in as_list(statement.get(f"Not{name}" if negated else name, []))]
    replaced = [keys.substitute(pattern) if has_variable(pattern) else pattern for pattern in patterns]
    if any(matched(pattern) for pattern in replaced if isinstance(pattern, str)):
        return not negated
    if any(isinstance(pattern, Unclear) for pattern in replaced):
        return Unclear(f"policy variable in {name}")
    return negated


def _match_principal(statement: Statement, request: AccessRequest) -> bool | Unclear:
    negated = "NotPrincipal" in statement
    named = statement.get("NotPrincipal" if negated else "Principal", {})
    entries = ["*"] if named == "*" else [entry for group in named.values() for entry in as_list(group)]
    callers = {"*", str(request.principal), *request.also}
    account = find_account(str(request.principal))
    delegated = any(entry == account or entry.endswith(f"::{account}:root") for entry in entries)
    if negated:
        # To spare a role or session, its account must be named as well.
        spared = delegated or not account.isdecimal() or "*" in entries
        return not (spared and callers.intersection(entries))
    return bool(callers.intersection(entries)) or (delegated and not request.directly)


def find_account(principal: str) -> str:
    """The account of a principal: its own, or the one in its ARN."""
    return principal.split(":")[4] if principal.startswith("arn:") else principal
