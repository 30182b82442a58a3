"""`rollcall plan`: what the roster would change, and what becomes of what was seen when it is cut off."""

from __future__ import annotations

import json
import stat
from datetime import timedelta

import pytest

from rollcall.adapters.state.rosters import MatchTable
from rollcall.adapters.state.sweeps import SweepTable
from rollcall.model.roster import Tagged
from rollcall.sweep.run import Run, Step, Trigger
from simulation.errors import ApiError
from tests.cli.desk import (
    CONTACTS,
    DIVESTED,
    HUB,
    MALLORY,
    MANAGEMENT,
    PAYMENTS,
    PLAYGROUND,
    RIGHT,
    SHOP,
    WITH_PRIMARY,
    assert_golden,
)
from tests.cli.stack_sets import CloudFormation, Deployed
from tests.cli.world import TABLE
from tests.support.command_errors import refused

SHOP_RIGHT = {
    "security": RIGHT["security"],
    "operations": ("Cloud Platform", "On call for Web Shop", *RIGHT["operations"][2:]),
}
HUB_RIGHT = RIGHT | {
    "operations": ("Cloud Platform", "On call for Security Tooling", *RIGHT["operations"][2:])
}


@pytest.fixture
def right(desk):
    """All is as the roster wants it, but in the sandbox, which is in audit mode. No stack is deployed."""
    desk.elsewhere = lambda _service, account: CloudFormation(
        Deployed(organization=desk.organization, hub_account=HUB), account
    )
    desk.has(PAYMENTS, **RIGHT)
    desk.has(SHOP, **SHOP_RIGHT)
    desk.has(HUB, **HUB_RIGHT)
    playground = ("Cloud Platform", "On call for Playground", *RIGHT["operations"][2:])
    desk.has(PLAYGROUND, **RIGHT | {"operations": playground})
    return desk


@pytest.fixture
def drifted(right):
    right.has(PAYMENTS, security=MALLORY, operations=RIGHT["operations"])
    right.has(SHOP, **SHOP_RIGHT, billing=RIGHT["billing"])
    right.has(PLAYGROUND, **RIGHT)
    return right


def plan(desk, *arguments):
    result = desk.run("plan", "--fresh", "--json", *arguments)
    return json.loads(result.stdout), result


def test_where_all_is_right_there_is_nothing_to_change(right):
    result = right.run("plan", "--fresh")
    assert result.exit_code == 0, result.stderr
    assert_golden("plan-nothing.txt", result.stdout)
    assert "note: RollcallHub is not deployed: whether a sweep is running is not known" in result.stderr


def test_differences_are_shown_part_by_part(drifted):
    result = drifted.run("plan", "--fresh", "--show-details")
    assert result.exit_code == 2
    assert_golden("plan-changes.txt", result.stdout)


def test_elsewhere_than_on_a_terminal_contacts_are_masked(drifted):
    for form in ([], ["--json"]):
        assert MALLORY[2] not in drifted.run("plan", "--fresh", *form).stdout
        assert MALLORY[2] in drifted.run("plan", "--fresh", *form, "--show-details").stdout
    drifted.terminal = True
    assert MALLORY[2] in drifted.run("plan", "--fresh").stdout


def test_a_contact_cannot_speak_to_the_terminal(drifted):
    drifted.has(PAYMENTS, security=("\x1b]0;owned\x07", *MALLORY[1:]))
    assert "\x1b" not in drifted.run("plan", "--fresh", "--show-details").stdout


def test_scripts_get_json(drifted):
    _, result = plan(drifted)
    assert_golden("plan.json", result.stdout)


def test_nothing_is_ever_written(drifted):
    drifted.run("plan", "--fresh")
    assert all(name.startswith(("get_", "list_", "describe_")) for name, _ in drifted.calls)


def test_where_nobody_knows_what_is_approved_the_plan_has_no_digest(drifted):
    """That it has a sweep's where it is known is held by test_plan_of_last_sweep."""
    drifted.caller = MANAGEMENT
    assert plan(drifted)[0]["plan"] is None


def test_a_part_of_the_organization_has_no_such_digest(drifted):
    assert plan(drifted)[0]["plan"] is None, "nobody read the management account"
    found, _ = plan(drifted, "--account", PAYMENTS)
    assert found["plan"] is None
    assert {item["account"]["id"] for item in found["differences"]} == {PAYMENTS}


