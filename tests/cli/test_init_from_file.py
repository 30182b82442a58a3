"""`rollcall init --from`: the export of a report, or a spreadsheet, proposes what AWS would."""

from __future__ import annotations

import csv
import io
import tempfile
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollcall.adapters.account_api import read_members
from rollcall.decide.plan import ObservedAccount, plan_observed
from rollcall.decide.resolve import resolve_requirement
from rollcall.model.account import Account, AccountState
from rollcall.model.contact import ALTERNATE_KINDS, ALTERNATE_PARTS, PRIMARY_PARTS, Contact, ContactKind
from rollcall.model.desired import Absent, Desired, DesiredAbsent, Observation, Present, Unreadable, matches
from rollcall.model.roster import Roster
from rollcall.report.build import ReportInput, build_report
from rollcall.report.csv_file import list_columns, write_csv
from rollcall.sweep.run import PENDING_APPROVAL
from rollcall_cli.aws.directory import name_ou
from rollcall_cli.init.csv_file import read_csv
from rollcall_cli.init.files import FROM_AWS, FROM_FILE, build_roster_file
from rollcall_cli.init.propose import find_value_problem, propose
from rollcall_config.document import ConfigError
from rollcall_config.roster_compile import read_roster
from tests.cli.desk import CONTACTS, DIVESTED, MALLORY, MANAGEMENT, PAYMENTS, PLAYGROUND, RIGHT, SHOP
from tests.cli.scenes import operated
from tests.cli.test_init import PRIMARY
from tests.support.cases import check_each
from tests.support.organizations import PRIMARY_CONTACTS
from tests.support.reports import ROSTER, TODAY

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from rollcall_config.document import ConfigProblem

FILE = "contacts.csv"
COLUMNS = ("account_id", "kind", "name", "title", "email", "phone")
OTHER = ("Lab Security", "Lead", "aws-lab@example.com", "+1 206 443 2199")
UNREADABLE = {
    kind: Unreadable(reason=f"its {kind} contact was not readable in the run of the report")
    for kind in ContactKind
}
WITH_PRIMARY = ROSTER | {
    "contacts": ROSTER["contacts"] | PRIMARY_CONTACTS,
    "defaults": ROSTER["defaults"] | {"PRIMARY": "headquarters"},
}
ADDRESSES = ("FullName", "AddressLine1", "City", "PostalCode", "CountryCode", "PhoneNumber")
ADDRESS = ("Example Corp", "Main Street 1", "Bern", "3000", "ch", "+41 31 555 01 00")


def export(observed: Iterable[ObservedAccount], roster: Mapping[str, Any] = WITH_PRIMARY) -> bytes:
    """The CSV of a sweep that observed this and wrote nothing."""
    compiled = Roster.from_document(roster)
    basis = ReportInput(
        summary={
            "run": "20261005T093000Z-1f2e3d",
            "ended_at": "2026-10-05T09:30:00+00:00",
            "ending": "finished",
        },
        roster=roster,
        decide=lambda record: plan_observed(record, compiled, today=TODAY),
        judge=lambda _account_id, _change: PENDING_APPROVAL,
        drift=(),
        today=TODAY,
        trend=[],
        organization="o-exampleorgid",
        management=MANAGEMENT,
    )
    return write_csv(build_report(basis, observed)).encode()


def sheet(
    rows: Iterable[Sequence[str]], *, header: Sequence[str] = COLUMNS, separator: str = ",", end: str = "\r\n"
) -> bytes:
    """A file as a spreadsheet writes it."""
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator=end).writerows([header, *rows])
    return out.getvalue().encode()


def refuse(data: bytes) -> list[str]:
    """The errors of a file."""
    with pytest.raises(ConfigError) as caught:
        read_csv(data, file=FILE)
    return str(caught.value).split("\n")


