"""What holds for all policies and requests."""

from hypothesis import given
from hypothesis import strategies as st

from rollcall_policies import Access, AccessRequest, decide

KEYS = ["k:One", "k:Two"]
VALUES = ["a", "b", "A"]
some = st.sampled_from
operators = st.builds(
    "{}{}{}".format,
    some(["", "ForAnyValue:", "ForAllValues:"]),
    some(["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"]),
    some(["", "IfExists"]),
) | some(["Null", "NumericEquals"])
wanted = st.lists(some([*VALUES, "*", "true", "false", "${x}"]), min_size=1, max_size=2)
conditions = st.dictionaries(operators, st.dictionaries(some(KEYS), wanted, min_size=1), max_size=2)
patterns = st.lists(some(["*", "s:Get", "s:*", "t:*", "s:?et"]), min_size=1, max_size=2)


@st.composite
def statements(draw, *effects):
    action, resource = draw(some(["Action", "NotAction"])), draw(some(["Resource", "NotResource"]))
    return {
        "Effect": draw(some(effects or ["Allow", "Deny"])),
        action: draw(patterns),
        resource: draw(patterns),
        "Condition": draw(conditions),
    }


contexts = st.dictionaries(some(KEYS), st.lists(some(VALUES), max_size=2))
policies = st.lists(statements(), max_size=4)


def access(chosen, context, *, complete=True):
    request = AccessRequest(action="s:Get", resource="s:Get", context=context, complete=complete)
    return decide([{"Statement": chosen}], request).access


@given(policies, contexts, st.randoms())
def test_the_order_of_statements_and_documents_does_not_matter(chosen, context, random):
    shuffled = random.sample(chosen, len(chosen))
    request = AccessRequest(action="s:Get", resource="s:Get", context=context)
    apart = decide([{"Statement": statement} for statement in shuffled], request).access
    assert access(chosen, context) is access(shuffled, context) is apart


@given(policies, statements("Deny"), contexts)
def test_another_deny_never_allows(chosen, added, context):
    before, after = access(chosen, context), access([*chosen, added], context)
    assert after in {before, Access.DENIED, Access.UNKNOWN}
    assert before is not Access.DENIED or after is Access.DENIED


@given(policies, statements("Allow"), contexts)
def test_another_allow_never_denies(chosen, added, context):
    before, after = access(chosen, context), access([*chosen, added], context)
    assert after is before or before in {Access.NOT_ALLOWED, Access.UNKNOWN}
    assert after is not Access.DENIED or before is Access.DENIED


@given(policies, contexts, contexts)
def test_an_answer_without_all_keys_holds_whatever_the_others_are(chosen, context, others):
    known = access(chosen, context, complete=False)
    if known is not Access.UNKNOWN:
        assert access(chosen, others | context) is known


@given(conditions, contexts)
def test_an_element_and_its_opposite_share_all_requests(condition, context):
    def applies(**elements):
        statement = {"Effect": "Deny", "Resource": "*", "Condition": condition} | elements
        return access([statement], context)

    anything = applies(Action="*")
    for pattern in ("s:Get", "t:*", "s:?et"):
        found = [applies(Action=pattern), applies(NotAction=pattern)]
        assert sorted(item.value for item in found) == sorted([anything.value, Access.NOT_ALLOWED.value])