@pytest.mark.parametrize(
    ("arguments", "accounts"),
    [
        (["--ou", "Workloads"], {PAYMENTS, SHOP}),
        (["--ou", "Workloads/Production"], {SHOP}),
        (["--account", SHOP, "--account", PAYMENTS], {PAYMENTS, SHOP}),
        (["--ou", "Workloads/Production", "--account", SHOP], {SHOP}),
        (["--ou", "r-a1b2"], {PAYMENTS, SHOP, HUB, PLAYGROUND, DIVESTED, MANAGEMENT}),
    ],
)
def test_a_part_of_the_organization_can_be_planned(drifted, arguments, accounts):
    found, _ = plan(drifted, *arguments)
    assert found["accounts"]["planned"] == len(accounts)
    asked = {parameters["AccountId"] for name, parameters in drifted.calls if name.startswith("get_alt")}
    assert asked == accounts - {MANAGEMENT}


@pytest.mark.parametrize(
    ("where", "what"),
    [
        (("account", "name"), 1),
        (("account", "id"), {}),
        (("account", "tags"), "x"),
        (("account", "ou_path"), [1]),
        (("contacts",), "x"),
        (("contacts", "SECURITY"), {"state": "unreadable", "reason": 1}),
        (("contacts", "SECURITY", "contact", "email"), None),
        (("orphaned",), "x"),
    ],
)
def test_a_file_with_something_else_in_place_of_text_is_no_plan(drifted, where, what):
    drifted.run("plan", "--fresh", "--out", "plan.json")
    path = drifted.where / "plan.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    place = next(item for item in document["observed"] if item["account"]["id"] == PAYMENTS)
    for key in where[:-1]:
        place = place[key]
    place[where[-1]] = what
    path.write_text(json.dumps(document), encoding="utf-8")
    result = drifted.run("plan", "--fresh", "--resume", "plan.json")
    assert result.exit_code == 1
    assert f"error: {path} is not a plan\nfix: use a file" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--ou", "Workload"], "there is no account below 'Workload'"),
        (["--ou", "Workload"], "did you mean 'Workloads"),
        (["--ou", "Development"], "did you mean 'Workloads/Development'?"),
        (["--account", "999999999999"], "account 999999999999 is not in the organization"),
        (["--account", "12"], "an account ID has 12 digits"),
        (["--json", "--format", "markdown"], "Invalid value for --json, --format: choose one of the two"),
        (["--resume", "x", "--ou", "Sandbox"], "the file of --resume defines the accounts"),
        (["--resume", "config/contacts.yaml"], "config/contacts.yaml is not a plan"),
        (["--resume", "nope.json"], "nope.json cannot be read: No such file"),
        (["--out", "no/where.json"], "no/where.json cannot be written: No such file"),
    ],
)
def test_a_question_that_cannot_be_answered_is_an_error(drifted, arguments, text):
    result = drifted.run("plan", "--fresh", *arguments)
    assert result.exit_code == 1
    assert text in " ".join(result.stderr.replace("│", " ").split())


def test_accounts_below_the_root_are_no_unit_to_suggest(drifted):
    drifted.organization.move(PAYMENTS, drifted.organization.root_id)
    assert "did you mean" not in drifted.run("plan", "--fresh", "--ou", "").stderr


def test_reading_takes_half_of_the_quota(right):
    for number in range(100):
        right.organization.add_account(name=f"Account {number}", email=f"{number}@example.com")
    start = right.clock.now()
    right.run("plan", "--fresh")
    reads = [name for name, _ in right.calls].count("get_alternate_contact")
    assert reads == 3 * (5 + 100)
    assert (right.clock.now() - start).total_seconds() >= (reads - 8) / 5


def test_kinds_that_the_roster_does_not_manage_are_not_read(right):
    roster = CONTACTS.replace(", billing: finops}", "}").replace("billing: absent", "mode: audit")
    right.write(contacts=roster)
    right.run("plan", "--fresh")
    kinds = {parameters.get("AlternateContactType") for _, parameters in right.calls} - {None}
    assert kinds == {"SECURITY", "OPERATIONS"}


def test_the_management_account_is_unreachable_from_outside_and_that_is_no_error(right):
    found, result = plan(right)
    assert result.exit_code == 0
    assert {(item["account"]["id"], item["verdict"]) for item in found["unknown"]} == {
        (MANAGEMENT, "unreachable")
    }
    assert "run this command with credentials of the management account" in found["unknown"][0]["reason"]