def make_account(number: int, path: tuple[str, ...], state: AccountState = AccountState.ACTIVE) -> Account:
    """An account below OUs, each of which has the same id for the same path."""
    ids = [f"ou-a1b2-{abs(hash(path[:depth])) % 10**8:08d}" for depth in range(1, len(path) + 1)]
    return Account(
        id=f"{number:012}", name=f"Account {number}", state=state, ou_path=path, parent_ids=("r-a1b2", *ids)
    )


# Of each part values that a roster takes, that only a spreadsheet stumbles over, and that no roster takes.
VALUES = st.builds(
    Contact,
    name=st.sampled_from(["Ann", "=Bo", "'=Bo", 'say "-hi"; +1', " Bo", "{x}", "\u2028\x07", "\U0001f600"]),
    title=st.sampled_from(["Lead", "@night,day", "''"]),
    email=st.sampled_from(["a@example.com", "=b@example.com", "b@example.com "]),
    phone=st.sampled_from(["+1 (2)", "01", "-"]),
)
NAMES = ("A", "=B", "Ü", "\x07", "a/b", 'say "x"', "r-x")


@st.composite
def organizations(draw: Any) -> list[ObservedAccount]:
    """What was observed: contacts from a few values, so that OUs share them, of at least one account."""
    values = draw(st.lists(VALUES, min_size=1, max_size=2))
    primary = draw(st.lists(PRIMARY, min_size=1, max_size=2))
    form = draw(st.sampled_from([None, "Account {}", "Owner of {}"]))
    known: list[Observation] = [*(Present(contact=one) for one in values), Absent()]
    paths = st.lists(st.sampled_from(draw(st.sampled_from([NAMES[:3], NAMES]))), max_size=3).map(tuple)
    observed = []
    for number in draw(st.lists(st.integers(1, 40), min_size=1, max_size=9, unique=True)):
        state = draw(st.sampled_from([*[AccountState.ACTIVE] * 4, AccountState.SUSPENDED]))
        account = make_account(number, draw(paths), state)
        contacts = {kind: draw(st.sampled_from([*known * 3, UNREADABLE[kind]])) for kind in ALTERNATE_KINDS}
        name = {"FullName": form.format(number)} if form else {}
        address = read_members(draw(st.sampled_from(primary)) | name, ContactKind.PRIMARY)
        contacts[ContactKind.PRIMARY] = draw(
            st.sampled_from([*[Present(contact=address)] * 6, Absent(), UNREADABLE[ContactKind.PRIMARY]])
        )
        observed.append(ObservedAccount(account=account, contacts=contacts if account.active else {}))
    return observed


def read_back(text: str) -> Roster:
    with tempfile.TemporaryDirectory() as where:
        path = Path(where) / "contacts.yaml"
        path.write_text(text, encoding="utf-8")
        return Roster.from_document(read_roster(path, file=FILE).compiled)


def select(observed: Iterable[ObservedAccount], kinds: Container[ContactKind]) -> list[ObservedAccount]:
    """Active accounts as `init` reads them."""
    return [
        replace(one, contacts={kind: found for kind, found in one.contacts.items() if kind in kinds})
        for one in observed
        if one.account.active
    ]


@pytest.mark.parametrize("primary", [False, True])
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(organization=organizations())
def test_an_export_proposes_what_aws_would(primary: bool, organization: list[ObservedAccount]) -> None:
    kinds = tuple(ContactKind) if primary else ALTERNATE_KINDS
    active = select(organization, kinds)
    if not active:
        assert refuse(export(organization))[0].startswith(f"{FILE}:1: has no contact of an active account")
        return
    reading = read_csv(export(organization), file=FILE, primary=primary)
    assert bool(reading.left_out) is not primary
    assert reading.inactive == len(organization) - len(active)
    of_aws, of_file = build_roster_file(propose(active)), build_roster_file(propose(reading.observed))
    paths = {one.account.ou_path[:depth] for one in active for depth in range(1, 4) if one.account.ou_path}
    if all(name_ou("", path) for path in paths):
        assert of_file == of_aws
    # An OU that only its id names is in no export: there, the same comes of overrides by account.
    rosters = read_back(of_aws), read_back(of_file)
    for one in active:
        asked, same = (resolve_requirement(roster, one.account, today=TODAY) for roster in rosters)
        assert asked.exempt == same.exempt
        for kind in () if same.exempt else kinds:
            before, after = asked.desired.get(kind), same.desired.get(kind)
            assert getattr(before, "contact", None) == getattr(after, "contact", None)
            if after is not None:
                assert isinstance(after, Desired | DesiredAbsent)
                assert matches(one.contacts[kind], after)


