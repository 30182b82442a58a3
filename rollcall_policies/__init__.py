"""The one evaluator of IAM's policy language: identity, resource, trust and service control policies.

It is pure and knows no AWS client. The simulation, the local cloud and `rollcall doctor` ask it;
nothing that is deployed does.
"""

from rollcall_policies.evaluation import Access, AccessDecision, AccessRequest, decide
from rollcall_policies.grammar import find_malformed
from rollcall_policies.language import as_list

__all__ = ["Access", "AccessDecision", "AccessRequest", "as_list", "decide", "find_malformed"]