def test_with_its_own_credentials_the_management_account_is_planned_too(right):
    right.caller = MANAGEMENT
    right.has(MANAGEMENT, security=MALLORY)
    found, result = plan(right)
    assert MANAGEMENT in {item["account"]["id"] for item in found["differences"]}
    assert not found["unknown"]
    assert "note: these are credentials of the management account: whether a sweep" in result.stderr


def test_a_reason_that_begins_with_the_verdict_is_shown_alone(right, monkeypatch):
    reason = "unreachable: the role x cannot be assumed"
    monkeypatch.setattr("rollcall_cli.plan.make._FROM_OUTSIDE", reason)
    assert f"BILLING, OPERATIONS, SECURITY: {reason}\n" in right.run("plan", "--fresh").stdout


def test_without_a_role_in_it_nobody_can_change_the_management_account(right):
    right.caller = MANAGEMENT
    organization = (right.where / "config" / "organization.yaml").read_text()
    right.write(organization=organization + "management_role: false\n")
    found, result = plan(right)
    assert result.exit_code == 0
    assert "remove management_role: false" in found["unknown"][0]["reason"]


def test_what_cannot_be_read_is_not_known(drifted):
    refusal = ApiError("AccessDeniedException", "with an explicit deny in a service control policy", 403)
    drifted.cloud.account.fail_next("GetAlternateContact", refusal, account=SHOP, kind="BILLING")
    result = drifted.run("plan", "--fresh")
    assert result.exit_code == 1
    assert_golden("plan-unreadable.txt", result.stdout)


def test_a_plan_above_the_limits_says_that_a_sweep_would_wait(right):
    right.write(contacts=CONTACTS + "limits: {max_changed_accounts: 1}\n")
    for account in (PAYMENTS, SHOP, HUB):
        right.has(account)
    result = right.run("plan", "--fresh")
    assert "A sweep would ask for approval: 4 of 6 active accounts would change, the limit is 1" in (
        result.stdout
    )


def test_tags_are_read_where_the_roster_uses_them(drifted):
    drifted.organization.accounts[PAYMENTS].tags["scope"] = "pci"
    found, _ = plan(drifted)
    assert any("override of tag scope=pci" in item["source"] for item in found["differences"])
    drifted.calls.clear()
    drifted.write(contacts=CONTACTS.replace("tag: {scope: pci}", "ou: Sandbox/Lab"))
    drifted.run("plan", "--fresh")
    assert "list_tags_for_resource" not in [name for name, _ in drifted.calls]


CUT_OFF = [
    (KeyboardInterrupt(), 130, "interrupted"),
    (refused("ExpiredTokenException"), 1, "expired"),
    (refused("AccessDeniedException"), 1, "denied"),
]


@pytest.mark.parametrize(("error", "status", "name"), CUT_OFF)
def test_what_was_seen_is_kept_and_gone_on_with(drifted, error, status, name):
    whole, _ = plan(drifted, "--show-details")
    tags = 0
    method = drifted.cloud.organizations.call

    def cut(operation, params, caller):
        nonlocal tags
        tags += operation == "ListTagsForResource"
        if tags == 3 and operation == "ListTagsForResource":
            raise error
        return method(operation, params, caller)

    drifted.cloud.organizations.call = cut
    result = drifted.run("plan", "--fresh", "--out", "plan.json")
    assert result.exit_code == status
    assert_golden(f"plan-{name}.txt", result.stderr)
    stored = json.loads((drifted.where / "plan.json").read_text())
    assert stored["partial"]
    assert stored["plan"] is None
    assert len(stored["observed"]) == 2
    drifted.calls.clear()
    drifted.cloud.organizations.call = method
    found, result = plan(drifted, "--resume", "plan.json", "--show-details")
    assert "note: 2 of 6 accounts were read before" in result.stderr
    assert "list_accounts" not in [name for name, _ in drifted.calls]
    assert found | {"since": ""} == whole | {"since": ""}
    stored = json.loads((drifted.where / "plan.json").read_text())
    assert not stored["partial"]
    assert stored["plan"] == found