def takes(one: ObservedAccount) -> bool:
    """Whether a roster takes all values of its primary contact, as it must of a person's own file."""
    found = one.contacts[ContactKind.PRIMARY]
    parts = [(part, found.contact.get(part)) for part in PRIMARY_PARTS] if isinstance(found, Present) else []
    return not any(find_value_problem(part, value, ContactKind.PRIMARY) for part, value in parts)


SYNONYMS = {
    "account_id": ("AccountId", "account", "Account ID"),
    "kind": ("KIND", "Contact Type"),
    "name": ("Name", "contact_name"),
    "title": ("Title",),
    "email": ("E-Mail", "EmailAddress", "email"),
    "phone": ("Phone Number", "PhoneNumber"),
    "ou": ("OU",),
    **{
        part: (rule.member, part.replace("_", " "))
        for part, rule in PRIMARY_PARTS.items()
        if part not in ALTERNATE_PARTS
    },
    "notes": ("Notes", ""),
}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    organizations(),
    st.permutations(list(SYNONYMS)),
    st.tuples(
        st.sampled_from(",;\t"), st.sampled_from(["\r\n", "\n", "\r"]), st.sampled_from(["", "\ufeff"])
    ),
    st.data(),
)
def test_a_spreadsheet_proposes_what_aws_would(
    organization: list[ObservedAccount], order: list[str], form: tuple[str, str, str], data: Any
) -> None:
    separator, end, mark = form
    observed = [
        replace(
            one, account=replace(one.account, name="", state=AccountState.ACTIVE, ou_path=(), parent_ids=())
        )
        for one in select(organization, tuple(ContactKind))
    ]
    kept = propose(observed).kept
    observed = [one for one in observed if one.account in kept and takes(one)]
    header = [data.draw(st.sampled_from(SYNONYMS[name])) for name in order]
    rows = []
    for one in observed:
        for kind, found in one.contacts.items():
            values = found.contact.as_document() if isinstance(found, Present) else {}
            spelt = data.draw(st.sampled_from([str(kind), kind.lower(), f" {kind.title()} "]))
            # A person types no apostrophe before a sign but to have text.
            cells = {part: value.replace("'=", "''=") for part, value in values.items()}
            cells |= {"account_id": one.account.id, "kind": spelt, "notes": "a, b; c"}
            rows.append([cells.get(name, "") for name in order])
    blank = [[""] * len(order), [" "] * len(order)]
    text = mark.encode() + sheet([*rows, *blank], header=header, separator=separator, end=end)
    if not observed:
        assert "has no contact of an active account" in refuse(text)[0]
        return
    assert build_roster_file(propose(read_csv(text, file=FILE, primary=True).observed)) == build_roster_file(
        propose(observed)
    )


ROW = st.lists(
    st.sampled_from(["", "1", '"', "'", "=", "security", "primary", MALLORY[2], "x" * 70, PAYMENTS]),
    max_size=8,
)


@given(st.one_of(st.binary(), st.text().map(str.encode), st.lists(ROW, max_size=5).map(sheet)))
def test_whatever_the_file_is_errors_have_a_line_and_no_contact_details(data: bytes) -> None:
    problems: Sequence[ConfigProblem] = ()
    try:
        read_csv(data, file=FILE)
    except ConfigError as error:
        problems = error.problems
        assert problems  # a file may also have none
    assert all(problem.line and problem.file == FILE for problem in problems)
    assert MALLORY[2] not in "\n".join(map(str, problems))


