"""What a change of the roster weakens or changes, in organizations of each size: held or not, and why."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollcall.decide.plan import ObservedAccount, plan_observed
from rollcall.decide.resolve import find_exemption_end, resolve_requirement
from rollcall.decide.weakening import MOST_NAMED, WeakeningKind, compute_limit
from rollcall.model.account import AccountState
from rollcall.model.contact import ALTERNATE_KINDS, KEEP, ContactKind
from rollcall.model.desired import Absent, Conflict, Desired, Present, Unreadable
from rollcall.model.roster import Roster
from rollcall.sweep.approvals import find_reasons_to_wait
from tests.support.cases import check_each
from tests.support.organizations import (
    BASE,
    FIRST_PRIMARY,
    PRIMARY_CONTACTS,
    PRODUCTION,
    ROOT,
    TODAY,
    compare,
    make_account,
    name_account,
    observe,
)
from tests.support.sweep_runs import changed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollcall.decide.roster_change import RosterChange

SIZES = (1, 2, 3, 6, 10, 11, 20, 100)
DEV = "arn:aws:iam::700000000000:role/Dev"
BULK, REPEATED = {"accounts": 5, "minutes": 10}, {"reverts": 3, "minutes": 60}


@cache
def organization(size: int) -> Sequence[ObservedAccount]:
    return observe(map(make_account, range(size)), BASE)


def judge(candidate: dict[str, Any], size: int, approved: dict[str, Any] = BASE, **given_: Any) -> list[str]:
    """Why it waits."""
    change = compare(approved, candidate, organization(size))
    return reasons(change, approved, **given_)


def reasons(change: RosterChange, approved: dict[str, Any] = BASE, *, passed: int = 0) -> list[str]:
    limit = approved.get("limits", {}).get("max_changed_accounts")
    return find_reasons_to_wait(change, limit=limit, passed=passed, deletes=0, first=False)


def with_override(*overrides: dict[str, Any]) -> dict[str, Any]:
    filled = [{"kinds": {}, "mode": None} | override for override in overrides]
    return BASE | {"overrides": [*BASE["overrides"], *filled]}


def without(kind: str) -> dict[str, str]:
    return {name: contact for name, contact in BASE["defaults"].items() if name != kind}


EVERYONE = [name_account(number) for number in range(1_000)]
#: By name: the candidate for an organization of so many accounts, and the kind and text of its weakening.
WEAKENINGS: dict[str, tuple[Any, WeakeningKind, str]] = {
    "audit as a whole": (
        lambda _: BASE | {"mode": "audit"},
        WeakeningKind.AUDIT,
        r"audit mode: Rollcall only alerts, and restores nothing, in .*account.* and in new accounts",
    ),
    "audit of one account": (
        lambda _: with_override({"accounts": [name_account(0)], "mode": "audit"}),
        WeakeningKind.AUDIT,
        rf"audit mode: .* in account {name_account(0)}",
    ),
    "audit of the root": (
        lambda _: with_override({"ou": ROOT, "mode": "audit"}),
        WeakeningKind.AUDIT,
        r"audit mode: .* and in new accounts",
    ),
    "newly exempt": (
        lambda _: BASE | {"exempt": [{"accounts": [name_account(0)], "reason": "x", "until": None}]},
        WeakeningKind.EXEMPT,
        rf"newly exempt without an end: contacts are left unchanged in account {name_account(0)}",
    ),
    "everybody exempt": (
        lambda size: BASE | {"exempt": [{"accounts": EVERYONE[:size], "reason": "x", "until": "2027-01-01"}]},
        WeakeningKind.EXEMPT,
        r"newly exempt until 2027-01-01: contacts are left unchanged in .*account.*",
    ),
    "a kind no longer managed": (
        lambda _: BASE | {"defaults": without("BILLING")},
        WeakeningKind.UNMANAGED,
        r"the BILLING contact is no longer managed in .*account.* and in new accounts",
    ),
    "the limit as a per cent": (
        lambda _: BASE | {"limits": {"max_changed_accounts": "100%"}},
        WeakeningKind.LIMIT,
        r"limits.max_changed_accounts is raised from the default to 100%: .*",
    ),
    "the limit as a number": (
        lambda size: BASE | {"limits": {"max_changed_accounts": size + 1}},
        WeakeningKind.LIMIT,
        r"limits.max_changed_accounts is raised from the default to \d+: .*",
    ),
    "a changer": (
        lambda _: BASE | {"authorised_changers": [DEV]},
        WeakeningKind.CHANGER,
        rf"{DEV} becomes an authorised changer: its edits are one INFO alert each",
    ),
    "an entry that matches nothing": (
        lambda _: with_override({"ou": "Producktion", "kinds": {"SECURITY": "pci-soc"}}),
        WeakeningKind.MATCHES_NOTHING,
        r"the override of OU Producktion matches no account.*",
    ),
    "an exemption that matches nothing": (
        lambda _: BASE | {"exempt": [{"accounts": ["999999999999"], "reason": "x", "until": None}]},
        WeakeningKind.MATCHES_NOTHING,
        r"the exemption of account 999999999999 matches no account.*",
    ),
    "bulk edits of more accounts": (
        lambda _: BASE | {"bulk_edits": BULK | {"accounts": 6}},
        WeakeningKind.BULK_EDITS,
        r"bulk edits are reported later: at 6 accounts in 10 minutes, .*",
    ),
    "bulk edits in a shorter time": (
        lambda _: BASE | {"bulk_edits": BULK | {"minutes": 9}},
        WeakeningKind.BULK_EDITS,
        r"bulk edits are reported later: .* in 9 minutes, .*",
    ),
    "backoff after fewer restores": (
        lambda _: BASE | {"repeated_edits": REPEATED | {"reverts": 2}},
        WeakeningKind.REPEATED_EDITS,
        r"repeated edits back off and are reported after 2 restores in 60 minutes, until now after 3 in 60",
    ),
    "backoff reported later": (
        lambda _: BASE | {"repeated_edits": REPEATED | {"reverts": 4}},
        WeakeningKind.REPEATED_EDITS,
        r"repeated edits back off and are reported after 4 restores .*",
    ),
}


@check_each("size", SIZES)
@check_each("name", WEAKENINGS)
def test_whatever_weakens_waits_in_an_organization_of_any_size(name, size):
    make, kind, text = WEAKENINGS[name]
    change = compare(BASE, make(size), organization(size))
    (weakening,) = change.weakenings
    assert weakening.kind is kind
    assert re.fullmatch(text, weakening.text)
    assert weakening.text in reasons(change)
    assert len(weakening.accounts) == min(weakening.count, MOST_NAMED)


@check_each("size", SIZES)
def test_a_part_that_stays_as_accounts_have_it_from_now_on_waits(size):
    before = choosing("branch", kind="PRIMARY")
    branch = PRIMARY_CONTACTS["branch"]
    after = before | {"contacts": CONTACTS | {"branch": branch | {"phone": KEEP, "city": KEEP}}}
    observed = observe(map(make_account, range(size)), before)
    [weakening] = compare(before, after, observed).weakenings
    assert weakening.kind is WeakeningKind.KEPT
    assert weakening.text.startswith(
        "any City, PhoneNumber of the PRIMARY contact is left as the account has it in "
    )
    assert weakening.count == size
    assert compare(after, before, observed).weakenings == ()


#: Neither weakens anything, whatever the size.
HARMLESS: dict[str, dict[str, Any]] = {
    "the same": BASE,
    "the same in another order": dict(reversed(BASE.items())),
    "a day of review": BASE
    | {"contacts": {n: c | {"review_by": "2027-01-01"} for n, c in BASE["contacts"].items()}},
    "another name for a contact": BASE
    | {
        "contacts": {**BASE["contacts"], "security": BASE["contacts"]["soc"]},
        "defaults": BASE["defaults"] | {"SECURITY": "security"},
    },
    "the OU by its id": BASE | {"overrides": [BASE["overrides"][0] | {"ou": PRODUCTION}]},
    "a lower limit": BASE | {"limits": {"max_changed_accounts": 0}},
    "bulk edits of fewer accounts": BASE | {"bulk_edits": BULK | {"accounts": 4}},
}


@check_each("size", SIZES)
@check_each("name", HARMLESS)
def test_what_weakens_nothing_waits_for_nobody(name, size):
    assert judge(HARMLESS[name], size) == []


@check_each(
    ("size", "accounts", "held"),
    [
        (1, 1, True),  # never all of them
        (2, 1, False),
        (2, 2, True),
        (3, 2, False),
        (3, 3, True),
        (6, 2, False),
        (6, 3, True),
        (10, 2, False),
        (10, 3, True),
        (11, 2, False),
        (11, 3, True),
        (20, 2, False),
        (20, 3, True),
        (100, 10, False),
        (100, 11, True),
        (1_000, 100, False),
        (1_000, 101, True),
    ],
)
def test_another_contact_for_so_many_accounts_waits_above_a_tenth_or_two_or_if_it_is_all(
    size, accounts, held
):
    override = {"accounts": EVERYONE[:accounts], "kinds": {"OPERATIONS": "finops"}, "mode": None}
    why = judge(BASE | {"overrides": [*BASE["overrides"], override]}, size)
    limit = compute_limit(None, active=size)
    expected = f"{accounts} of {size} active accounts would change, the limit is {limit}"
    assert why == ([expected] if held else [])


@check_each("size", SIZES)
def test_a_typing_mistake_in_the_mailbox_of_all_waits(size):
    wrong = changed(BASE, email="aws-sco@example.com")
    defaults = sum(account.account.ou_path != ("Workloads", "Production") for account in organization(size))
    if defaults > compute_limit(None, active=size):
        (why,) = judge(wrong, size)
        assert why.startswith(f"{defaults} of {size} active accounts would change, the limit is ")


def test_what_passed_in_the_last_days_counts():
    override = {"accounts": EVERYONE[:4], "kinds": {"OPERATIONS": "finops"}, "mode": None}
    few = BASE | {"overrides": [*BASE["overrides"], override]}
    assert judge(few, 100, passed=6) == []
    (why,) = judge(few, 100, passed=7)
    lately = "after 7 in the last seven days without approval"
    assert why == f"4 of 100 active accounts would change {lately}, the limit is 10"
    assert judge(BASE, 100, passed=99) == []


def test_a_contact_that_is_there_already_changes_all_the_same():
    """Whoever edits first and then deploys what is there writes nothing."""
    wrong = changed(BASE, email="aws-sco@example.com")
    change = compare(BASE, wrong, observe(map(make_account, range(6)), wrong))
    assert (change.changed, change.adopted) == (4, 4)
    assert reasons(change) == [
        "4 of 6 active accounts would change (4 of them have it already), the limit is 2"
    ]


def test_drift_is_no_change_of_the_roster():
    wrong = changed(BASE, email="mallory@evil.example")
    drifted = observe(map(make_account, range(20)), wrong)
    assert compare(BASE, BASE | {"limits": {"max_changed_accounts": 0}}, drifted).changed == 0


def test_what_was_not_enforced_before_changes_if_it_is_written():
    audit = BASE | {"mode": "audit"}
    wrong = changed(BASE, email="mallory@evil.example")
    drifted = observe(map(make_account, range(6)), wrong)
    assert compare(audit, BASE, drifted).changed == 4
    assert compare(audit, BASE, organization(6)).changed == 0
    assert compare(None, BASE, drifted).changed == 4


class TestFacts:
    """Both rosters are resolved over the same facts: what an organization does is no change of the roster."""

    def test_a_new_account_an_empty_one_and_a_moved_one_are_events(self):
        empty = [ObservedAccount(account=make_account(number), contacts={}) for number in range(10)]
        more = BASE | {"limits": {"max_changed_accounts": 0}}
        assert compare(BASE, more, empty).changed == 0
        moved = [
            replace(
                one, account=replace(one.account, ou_path=("Sandbox",), parent_ids=(ROOT, "ou-a1b2-33333333"))
            )
            for one in organization(10)
        ]
        change = compare(BASE, more, moved)
        assert (change.changed, change.weakenings) == (0, ())
        assert change.unmatched == ("the override of OU Workloads/Production matches no account",)

    def test_an_account_that_is_not_active_is_not_changed_but_weakened(self):
        closed = observe([make_account(0, state=AccountState.SUSPENDED)], BASE)
        assert compare(BASE, changed(BASE, "pci-soc", title="x"), closed).changed == 0
        (weakening,) = compare(BASE, BASE | {"mode": "audit"}, closed).weakenings
        assert weakening.accounts == (name_account(0),)

    def test_what_could_not_be_read_is_not_compared_and_waits_above_the_limit(self):
        unread = [
            replace(one, contacts=dict.fromkeys(ContactKind, Unreadable(reason="denied")))
            if number < 3
            else one
            for number, one in enumerate(organization(20))
        ]
        narrow = BASE | {"limits": {"max_changed_accounts": 0}}
        change = compare(BASE, narrow, unread)
        assert change.not_compared == tuple(EVERYONE[:3])
        assert reasons(change) == [
            "3 of 20 active accounts could not be read and were not compared, the limit is 2"
        ]
        assert reasons(compare(BASE, narrow, unread[1:])) == []

    def test_an_override_that_lost_its_accounts_blocks_both_and_weakens_nothing(self):
        lost = [
            replace(one, orphaned=dict.fromkeys(map(digest, (BASE, HARMLESS["a lower limit"])), "renamed"))
            for one in organization(6)
        ]
        assert compare(BASE, HARMLESS["a lower limit"], lost).weakenings == ()
        candidate = BASE | {"mode": "audit"}
        (weakening,) = compare(BASE, candidate, lost).weakenings
        assert weakening.kind is WeakeningKind.AUDIT

    def test_one_that_blocks_what_was_enforced_weakens(self):
        candidate = HARMLESS["a lower limit"]
        lost = [replace(one, orphaned={digest(candidate): "OU was renamed"}) for one in organization(2)]
        (weakening,) = compare(BASE, candidate, lost).weakenings
        assert weakening.kind is WeakeningKind.BLOCKED
        assert weakening.text.endswith(f"in accounts {name_account(0)}, {name_account(1)}: OU was renamed")


def digest(document: dict[str, Any]) -> str:
    return Roster.from_document(document).digest


class TestExemptions:
    def exempt(self, until: str | None, *accounts: int) -> dict[str, Any]:
        ids = [name_account(number) for number in accounts or (0,)]
        return BASE | {"exempt": [{"accounts": ids, "reason": "sold", "until": until}]}

    @pytest.mark.parametrize(
        ("before", "after", "kind"),
        [
            ("2027-01-01", "2027-01-02", WeakeningKind.EXEMPT_LONGER),
            ("2027-01-01", None, WeakeningKind.EXEMPT_LONGER),
            ("2026-11-29", "2027-01-01", WeakeningKind.EXEMPT),  # it had ended
            ("2027-01-02", "2027-01-01", None),
            (None, "2027-01-01", None),
            (None, "2026-11-29", None),
        ],
    )
    def test_a_later_end_weakens_and_an_earlier_one_does_not(self, before, after, kind):
        change = compare(self.exempt(before), self.exempt(after), organization(6))
        assert [weakening.kind for weakening in change.weakenings] == ([kind] if kind else [])

    def test_what_is_weakened_behind_an_exemption_is_found_before_it_ends(self):
        audit = {"accounts": [name_account(0)], "kinds": {}, "mode": "audit"}
        candidate = self.exempt("2026-12-01") | {"overrides": [*BASE["overrides"], audit]}
        (weakening,) = compare(self.exempt("2026-12-01"), candidate, organization(6)).weakenings
        assert weakening.kind is WeakeningKind.AUDIT

    @pytest.mark.parametrize("until", ["2026-12-01", "2027-06-01"])
    def test_what_changes_once_an_exemption_ends_counts_now(self, until):
        wrong = changed(self.exempt(until, *range(6)), email="aws-soc@exmaple.example")
        assert judge(wrong, 6, self.exempt(until, *range(6)))

    def test_an_exemption_that_ends_today_behind_which_all_changes_counts(self):
        wrong = changed(self.exempt(str(TODAY), *range(6)), email="aws-soc@exmaple.example")
        assert judge(wrong, 6, self.exempt(None, *range(6)))

    def test_what_is_exempt_without_an_end_is_not_counted(self):
        wrong = changed(self.exempt(None, *range(5)), email="aws-soc@exmaple.example")
        assert not judge(wrong, 6, self.exempt(None, *range(5)))


def test_a_contact_that_could_not_be_read_counts_where_it_is_new():
    unread = [
        replace(one, contacts=dict.fromkeys(one.contacts, Unreadable(reason="x"))) for one in organization(6)
    ]
    change = compare(BASE | {"defaults": without("BILLING")}, BASE, unread)
    assert change.changed == 6


def test_audit_mode_for_accounts_to_come_is_found_behind_a_template():
    template = changed(BASE, title="{account_name}")
    named = [{"accounts": EVERYONE[:6], "kinds": {}, "mode": "enforce"}, *BASE["overrides"]]
    before, after = template | {"overrides": named}, template | {"overrides": named, "mode": "audit"}
    kinds = {weakening.kind for weakening in compare(before, after, organization(6)).weakenings}
    assert kinds == {WeakeningKind.AUDIT}


def test_what_holds_for_every_account_of_today_may_not_hold_for_those_to_come():
    """Audit mode with each OU in enforce mode, or each account named: no account is weakened, yet."""
    named = [{"accounts": EVERYONE[:6], "kinds": {}, "mode": "enforce"}, *BASE["overrides"]]
    (weakening,) = compare(BASE, BASE | {"mode": "audit", "overrides": named}, organization(6)).weakenings
    assert weakening.text == "audit mode: Rollcall only alerts, and restores nothing, in new accounts"
    units = [{"ou": "Workloads", "kinds": {}, "mode": "enforce"}, *BASE["overrides"]]
    (weakening,) = compare(
        BASE | {"mode": "audit", "overrides": units},
        BASE | {"mode": "audit", "overrides": named},
        organization(6),
    ).weakenings
    assert weakening.text.endswith("in new accounts of OU Workloads, OU Workloads/Production")


def test_places_of_new_accounts_that_look_alike_are_spelled_out():
    units = [{"ou": "Pr\u043ed", "kinds": {}, "mode": "enforce"}, *BASE["overrides"]]
    place: dict[str, Any] = {"ou_path": ("Pr\u043ed",), "parent_ids": ("r-a1b2", "ou-a1b2-44444444")}
    tagged = [{"tag": {"sc\u043epe": "pci"}, "kinds": {}, "mode": "enforce"}, *units]
    named = [{"accounts": EVERYONE[:6], "kinds": {}, "mode": "enforce"}, *BASE["overrides"]]
    accounts = [replace(one, account=replace(one.account, **place)) for one in organization(6)]
    (weakening,) = compare(
        BASE | {"mode": "audit", "overrides": tagged},
        BASE | {"mode": "audit", "overrides": named},
        accounts,
    ).weakenings
    assert weakening.text.endswith(r"in new accounts of OU Pr\u{43e}d, tag sc\u{43e}pe=pci")


def everyone_named(size: int, name: str = "pci-soc") -> dict[str, Any]:
    """All accounts of today have an override of their own."""
    return {"accounts": EVERYONE[:size], "kinds": {"SECURITY": name}, "mode": None}


def test_a_contact_that_only_new_accounts_would_get_waits():
    named = BASE | {"overrides": [everyone_named(20), *BASE["overrides"]]}
    wrong = changed(named, email="aws-sco@example.com")
    (why,) = judge(wrong, 20, named)
    assert why.startswith("another SECURITY contact (soc with another email) in new accounts")
    assert why.endswith("; no existing account gets it")
    other = named | {"defaults": named["defaults"] | {"SECURITY": "finops"}}
    (why,) = judge(other, 20, named)
    assert why.startswith("another SECURITY contact (soc -> finops) in new accounts")


def test_a_contact_that_an_account_of_today_gets_too_is_counted_and_no_more():
    named = BASE | {"overrides": [everyone_named(18), *BASE["overrides"]]}
    wrong = changed(named, email="aws-sco@example.com")
    assert compare(named, wrong, organization(20)).changed == 1
    assert judge(wrong, 20, named) == []


def test_a_contact_that_only_new_accounts_with_a_tag_would_get_waits():
    tagged = {"tag": {"scope": "pci"}, "kinds": {"SECURITY": "soc"}, "mode": None}
    every = [
        replace(one, account=replace(one.account, tags={"scope": "pci"}))
        for one in observe(map(make_account, range(6)), BASE | {"overrides": [everyone_named(6)]})
    ]
    before = BASE | {"overrides": [everyone_named(6), tagged]}
    after = BASE | {"overrides": [everyone_named(6), tagged | {"kinds": {"SECURITY": "finops"}}]}
    (weakening,) = compare(before, after, every).weakenings
    assert weakening.kind is WeakeningKind.NEW_ACCOUNTS
    assert weakening.text.endswith(
        "contact (soc -> finops) in new accounts of tag scope=pci; no existing account gets it"
    )


BY_TAG = {"tag": "contact", "default": "soc"}
CONTACTS = BASE["contacts"] | PRIMARY_CONTACTS


def choosing(said: Any, *, kind: str = "SECURITY", **document: Any) -> dict[str, Any]:
    """No override, and this for the kind."""
    defaults = {"SECURITY": "soc", "PRIMARY": "branch", kind: said}
    return BASE | {"overrides": [], "contacts": CONTACTS, "defaults": defaults} | document


def tagged(*values: str | None) -> list[ObservedAccount]:
    """Accounts with these values of the tag, all with the contacts of the defaults."""
    accounts = [
        make_account(number, tags={} if value is None else {"contact": value})
        for number, value in enumerate(values)
    ]
    return observe(accounts, choosing("soc"))


@check_each("size", SIZES)
@check_each("kind", ContactKind)
def test_letting_a_tag_choose_waits_in_an_organization_of_any_size(kind, size):
    primary = kind is ContactKind.PRIMARY
    usual, others = ("branch", "headquarters") if primary else ("soc", "finops, pci-soc, platform")
    before = choosing(usual, kind=kind)
    after = choosing({"tag": "contact", "default": usual}, kind=kind)
    observed = observe(map(make_account, range(size)), before)
    change = compare(before, after, observed)
    assert change.changed == 0
    texts = [one.text for one in change.weakenings]
    assert (
        f"another {kind} contact ({usual} -> {others}) in new accounts of tag contact;"
        " no existing account gets it"
    ) in texts
    assert (
        "blocked: Rollcall restores nothing in new accounts of tag contact with another value:"
        f" a value of tag contact names no {kind.lower()} contact of the roster"
    ) in texts
    assert set(texts) <= set(reasons(change, before))
    # In the other direction nothing is weakened that accounts of today have, or new ones could.
    assert compare(after, after, observed).weakenings == ()


def test_accounts_whose_contact_a_tag_changes_are_counted():
    change = compare(
        choosing("soc"), choosing(BY_TAG), tagged(None, "soc", "finops", "finops", "pci-soc", "x")
    )
    assert (change.changed, change.adopted) == (3, 0)
    (blocked,) = (one for one in change.weakenings if one.kind is WeakeningKind.BLOCKED)
    assert blocked.accounts == (name_account(5),)


def test_any_number_of_unknown_values_is_one_weakening():
    many = tagged(*(f"team-{number}" for number in range(200)))
    change = compare(choosing("soc"), choosing(BY_TAG), many)
    (blocked,) = (one for one in change.weakenings if one.kind is WeakeningKind.BLOCKED)
    assert blocked.count == 200
    assert blocked.text.endswith(
        "with another value: a value of tag contact names no security contact of the roster"
    )


def test_among_any_number_of_contacts_is_one_weakening():
    teams = {f"team-{number:03}": EVIL | {"title": str(number)} for number in range(300)}
    many = choosing("soc", contacts=CONTACTS | teams)
    change = compare(many, many | {"defaults": choosing(BY_TAG)["defaults"]}, tagged(None))
    assert [one.kind for one in change.weakenings] == [WeakeningKind.BLOCKED, WeakeningKind.NEW_ACCOUNTS]
    assert "(soc -> finops, pci-soc, platform, team-000, " in change.weakenings[1].text
    assert " and 283 more) in new accounts" in change.weakenings[1].text


EVIL = {"name": "Security", "title": "x", "email": "soc@evil.example", "phone": "+1 206 555 0199"}
BY_TEAM = BY_TAG | {"tag": "team"}


def in_place(selector: dict[str, Any], said: Any) -> dict[str, Any]:
    return {"overrides": [selector | {"kinds": {"SECURITY": said}, "mode": None}]}


#: Each lets a tag choose what it could not before: the rosters, the contact, and the new accounts.
WIDER = {
    "a contact more": (
        choosing(BY_TAG),
        choosing(BY_TAG, contacts=CONTACTS | {"evil": EVIL}),
        ("none -> evil", "tag contact"),
    ),
    "a contact more, in one OU": (
        choosing("soc", **in_place({"ou": "Sandbox"}, BY_TAG)),
        choosing("soc", **in_place({"ou": "Sandbox"}, BY_TAG), contacts=CONTACTS | {"evil": EVIL}),
        ("none -> evil", "tag contact (OU Sandbox)"),
    ),
    "another contact under a name that no account has": (
        choosing(BY_TAG),
        changed(choosing(BY_TAG), "finops", email="finops@evil.example"),
        ("finops with another email", "tag contact"),
    ),
    "another key": (choosing(BY_TAG), choosing(BY_TEAM), ("soc -> finops, pci-soc, platform", "tag team")),
    "another default": (
        choosing(BY_TAG, overrides=[everyone_named(6, "soc")]),
        choosing(BY_TAG | {"default": "finops"}, overrides=[everyone_named(6, "soc")]),
        ("soc -> finops", "OU Sandbox, OU Workloads, OU Workloads/Production and 7 more"),
    ),
    "a default": (
        choosing(BY_TAG | {"default": None}, overrides=[everyone_named(6, "soc")]),
        choosing(BY_TAG, overrides=[everyone_named(6, "soc")]),
        ("none -> soc", "OU Sandbox, OU Workloads, OU Workloads/Production and 7 more"),
    ),
    "in one OU": (
        choosing(BY_TAG),
        choosing(BY_TAG, **in_place({"ou": "Sandbox"}, BY_TEAM)),
        ("soc -> finops, pci-soc, platform", "tag team (OU Sandbox)"),
    ),
    "with another tag": (
        choosing(BY_TAG),
        choosing(BY_TAG, **in_place({"tag": {"scope": "pci"}}, BY_TEAM)),
        ("soc -> finops, pci-soc, platform", "tag team (tag scope=pci)"),
    ),
    "in one account": (
        choosing(BY_TAG),
        choosing(BY_TAG, **in_place({"accounts": EVERYONE[:1]}, BY_TEAM)),
        ("soc -> finops, pci-soc, platform", f"tag team (accounts {EVERYONE[0]})"),
    ),
}


@check_each("name", WIDER)
def test_whatever_a_tag_could_not_choose_before_waits_though_no_account_changes(name):
    approved, candidate, (what, where) = WIDER[name]
    change = compare(approved, candidate, tagged(*[None] * 6))
    assert change.changed == 0
    texts = [one.text for one in change.weakenings]
    said, end = f"another SECURITY contact ({what}) in new accounts", "; no existing account gets it"
    assert f"{said} of {where}{end}" in texts or f"{said}{end}" in texts
    assert set(texts) <= set(reasons(change, approved))


def test_a_contact_more_waits_though_no_account_is_where_a_tag_can_choose_it():
    nowhere = in_place({"ou": "Labs"}, BY_TAG)
    before = choosing("soc", **nowhere)
    after = choosing("soc", **nowhere, contacts=CONTACTS | {"evil": EVIL})
    assert compare(before, before, tagged(None)).weakenings == ()
    (weakening,) = compare(before, after, tagged(None)).weakenings
    assert weakening.kind is WeakeningKind.MATCHES_NOTHING


def test_a_choice_that_loses_its_default_blocks_accounts_without_the_tag():
    change = compare(choosing(BY_TAG), choosing(BY_TAG | {"default": None}), tagged(None, "soc"))
    (weakening,) = change.weakenings
    assert weakening.kind is WeakeningKind.BLOCKED
    assert weakening.accounts == (name_account(0),)


def test_what_changes_behind_a_conflict_of_both_rosters_counts():
    """Once a tag goes, the entry that is left applies, and nobody looks at it again."""
    two = [
        {"tag": {"scope": "pci"}, "kinds": {"SECURITY": "pci-soc"}, "mode": None},
        {"tag": {"level": "1"}, "kinds": {"SECURITY": "finops"}, "mode": None},
    ]
    before = BASE | {"overrides": two}
    observed = [
        replace(one, account=replace(one.account, tags={"scope": "pci", "level": "1"}))
        for one in observe(map(make_account, range(6)), BASE | {"overrides": []})
    ]
    after = changed(before, "pci-soc", email="aws-sco@example.com")
    assert compare(before, before, observed).changed == 0
    change = compare(before, after, observed)
    assert (change.changed, change.adopted) == (6, 0)
    assert "6 of 6 active accounts would change, the limit is 2" in reasons(change, before)
    exempt = [{"accounts": EVERYONE[:6], "reason": "sold", "until": None}]
    assert compare(before | {"exempt": exempt}, after | {"exempt": exempt}, observed).changed == 0
    assert compare(before | {"mode": "audit"}, after | {"mode": "audit"}, observed).changed == 0


def test_what_changes_behind_a_value_that_does_not_fit_the_account_counts():
    long = observe((make_account(number, name="x" * 50) for number in range(6)), BASE | {"overrides": []})
    before = changed(BASE, title="On call for {account_name}") | {"overrides": []}
    after = changed(before, email="aws-sco@example.com")
    assert compare(before, after, long).changed == 6


# Any two rosters

_IDS = [name_account(number) for number in range(6)]
_SELECTORS = st.one_of(
    st.lists(st.sampled_from([*_IDS, "999999999999"]), min_size=1, max_size=3, unique=True).map(
        lambda ids: {"accounts": ids}
    ),
    st.sampled_from(["Workloads", "Workloads/Production", "Production", "Sandbox", ROOT]).map(
        lambda ou: {"ou": ou}
    ),
    st.sampled_from(["pci", "hr"]).map(lambda value: {"tag": {"scope": value}}),
)
_CHOICES = st.builds(
    lambda key, default: {"tag": key, "default": default},
    st.sampled_from(["scope", "contact"]),
    st.sampled_from([None, "soc", "branch"]),
)
_ALTERNATES = st.dictionaries(
    st.sampled_from(list(map(str, ALTERNATE_KINDS))),
    st.sampled_from([None, "soc", "finops", "pci-soc"]) | _CHOICES,
)
_PRIMARY = st.dictionaries(st.just("PRIMARY"), st.sampled_from(list(PRIMARY_CONTACTS)) | _CHOICES)
_KINDS = st.builds(dict.__or__, _ALTERNATES, _PRIMARY)
_MODES = st.sampled_from(["enforce", "audit"])
_OVERRIDES = st.builds(
    lambda selector, kinds, mode: selector | {"kinds": kinds, "mode": mode},
    _SELECTORS,
    _KINDS,
    st.none() | _MODES,
)
_EXEMPTIONS = st.fixed_dictionaries(
    {
        "accounts": st.lists(st.sampled_from([*_IDS, "999999999999"]), min_size=1, max_size=2, unique=True),
        "reason": st.just("sold"),
        "until": st.sampled_from([None, "2026-11-01", "2026-12-24", "2027-12-24"]),
    }
)
ROSTERS = st.builds(
    lambda mode, defaults, overrides, exempt, changers, limit: (
        BASE
        | {
            "mode": mode,
            "contacts": BASE["contacts"] | PRIMARY_CONTACTS,
            "defaults": defaults,
            "overrides": overrides,
            "exempt": exempt,
            "authorised_changers": changers,
            "limits": {"max_changed_accounts": limit},
        }
    ),
    _MODES,
    _KINDS,
    st.lists(_OVERRIDES, max_size=3),
    st.lists(_EXEMPTIONS, max_size=2),
    st.lists(st.sampled_from([DEV, "arn:aws:iam::700000000000:user/mary"]), max_size=2, unique=True),
    st.sampled_from([None, 0, 3, "0%", "50%", "100%"]),
)
TAGS = st.sampled_from(
    [{}, {"scope": "pci"}, {"scope": "hr"}, *({"contact": name} for name in ("soc", "finops", "branch", "x"))]
)


@settings(max_examples=300, deadline=None)
@given(approved=ROSTERS, candidate=ROSTERS, found=ROSTERS, tags=st.lists(TAGS, min_size=6, max_size=6))
def test_for_any_two_rosters_whatever_would_be_written_or_weakened_is_counted_or_named(
    approved, candidate, found, tags
):
    accounts = [make_account(number, tags=carried) for number, carried in enumerate(tags)]
    first = {ContactKind.PRIMARY: Present(contact=FIRST_PRIMARY)}
    nothing = dict.fromkeys(ALTERNATE_KINDS, Absent()) | first
    observed = [replace(one, contacts=nothing | dict(one.contacts)) for one in observe(accounts, found)]
    change = compare(approved, candidate, observed)
    before, after = Roster.from_document(approved), Roster.from_document(candidate)
    named = {account_id for one in change.weakenings for account_id in one.accounts}
    writing = 0
    for one in observed:
        meant, now = (resolve_requirement(roster, one.account, today=TODAY) for roster in (before, after))
        ends = [find_exemption_end(roster, one.account, TODAY) for roster in (before, after)]
        weaker = any(
            rank(kind, now) < rank(kind, meant)
            or (
                rank(kind, now) == rank(kind, meant) == 2
                and not kept_parts(kind, now) <= kept_parts(kind, meant)
            )
            for kind in ContactKind
        )
        longer = ends[1] is not None and (ends[0] is None or ends[1] > ends[0])
        assert (one.account.id in named) == (weaker or longer)
        old, new = (plan_observed(one, roster, today=TODAY) for roster in (before, after))
        kept = {(item.kind, values(item.wanted)) for item in old.changes}
        writing += any((item.kind, values(item.wanted)) not in kept for item in new.changes)
    assert change.changed >= writing
    assert change.changed - change.adopted >= writing
    why = reasons(change, approved)
    assert set(why) >= {one.text for one in change.weakenings}
    if before.digest == after.digest:
        assert why == []
    for changer in after.authorised_changers - before.authorised_changers:
        assert any(changer in text for text in why)


def kept_parts(kind, requirement):
    desired = requirement.desired[kind]
    document = desired.contact.as_document() if isinstance(desired, Desired) else {}
    return {part for part, value in document.items() if value == KEEP}


def rank(kind, requirement):
    desired = requirement.desired.get(kind)
    if desired is None:
        return 0
    return 1 if requirement.halted or requirement.blocked or isinstance(desired, Conflict) else 2


def values(wanted: Any) -> Any:
    return getattr(wanted, "contact", None)