def test_throttled_for_too_long_it_gives_up_and_keeps_what_it_has(drifted):
    busy = ApiError("TooManyRequestsException", "Too many requests", 429)
    drifted.cloud.account.fail_next("GetAlternateContact", busy, times=50, account=SHOP)
    result = drifted.run("plan", "--fresh", "--out", "plan.json")
    assert result.exit_code == 1
    assert_golden("plan-throttled.txt", result.stderr)
    assert json.loads((drifted.where / "plan.json").read_text())["partial"]


def test_the_file_is_named_as_it_was_given(drifted):
    drifted.failures["account"] = [KeyboardInterrupt()]
    shown = drifted.run("plan", "--fresh", "--out", "config/plan.json").stderr
    assert "`rollcall plan --resume config/plan.json`" in shown


def test_without_a_file_nothing_is_kept(drifted):
    drifted.failures["account"] = [KeyboardInterrupt()]
    result = drifted.run("plan", "--fresh")
    assert result.exit_code == 130
    assert "with --out FILE the command keeps what it has read" in result.stderr


def test_the_file_is_its_owners_alone(drifted):
    (drifted.where / "plan.json").write_text("old")
    drifted.run("plan", "--fresh", "--out", "plan.json")
    assert stat.S_IMODE((drifted.where / "plan.json").stat().st_mode) == 0o600
    assert MALLORY[2] in (drifted.where / "plan.json").read_text()


def test_another_roster_does_not_go_on_with_it(drifted):
    drifted.run("plan", "--fresh", "--out", "plan.json")
    drifted.write(contacts=CONTACTS.replace("mode: enforce", "mode: audit"))
    assert "was made with another roster" in drifted.run("plan", "--fresh", "--resume", "plan.json").stderr


def test_a_person_at_a_terminal_sees_how_far_it_is(drifted):
    drifted.terminal = True
    shown = drifted.run("plan", "--fresh").stderr
    assert "Reading contacts" in shown
    assert "6/6" in shown


@pytest.mark.parametrize("error", ["NoCredentials", "wrong account"])
def test_without_the_right_credentials_there_is_no_plan(right, error):
    if error == "wrong account":
        right.caller = PAYMENTS
    else:
        right.failures["sts"] = [refused("InvalidClientTokenId", 403)]
    result = right.run("plan", "--fresh")
    assert result.exit_code == 1
    assert "fix: " in result.stderr
    assert not result.stdout


def sweep(world):
    return SweepTable(client=world.client("dynamodb", HUB), table=TABLE)


def a_run(world, **more):
    return Run(
        id="20261005T090000Z-abcdef",
        execution="e",
        trigger=Trigger.SCHEDULE,
        by=None,
        started_at=world.clock.now(),
        next=Step.OBSERVE,
        roster="r",
        approved=None,
        data="d",
        **more,
    )


def test_beside_a_sweep_it_does_not_run(world):
    assert sweep(world).acquire(a_run(world, accounts=6, cursor=2), world.clock.now())
    result = world.run("plan", "--fresh")
    assert result.exit_code == 1
    assert_golden("plan-beside-a-sweep.txt", result.stderr)
    assert "list_accounts" not in [name for name, _ in world.calls]


def test_a_sweep_that_died_is_in_nobodys_way(world):
    sweep(world).acquire(a_run(world), world.clock.now())
    world.clock.sleep(timedelta(hours=1).total_seconds())
    result = world.run("plan", "--fresh")
    assert result.exit_code == 2
    assert not result.stderr


def test_what_a_renamed_unit_matched_is_held_as_the_sweep_holds_it(world):
    unit = world.organization.find_ou("Sandbox")
    memory = MatchTable(client=world.client("dynamodb", HUB), table=TABLE)
    memory.add_unit("Sandbox", unit)
    world.organization.rename_ou(unit, "Sandboxes")
    found, result = plan(world, "--account", PLAYGROUND)
    assert result.exit_code == 1
    assert {item["verdict"] for item in found["unknown"]} == {"blocked"}
    assert memory.list_units() == {"Sandbox": frozenset({unit})}


@pytest.mark.parametrize("followed", [True, False])
def test_a_tag_was_lost_only_if_the_roster_in_force_names_it(world, *, followed):
    if not followed:
        world.write(
            contacts=CONTACTS.replace(
                "{tag: {scope: pci}, security: pci-soc}", "{ou: Security, security: pci-soc}"
            )
        )
    world.approve()
    world.write(contacts=CONTACTS)
    memory = MatchTable(client=world.client("dynamodb", HUB), table=TABLE)
    memory.set_tagged(Tagged(tags=(("scope", "pci"),)).key, SHOP, carries=True)
    found, _ = plan(world, "--account", SHOP)
    verdicts = {item["verdict"] for item in found["unknown"]}
    assert ("blocked" in verdicts) is followed