def test_the_line_with_the_separator_for_excel_is_no_header() -> None:
    data = sheet([(SHOP, "security", "Soc, day", *RIGHT["security"][1:])], separator=";")
    assert read_csv(b"sep=;\r\n" + data, file=FILE) == read_csv(data, file=FILE)


def test_an_error_of_a_spreadsheet_is_no_name() -> None:
    data = b"sep=;\r\n" + sheet([(SHOP, "security", "#N/A", *RIGHT["security"][1:])], separator=";")
    assert refuse(data) == [f"{FILE}:3: name: is an error of a spreadsheet: correct it"]


def test_all_errors_are_named_with_line_column_and_fix() -> None:
    right = RIGHT["security"]
    data = sheet(
        [
            ("12345678901", "security", *right),
            ("1,23457E+11", "security", *right),
            ("1234-5678-9012", "Sec", *right),
            ("", "billing", "Ann\nLee", "", MALLORY[2], "call me"),
            ("left out", "primary", *right),
            (SHOP, "SECURITY", *right),
            (SHOP, "security", "{account_name}", *right[1:]),
            (SHOP, "billing"),
        ],
        header=("AccountId", "Type", "Name", "Title", "E-mail", "Phone"),
        separator=";",
    )
    looked_up = "look the ID up (aws organizations list-accounts)"
    text = "in a spreadsheet, format the column as text first"
    assert refuse(data) == [
        f'{FILE}:2: AccountId: has 11 digits; if a leading zero got lost, write "012345678901"; {text}',
        f"{FILE}:3: AccountId: '1,23457E+11' was rounded by a spreadsheet; {looked_up}; {text}",
        f"{FILE}:4: AccountId: '1234-5678-9012' has more than digits; write \"123456789012\"; {text}",
        f"{FILE}:4: Type: is not security, operations, billing or primary",
        f"{FILE}:5: AccountId: is not an account ID: write its 12 digits; {text}",
        f"{FILE}:5: Name: has characters that cannot be seen: correct it",
        f"{FILE}:5: Title: is empty: fill it, or empty all four for no contact",
        f"{FILE}:5: Phone: has a form that the Account API refuses: correct it",
        f"{FILE}:9: Name: has a brace, which a roster reads as a placeholder: correct it",
        f"{FILE}:9: Type: is SECURITY of account {SHOP}, as is line 8: keep one of the two",
        f"{FILE}:10: has 2 cells, the header has 6: put a value with ';' in double quotes",
    ]


@check_each(
    ("data", "problem"),
    [
        (
            b"kind,name\n",
            "1: account_id: is missing: call a column of the first line account_id, or account, ",
        ),
        (
            b"account,kind,name,title,phone\n",
            "1: email: is missing: call a column of the first line email, or ",
        ),
        (
            b"account,kind,name,title,email,E-Mail,phone\n",
            "1: email: is there 2 times, as 'email' and 'E-Mail'",
        ),
        (b"found_name\n", "1: account_id: is missing: export the report again"),
        (sheet([]), "1: has no contact of an active account below this line: add one"),
        (sheet([]) + "Jos\u00e9".encode("cp1252"), "2: is not UTF-8: save it as UTF-8 (in Excel: CSV UTF-8)"),
        ("account".encode("utf-16"), "1: is not UTF-8"),
        (sheet([]) + b'"a"b', "2: is not CSV ("),
    ],
)
def test_a_file_that_is_no_table_of_contacts_is_refused(data: bytes, problem: str) -> None:
    assert refuse(data)[0].startswith(f"{FILE}:{problem}")


@pytest.mark.parametrize("data", [b"", b"# Rollcall\n\nOne, two\n", b'{\n  "app": 1,\n}\n', b"a;b;c\nd;e\n"])
def test_what_is_no_table_at_all_is_one_error(data: bytes) -> None:
    assert refuse(data) == [
        f"{FILE}:1: has no column of contacts: name a CSV file with the first line {','.join(COLUMNS)}"
    ]


