"""A plan grouped by what changes: every value that differs, once, with the accounts that it is for."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from rollcall.decide.plan import PlannedChange
from rollcall.decide.plan_text import describe_accounts, describe_groups
from rollcall.decide.plan_values import ChangeGrouper, KnownContacts, group_changes
from rollcall.decide.resolve import fill_placeholders
from rollcall.model.account import Account, AccountState
from rollcall.model.contact import Contact, ContactKind
from rollcall.model.desired import Absent, Desired, DesiredAbsent, Present
from rollcall.model.display import PARTS, Masks
from rollcall.model.roster import Roster
from rollcall.sweep.stored_plan import describe_for_notice
from tests.support.world import ROSTER

SOC = Contact(name="Security", title="Duty officer", email="aws-soc@example.com", phone="+1 206 443 2100")
FINANCE = Contact(name="Finance", title="FinOps", email="aws-billing@example.com", phone="+1 206 443 2102")
MALLORY = Contact(name="Mallory", title="Guest", email="mallory@example.net", phone="+1 555 0100")
PLATFORM = Contact(
    name="Platform",
    title="On call for {account_name}",
    email="aws-platform@example.com",
    phone="+1 206 443 2101",
)


def roster(**contacts):
    documents = {name: contact.as_document() | {"review_by": None} for name, contact in contacts.items()}
    return Roster.from_document(ROSTER | {"contacts": documents, "defaults": {}, "overrides": []})


OLD = roster(soc=SOC, finops=FINANCE, platform=PLATFORM)
NEW = roster(soc=replace(SOC, email="aws-sco@example.com"), finops=FINANCE, platform=PLATFORM)


def account(number, ou="Workloads/Production"):
    return Account(
        id=f"{number:012}",
        name=f"Account {number}",
        state=AccountState.ACTIVE,
        ou_path=tuple(ou.split("/")) if ou else (),
        parent_ids=("r-a1b2",),
    )


def change(to, found, wanted, kind=ContactKind.SECURITY):
    return to, PlannedChange(
        account_id=to.id,
        kind=kind,
        found=Present(contact=fill_placeholders(found, to)) if found else Absent(),
        wanted=Desired(contact=fill_placeholders(wanted, to), source="contact x (defaults)")
        if wanted
        else DesiredAbsent(source="absent (defaults)"),
    )


def describe(*changes, rosters=(NEW, OLD), masks=Masks.FOREIGN):
    groups = group_changes(changes, KnownContacts(rosters))
    return [str(text) for text in describe_groups(groups, masks=masks)]


def test_a_typing_mistake_in_a_mailbox_shows_old_and_new_once():
    accounts = [account(1), account(2), account(3, "Sandbox")]
    bad = NEW.contacts["soc"]
    expected = (
        "3 accounts: SECURITY soc: email aws-soc@example.com -> aws-sco@example.com; "
        "000000000001 Account 1, 000000000002 Account 2, 000000000003 Account 3"
    )
    for masks in (Masks.FOREIGN, Masks.NOTHING):
        assert describe(*(change(one, SOC, bad) for one in accounts), masks=masks) == [expected]
    masked = describe(*(change(one, SOC, bad) for one in accounts), masks=Masks.EVERYTHING)
    assert "email a***@example.com #1 -> a***@example.com #2" in masked[0]


def test_the_largest_group_comes_first_and_many_accounts_are_counted_by_ou():
    places = ["Sandbox"] * 2 + ["Workloads/Production"] * 4 + [""]
    many = [change(account(number, ou), SOC, NEW.contacts["soc"]) for number, ou in enumerate(places)]
    first, second = describe(change(account(9), None, FINANCE, ContactKind.BILLING), *many)
    assert first.endswith("; 4 in Workloads/Production, 2 in Sandbox, 1 in the root")
    assert second == "1 account: add BILLING finops: email aws-billing@example.com; 000000000009 Account 9"


def test_with_many_ous_the_rest_is_counted():
    accounts = [account(number, f"Unit {number}") for number in range(7)]
    assert describe_accounts(accounts).endswith("1 in Unit 4, and in 2 more OUs")
    assert describe_accounts(accounts[:6]).endswith("1 in Unit 4, and in 1 more OU")


def test_a_foreign_contact_is_masked_in_alerts_and_in_full_for_the_operator():
    drifted = change(account(1), MALLORY, SOC)
    (masked,), (full,) = (
        describe(drifted, rosters=[OLD]),
        describe(drifted, rosters=[OLD], masks=Masks.NOTHING),
    )
    assert "email m***@example.net -> aws-soc@example.com" in masked
    assert 'name "M***" -> "Security"' in masked
    assert "Mallory" not in masked
    assert 'email mallory@example.net -> aws-soc@example.com, name "Mallory" -> "Security"' in full


def test_foreign_contacts_with_one_mask_are_numbered_and_not_grouped():
    other = replace(MALLORY, email="mary@example.net")
    first, second = describe(change(account(1), MALLORY, SOC), change(account(2), other, SOC))
    assert "m***@example.net #1 ->" in first
    assert "m***@example.net #2 ->" in second


def test_only_what_differs_is_shown():
    (shown,) = describe(change(account(1), replace(SOC, phone="+1 555 0100"), SOC))
    assert shown == "1 account: SECURITY soc: phone ***00 -> +1 206 443 2100; 000000000001 Account 1"


def test_another_contact_of_the_roster_is_named():
    (shown,) = describe(change(account(1), FINANCE, SOC))
    assert shown.startswith(
        "1 account: SECURITY finops -> soc: email aws-billing@example.com -> aws-soc@example.com, name "
    )


def test_a_contact_that_is_filled_in_is_one_group_with_its_placeholder():
    renamed = replace(PLATFORM, title="Duty for {account_name}")
    rosters = [roster(platform=renamed), OLD]
    changes = [change(account(number), PLATFORM, renamed, ContactKind.OPERATIONS) for number in (1, 2)]
    (shown,) = describe(*changes, rosters=rosters)
    assert shown.startswith(
        '2 accounts: OPERATIONS platform: title "On call for {account_name}" -> "Duty for {account_name}"; '
    )


def test_a_literal_placeholder_in_an_account_is_not_shown_as_the_one_of_the_roster():
    literal = replace(SOC, title="On call for {account_name}")
    where, drifted = change(account(1), None, PLATFORM, ContactKind.OPERATIONS)
    drifted = replace(drifted, found=Present(contact=literal))
    (shown,) = describe((where, drifted), masks=Masks.NOTHING)
    assert r'title "On call for \{account_name}" -> "On call for {account_name}"' in shown


def test_a_long_mailbox_keeps_its_domain_and_its_difference_in_a_notice():
    local = "on-call-of-the-platform-team"
    good, bad = (replace(SOC, email=f"{local}{end}{'x' * 99}@security.example.com") for end in ("a", "b"))
    groups = group_changes(
        [change(account(1), good, bad)], KnownContacts([roster(soc=bad), roster(soc=good)])
    )
    (text,) = describe_groups(groups, masks=Masks.FOREIGN, shortened=True)
    found, wanted = str(text.values[0].found), str(text.values[0].wanted)
    assert found.endswith("@security.example.com #1")
    assert wanted.endswith("@security.example.com #2")
    assert max(len(found), len(wanted)) < 70
    assert describe_for_notice(groups, masks=Masks.FOREIGN)["groups"] == [str(text)]


def test_a_delete_names_what_is_deleted():
    deleted = [change(account(1), SOC, None), change(account(2), MALLORY, None)]
    known, foreign = describe(*deleted)
    assert known.startswith("1 account: delete SECURITY soc: email aws-soc@example.com; ")
    assert foreign.startswith("1 account: delete SECURITY: email m***@example.net, name ")


def test_a_change_that_is_not_made_says_why():
    grouper = ChangeGrouper(KnownContacts([NEW, OLD]))
    where, drifted = change(account(1), MALLORY, SOC)
    grouper.add(where, drifted, note="audit mode")
    (text,) = describe_groups(grouper.list_groups(), masks=Masks.NOTHING)
    assert text.heading == "1 account: SECURITY soc (audit mode)"


def test_without_the_roster_all_is_foreign_and_nothing_is_lost():
    (shown,) = describe(change(account(1), SOC, NEW.contacts["soc"]), rosters=[])
    assert shown.startswith("1 account: SECURITY: email a***@example.com #1 -> a***@example.com #2; ")


contacts = st.sampled_from(
    [SOC, NEW.contacts["soc"], FINANCE, MALLORY, replace(MALLORY, email="m@example.net")]
)
planned = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from(ContactKind), contacts | st.none(), contacts | st.none())
)


@given(planned, st.sampled_from(Masks))
def test_every_change_is_in_exactly_one_group_and_different_groups_are_written_differently(rows, masks):
    distinct = {(number, kind): (found, wanted) for number, kind, found, wanted in rows if found != wanted}
    changes = [
        change(account(number), found, wanted, kind) for (number, kind), (found, wanted) in distinct.items()
    ]
    groups = group_changes(changes, KnownContacts([NEW, OLD]))
    grouped = [(one.id, group.kind) for group in groups for one in group.accounts]
    assert sorted(grouped) == sorted((where.id, item.kind) for where, item in changes)
    for group in groups:
        for value in group.values:
            assert value.found != value.wanted
    written = [
        (text.heading.partition(": ")[2], text.values) for text in describe_groups(groups, masks=masks)
    ]
    assert len(set(written)) == len(groups)
    if masks is Masks.NOTHING:
        text = "\n".join(map(str, describe_groups(groups, masks=masks)))
        for found, wanted in distinct.values():
            differing = [part for part in PARTS if getattr(found, part, None) != getattr(wanted, part, None)]
            for contact in filter(None, (found, wanted)):
                assert all(getattr(contact, part) in text for part in differing)