def test_before_the_first_approval_a_sweep_would_wait(world):
    world.client("dynamodb", HUB).delete_item(
        TableName=TABLE, Key={"pk": {"S": "approval"}, "sk": {"S": "approval"}}
    )
    assert (
        "nothing is enforced yet, and a person approves the first roster"
        in world.run("plan", "--fresh").stdout
    )


def test_the_limit_is_the_approved_rosters(world):
    world.write(contacts=CONTACTS + "limits: {max_changed_accounts: 0}\n")
    world.approve()
    world.write(contacts=CONTACTS + "limits: {max_changed_accounts: 100%}\n")
    assert "a roster may change 6 of 6 active accounts without a person, until now 0" in (
        world.run("plan", "--fresh").stdout
    )


def test_a_plan_says_what_the_roster_weakens_and_which_entries_match_nothing(world):
    world.approve()
    weaker = CONTACTS.replace("mode: enforce", "mode: audit").replace("ou: Sandbox", "ou: Sandbx")
    world.write(contacts=weaker)
    result = world.run("plan", "--fresh")
    found = " ".join(result.stdout.split())
    assert "A sweep would ask for approval: audit mode: Rollcall only alerts" in found
    assert "the override of OU Sandbx matches no account (nearest: OU Sandbox)." in found
    assert "Warning: the override of tag scope=pci matches no account." in found


def test_who_may_not_ask_the_hub_is_told_what_is_not_known(world):
    world.failures["dynamodb"] = [refused("AccessDeniedException")]
    result = world.run("plan", "--fresh")
    assert "AccessDeniedException: whether a sweep is running is not known" in result.stderr
    assert result.exit_code == 2


def test_an_ou_whose_name_has_a_slash_is_named_by_its_id_and_shown_in_quotes(drifted):
    unit = drifted.organization.add_ou("CI/CD")
    deep = drifted.organization.add_ou("Deep", unit)
    drifted.organization.move(PAYMENTS, deep)
    result = drifted.run("plan", "--fresh", "--ou", "CI/CD")
    assert result.exit_code == 1
    assert f"(did you mean '{unit}', the OU CI/CD?)" in result.stderr
    result = drifted.run("plan", "--fresh", "--ou", unit)
    assert result.exit_code == 2
    assert '"CI/CD"/Deep' in drifted.run("explain", PAYMENTS).stdout


@pytest.fixture
def moved(right):
    """The primary contact of one account differs, with its own full name."""
    right.write(contacts=WITH_PRIMARY)
    account = right.organization.accounts[PAYMENTS]
    account.primary = {**account.primary, "City": "Portland", "AddressLine2": "Floor 3"}
    return right


def test_a_primary_contact_is_planned_in_every_form(moved):
    shown = moved.run("plan", "--fresh")
    assert shown.exit_code == 2
    assert_golden("plan-primary.txt", shown.stdout)
    table = moved.run("plan", "--fresh", "--format", "markdown").stdout
    assert "1 account: PRIMARY" in table
    for text in (shown.stdout, table, moved.run("plan", "--fresh", "--json").stdout):
        assert "Portland" not in text
    (found,) = json.loads(moved.run("plan", "--fresh", "--json", "--show-details").stdout)["differences"]
    assert found["found"]["city"] == "Portland"
    assert (found["wanted"]["name"], found["wanted"]["city"]) == ("Payments", "Seattle")
    assert "address_line2" not in found["wanted"]


def test_a_plan_of_primary_contacts_goes_on_where_it_was_interrupted(moved):
    whole = moved.run("plan", "--fresh").stdout
    method = moved.cloud.account.call

    def cut(operation, params, caller):
        if operation == "GetContactInformation" and params["AccountId"] == SHOP:
            raise KeyboardInterrupt
        return method(operation, params, caller)

    moved.cloud.account.call = cut
    assert moved.run("plan", "--fresh", "--out", "plan.json").exit_code == 130
    assert "Portland" in (moved.where / "plan.json").read_text()
    moved.cloud.account.call = method
    assert moved.run("plan", "--resume", "plan.json").stdout == whole