def test_without_a_header_no_row_is_judged() -> None:
    missing = set(COLUMNS) - {"kind", "name"}
    assert len(refuse(b"kind,name\na\nb,c,d\n")) == len(missing)


def test_an_account_in_two_ous_is_refused() -> None:
    header = (*COLUMNS, "ou")
    rows = [(SHOP, kind, *RIGHT["billing"], ou) for kind, ou in (("billing", "A/B"), ("security", "A"))]
    assert refuse(sheet(rows, header=header)) == [
        f"{FILE}:3: ou: is another OU of account {SHOP} than in line 2: correct one"
    ]


def test_a_state_that_no_export_has_is_refused() -> None:
    data = export(
        [ObservedAccount(account=make_account(1, ()), contacts=dict.fromkeys(ALTERNATE_KINDS, Absent()))]
    )
    assert [one.split(": ")[1] for one in refuse(data.replace(b"absent", b"gone"))] == ["found"] * len(
        ALTERNATE_KINDS
    )


def test_a_contact_that_lacks_a_part_is_in_no_proposal() -> None:
    soc = Contact.from_document(ROSTER["contacts"]["soc"])
    nameless = {ContactKind.SECURITY: Present(contact=replace(soc, name=""))}
    proposal = propose([ObservedAccount(account=make_account(1, ()), contacts=nameless)])
    assert [one.reason for one in proposal.exempted] == [
        "the name of its SECURITY contact is empty: correct it in the account"
    ]
    assert not proposal.contacts


def test_a_contact_without_a_row_is_not_known() -> None:
    rows = [(PAYMENTS, "security", *OTHER), (PAYMENTS, "billing", *[""] * 4), (SHOP, "security", *OTHER)]
    proposal = propose(read_csv(sheet(rows), file=FILE).observed)
    assert [(one.account.id, one.reason) for one in proposal.exempted] == [
        (SHOP, "the file has no BILLING contact of it, not even an empty one")
    ]
    assert set(proposal.defaults) == {ContactKind.SECURITY}


def test_a_kind_that_the_run_did_not_read_is_unmanaged() -> None:
    security = Present(contact=Contact.from_document(ROSTER["contacts"]["soc"]))
    observed = [
        ObservedAccount(account=make_account(number, ()), contacts={ContactKind.SECURITY: security})
        for number in (1, 2)
    ]
    proposal = propose(
        read_csv(
            export(observed, ROSTER | {"defaults": {"SECURITY": "soc"}, "overrides": []}), file=FILE
        ).observed
    )
    assert set(proposal.defaults) == {ContactKind.SECURITY}
    assert not proposal.exempted


@pytest.mark.parametrize(
    ("status", "wanted", "found"),
    [
        ("set", OTHER, Present(contact=Contact(**dict(zip(COLUMNS[2:], OTHER, strict=True))))),
        ("set", ("",) * 4, Absent()),
        *(
            (
                status,
                OTHER,
                Unreadable(
                    reason="its BILLING contact changed during the run of the report: use a later one"
                ),
            )
            for status in ("skipped", "pending")
        ),
    ],
)
def test_what_the_run_changed_is_as_it_became(
    status: str, wanted: tuple[str, ...], found: Observation
) -> None:
    contact = {"status": status, "found": "present", "kind": "BILLING", "account_id": SHOP, "state": "ACTIVE"}
    header = list_columns()
    contact |= dict(zip(header[8:12], MALLORY, strict=True)) | dict(zip(header[12:16], wanted, strict=True))
    (one,) = read_csv(sheet([[contact.get(name, "") for name in header]], header=header), file=FILE).observed
    assert one.contacts[ContactKind.BILLING] == found


def test_primary_contacts_of_a_file_are_read_if_they_are_asked_for(listed: Any) -> None:
    rows = [(one, "primary", *ADDRESS) for one in (PAYMENTS, SHOP)]
    (listed.where / FILE).write_bytes(sheet(rows, header=("Account", "Kind", *ADDRESSES)))
    assert "is missing" in listed.run("init", "--from", FILE, "--force").stderr
    result = listed.run("init", "--from", FILE, "--primary", "--force")
    assert result.exit_code == 0, result.stderr
    assert "  primary:    2 have the default, 0 another one, 0 none\n" in result.stdout
    roster = (listed.where / "config" / "contacts.yaml").read_text()
    assert 'FullName: "Example Corp"' in roster
    assert 'CountryCode: "CH"' in roster
    assert "WebsiteUrl" not in roster


def test_primary_contacts_that_nobody_asked_for_are_left_out(listed: Any) -> None:
    path = listed.where / FILE
    path.write_bytes(path.read_bytes() + f"{SHOP};primary;;;;\r\n".encode())
    result = listed.run("init", "--from", FILE, "--force")
    assert "Left out: 1 primary contact. --primary reads them, too.\n" in result.stdout
    assert "primary" not in (listed.where / "config" / "contacts.yaml").read_text()


def test_a_primary_contact_needs_what_aws_requires() -> None:
    header = (*COLUMNS, "AddressLine1", "City", "PostalCode", "CountryCode", "WebsiteUrl")
    data = sheet(
        [
            (SHOP, "primary", "Ann", "", "", "206 555 0100", "Main Street 1", " ", "98101", "XX", ""),
            (SHOP, "security", *OTHER, *[""] * 5),
        ],
        header=header,
    )
    with pytest.raises(ConfigError) as caught:
        read_csv(data, file=FILE, primary=True)
    assert str(caught.value).split("\n") == [
        f"{FILE}:2: City: is empty: fill it",
        f"{FILE}:2: CountryCode: is not the code of a country: correct it",
        f"{FILE}:2: phone: has a form that the Account API refuses: correct it",
    ]


def test_primary_contacts_that_a_file_does_not_have_are_not_proposed() -> None:
    soc = Present(contact=Contact.from_document(ROSTER["contacts"]["soc"]))
    contacts: dict[ContactKind, Observation] = dict.fromkeys(ALTERNATE_KINDS, soc)
    data = export([ObservedAccount(account=make_account(1, ()), contacts=contacts)], ROSTER)
    with pytest.raises(ConfigError, match="has no primary contact below this line: add one, or omit"):
        read_csv(data, file=FILE, primary=True)


def test_the_report_of_a_sweep_proposes_what_init_proposes(make_world: Any) -> None:
    world = make_world(operated)
    for account in (DIVESTED, PLAYGROUND):
        world.has(account, security=OTHER)
    world.has(SHOP, **RIGHT | {"security": MALLORY})  # the sweep restores it
    world.machines.hub.sweep("schedule")
    # Only the management account can read its own contacts, and only the hub has the reports.
    result = world.run("report", "--format", "csv", "--out", FILE)
    assert result.exit_code == 0, result.stderr
    assert ',"set",' in (world.where / FILE).read_text()
    assert world.run("init", "--config", "aws", "--profile", "management").exit_code == 0
    result = world.run("init", "--from", FILE, "--config", "file")
    assert result.exit_code == 0, result.stderr
    texts = [(world.where / one / "contacts.yaml").read_text() for one in ("aws", "file")]
    assert "overrides:" in texts[0]
    assert texts[0].replace(FROM_AWS, FROM_FILE) == texts[1]
    assert "Next: organization.yaml, docs/deploying.md." in result.stdout


@pytest.fixture
def listed(desk: Any) -> Any:
    rows = [(account, "Security", *RIGHT["security"]) for account in (PAYMENTS, SHOP)]
    (desk.where / FILE).write_bytes(sheet(rows, separator=";"))
    return desk


def test_a_wrong_file_and_a_roster_that_is_there_are_reported_in_one_run(listed: Any) -> None:
    (listed.where / FILE).write_text("account_id,kind,email\n", encoding="utf-8")
    both = listed.run("init", "--from", FILE)
    assert both.exit_code == 1
    assert f"error: {FILE}:1" in both.stderr
    assert "contacts.yaml in config would be overwritten" in both.stderr
    assert "; choose another directory with --config, or pass --force" in both.stderr


def test_no_aws_is_asked_and_only_the_roster_is_written(listed: Any) -> None:
    organization = (listed.where / "config" / "organization.yaml").read_text()
    assert "contacts.yaml in config would be overwritten" in listed.run("init", "--from", FILE).stderr
    assert (listed.where / "config" / "contacts.yaml").read_text() == CONTACTS
    result = listed.run("init", "--from", FILE, "--force")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == (
        "2 active accounts.\n"
        "  security:   2 have the default, 0 another one, 0 none\n"
        "  operations: unmanaged: none was found\n"
        "  billing:    unmanaged: none was found\n"
        "Wrote contacts.yaml, which is valid. The mode is audit: every account keeps its contacts.\n"
        "Next: `rollcall validate --live`, `rollcall plan --fresh`.\n"
    )
    assert not listed.asked_for
    assert (listed.where / "config" / "organization.yaml").read_text() == organization
    assert listed.run("validate").exit_code == 0


def test_a_file_with_an_error_writes_nothing(listed: Any) -> None:
    path = listed.where / FILE
    path.write_bytes(path.read_bytes() + b"1;2\r\n3;4\r\n")
    result = listed.run("init", "--from", FILE, "--force")
    assert result.exit_code == 1
    assert result.stderr == (
        f"error: {FILE}:4: has 2 cells, the header has 6: put a value with ';' in double quotes\n"
        f"{FILE}:5: has 2 cells, the header has 6: put a value with ';' in double quotes\n"
        "fix: correct the file, then run the command again; nothing was written\n"
    )
    assert (listed.where / "config" / "contacts.yaml").read_text() == CONTACTS


def test_a_file_without_one_complete_account_writes_nothing(listed: Any) -> None:
    rows = [(PAYMENTS, "security", *OTHER), (SHOP, "billing", *OTHER)]
    (listed.where / FILE).write_bytes(sheet(rows))
    result = listed.run("init", "--from", FILE, "--config", "new")
    assert result.stderr == (
        f"error: {FILE} has all contacts of no account\n"
        "fix: the file has no BILLING contact of it, not even an empty one\n"
    )
    assert not (listed.where / "new").exists()


def test_a_file_that_is_not_there_is_named(listed: Any) -> None:
    result = listed.run("init", "--from", "none.csv", "--force")
    assert (
        result.stderr == "error: none.csv cannot be read: No such file or directory\nfix: name another file\n"
    )


@pytest.mark.parametrize(
    "option",
    [("--hub", SHOP), ("--alerts", "a@example.com"), ("--region", "us-east-1"), ("--profile", "hub")],
)
def test_options_of_aws_are_refused(listed: Any, option: tuple[str, str]) -> None:
    result = listed.run("init", "--from", FILE, "--config", "new", *option)
    assert result.exit_code == 1
    assert "cannot be combined with --from" in " ".join(result.stderr.replace("│", "").split())
    assert not (listed.where / "new").exists()


def test_an_export_can_be_opened_and_saved_by_a_spreadsheet() -> None:
    observed = [
        ObservedAccount(
            account=make_account(10**11 + number, ("A",)),
            contacts={
                kind: Present(contact=Contact.from_document(ROSTER["contacts"]["soc"]))
                for kind in ALTERNATE_KINDS
            },
        )
        for number in range(3)
    ]
    data = export(observed)
    rows = list(csv.reader(io.StringIO(data.decode(), newline="")))
    saved = b"\xef\xbb\xbf" + sheet(rows[1:], header=rows[0], separator=";")
    assert read_csv(saved, file=FILE) == read_csv(data, file=FILE)
    assert b"'+1 206" in data
    assert {
        one.contacts[kind] for one in read_csv(saved, file=FILE).observed for kind in ALTERNATE_KINDS
    } == set(chain(observed[0].contacts.values()))
