"""Each error says what was meant and how to write it: to follow the advice leads to no other error."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.stacks.configs import complaints, load_from
from tests.stacks.test_config_warnings import QUIET, REAL
from tests.support.cases import check_each

if TYPE_CHECKING:
    from pathlib import Path

SSO = "AWSReservedSSO_Finance_0123456789abcdef"
SSO_PATH = "aws-reserved/sso.amazonaws.com"
SOC = "    name: Security Operations\n    title: Duty officer\n"


class Slip(NamedTuple):
    """A slip of a person: `typed` in place of `piece` is an error on `line`; it `says`; `meant` is taken."""

    piece: str
    typed: str
    line: int
    says: str
    meant: str


#: Those of reports in public, by the number under which they were collected, and of YAML itself.
SLIPS = {
    "02 OU as Control Tower shows it": Slip(
        "{tag: {scope: pci}, security",
        '{ou: "Production (ou-a1b2-11111111)", security',
        18,
        "is the form of Control Tower; write the ID alone, ou-a1b2-11111111",
        "{ou: ou-a1b2-11111111, security",
    ),
    "OU by its ARN": Slip(
        "{tag: {scope: pci}, security",
        '{ou: "arn:aws:organizations::123412341234:ou/o-k3j9x0q2w1/ou-a1b2-11111111", security',
        18,
        "is an ARN or a path of ids; write the id of the OU alone, ou-a1b2-11111111",
        "{ou: ou-a1b2-11111111, security",
    ),
    "OU by its path in an organization": Slip(
        "{tag: {scope: pci}, security",
        "{ou: o-k3j9x0q2w1/r-a1b2/ou-a1b2-11111111/*, security",
        18,
        "is an ARN or a path of ids; write the id of the OU alone, ou-a1b2-11111111",
        "{ou: ou-a1b2-11111111, security",
    ),
    "tag as Terraform's variables and Kubernetes write it": Slip(
        "{scope: pci}",
        "scope=pci",
        18,
        "is another tool's form of a tag: write {scope: pci}",
        "{scope: pci}",
    ),
    "tags as the AWS CLI lists them": Slip(
        "{scope: pci}",
        "[{Key: scope, Value: pci}]",
        18,
        "is another tool's form of a tag: write {scope: pci}",
        "{scope: pci}",
    ),
    "placeholder without quotes": Slip(
        "name: Security Operations",
        "name: {account_name}",
        5,
        'a value that begins with { must be in quotes: write "{account_name}"',
        'name: "{account_name}"',
    ),
    "key that YAML reads as a truth value": Slip(
        "{scope: pci}",
        "{scope: pci, on: x}",
        18,
        'the key on is read as true or false by YAML: write "on" in quotes',
        '{scope: pci, "on": x}',
    ),
    "name as a block": Slip(
        "name: Security Operations",
        "name: >\n      Security Operations",
        5,
        "ends with a line break: write it on one line, without | and >",
        "name: Security Operations",
    ),
    "OU with a slash in front": Slip(
        "{tag: {scope: pci}, security",
        "{ou: /Workloads/Production, security",
        18,
        "begins or ends with a slash; write Workloads/Production",
        "{ou: Workloads/Production, security",
    ),
    "06 role of Identity Center without its path": Slip(
        "overrides:",
        f"authorised_changers: [arn:aws:iam::222222222222:role/{SSO}]\noverrides:",
        17,
        f"write arn:aws:iam::222222222222:role/{SSO_PATH}/{SSO} (or with {SSO_PATH}/REGION/",
        f"authorised_changers: [arn:aws:iam::222222222222:role/{SSO_PATH}/{SSO}]\noverrides:",
    ),
    "session of a role of Identity Center": Slip(
        "overrides:",
        f"authorised_changers: [arn:aws:sts::222222222222:assumed-role/{SSO}/mary]\noverrides:",
        17,
        f"name its role, arn:aws:iam::222222222222:role/{SSO_PATH}/{SSO} (or with",
        f"authorised_changers: [arn:aws:iam::222222222222:role/{SSO_PATH}/{SSO}]\noverrides:",
    ),
    "session of another role": Slip(
        "overrides:",
        "authorised_changers: [arn:aws:sts::222222222222:assumed-role/ci/mary]\noverrides:",
        17,
        "name its role, arn:aws:iam::222222222222:role/ci (",
        "authorised_changers: [arn:aws:iam::222222222222:role/ci]\noverrides:",
    ),
    "09 tag as AWS writes it": Slip(
        "{scope: pci}",
        "{Key: scope, Value: pci}",
        18,
        "is another tool's form of a tag: write {scope: pci}",
        "{scope: pci}",
    ),
    "tag as CloudFormation writes it, that YAML reads otherwise": Slip(
        "{scope: pci}",
        '{key: country, value: "NO"}',
        18,
        'is another tool\'s form of a tag: write {country: "NO"}',
        '{country: "NO"}',
    ),
    "10 ID that lost a zero": Slip(
        '"444455556666"',
        "12345678901",
        19,
        'has 11 digits; if a leading zero got lost, write "012345678901"',
        '"012345678901"',
    ),
    "ID that lost zeros, in quotes": Slip(
        '"444455556666"',
        '"1234567890"',
        19,
        'has 10 digits; if 2 leading zeros got lost, write "001234567890"',
        '"001234567890"',
    ),
    "10 ID that a spreadsheet rounded": Slip(
        '"444455556666"',
        "1.23457E+11",
        19,
        "was rounded by a spreadsheet; look the ID up (aws organizations list-accounts)",
        '"123457000000"',
    ),
    "20 ID that YAML reads as an octal number": Slip(
        '"444455556666"', "020222070707", 19, 'write "020222070707" in quotes', '"020222070707"'
    ),
    "20 ID as the console shows it": Slip(
        '"444455556666"',
        '"1234-5678-9012"',
        19,
        'has more than digits; write "123456789012"',
        '"123456789012"',
    ),
    "ID that is a number": Slip(
        '"444455556666"', "444455556666", 19, 'write "444455556666" in quotes', '"444455556666"'
    ),
    "11 mailbox at a punycode domain": Slip(
        "email: soc@corp.internal",
        "email: soc@corp.xn--p1ai",
        7,
        "has '-' after the last dot, where the Account API refuses it: use an address at another domain",
        "email: soc@corp.internal",
    ),
    "11 mailbox at a domain that lost its end": Slip(
        "email: soc@corp.internal",
        "email: aws-soc@corp",
        7,
        "has no dot after the @: write the whole domain, as in name@example.com",
        "email: soc@corp.internal",
    ),
    "21 country that YAML reads as false": Slip(
        "{scope: pci}",
        "{country: NO}",
        18,
        'is read as true or false by YAML: write "NO" in quotes',
        '{country: "NO"}',
    ),
    "22 phone with dots": Slip(
        '"+1 206 234 5600"', '"+1.2062345600"', 8, "has '.', which", '"+1-2062345600"'
    ),
    "22 phone with an extension": Slip(
        '"+1 206 234 5600"', '"206-234-5600 x123"', 8, "has 'x', which", '"206-234-5600 123"'
    ),
    "22 phone with slashes": Slip(
        '"+1 206 234 5600"', '"0049/30/123456"', 8, "has '/', which", '"0049 30 123456"'
    ),
    "name of a contact": Slip(
        "billing: finops", "billing: finop", 16, "did you mean 'finops'?", "billing: finops"
    ),
    "tab": Slip(
        "    title: Duty", "\ttitle: Duty", 6, "it has a tab: write spaces instead", "    title: Duty"
    ),
    "colon in a value": Slip(
        "title: Duty officer",
        "title: On call: EU",
        6,
        'a value with a colon and a space must be in quotes: write title: "..."',
        'title: "On call: EU"',
    ),
    "colon in a value between braces": Slip(
        "title: On call,",
        "title: On call: EU,",
        10,
        'a value with a colon and a space must be in quotes: write title: "..."',
        'title: "On call: EU",',
    ),
    "no space after a colon": Slip(
        "mode: enforce",
        "mode:enforce",
        2,
        "a space is missing after the colon: write mode: ...",
        "mode: enforce",
    ),
    "no space after a dash": Slip(
        "  - {tag", "  -{tag", 18, "a space is missing after the dash: write - ...", "  - {tag"
    ),
    "quote that is not closed": Slip(
        "title: Duty officer",
        'title: "Duty officer',
        6,
        'the quote " is not closed: add a " at the end of the value',
        'title: "Duty officer"',
    ),
    "quote inside of quotes": Slip(
        "title: Duty officer",
        "title: 'Joe's officer'",
        6,
        "stands inside of a value in ': add it, or write the whole value in the other kind of quotes",
        'title: "Joe\'s officer"',
    ),
    "brace that is not closed": Slip(
        'title: Lead, email: pci@corp.internal, phone: "+1 206 234 5603"}',
        'title: Lead, email: pci@corp.internal, phone: "+1 206 234 5603"',
        12,
        "the { is not closed: add a } at the end of the value",
        'title: Lead, email: pci@corp.internal, phone: "+1 206 234 5603"}',
    ),
    "bracket that is not closed": Slip(
        "until: 2027-03-31}]", "until: 2027-03-31}", 20, "the [ is not closed: add a ]", "until: 2027-03-31}]"
    ),
    "value that begins with an at": Slip(
        "title: Duty officer",
        "title: @duty",
        6,
        "a value that begins with @ must be in quotes",
        'title: "@duty"',
    ),
    "value that begins with a star": Slip(
        "title: Duty officer", "title: *duty", 6, "quote a text that begins with *", 'title: "*duty"'
    ),
    "indented too much": Slip(
        "    title: Duty",
        "     title: Duty",
        6,
        "the line is indented more than the one above",
        "    title: Duty",
    ),
    "indented too little": Slip(
        "    title: Duty",
        "   title: Duty",
        6,
        "the line is not aligned with those above it",
        "    title: Duty",
    ),
    "conflict of git": Slip(
        "mode: enforce\n",
        "<<<<<<< HEAD\nmode: audit\n=======\nmode: enforce\n>>>>>>> theirs\n",
        2,
        "git left a conflict here: keep one version, and delete the lines that begin with <<<<<<<, =======",
        "mode: enforce\n",
    ),
    "word alone": Slip(
        "mode: enforce\n", "mode: enforce\nenforce\n", 3, "write key: value", "mode: enforce\n"
    ),
    "second document": Slip(
        "mode: enforce\n", "mode: enforce\n---\n", 3, "delete the line ---", "mode: enforce\n"
    ),
    "escape that is none": Slip(
        "title: Duty officer",
        'title: "Duty \\d"',
        6,
        "write \\\\d, or use single quotes",
        "title: 'Duty \\d'",
    ),
    "path of Windows": Slip(
        "title: Duty officer",
        'title: "C:\\Users\\duty"',
        6,
        "write \\\\, or use single quotes",
        "title: 'Duty'",
    ),
    "version in quotes": Slip(
        "version: 1\n", 'version: "1"\n', 1, "version: is text: write 1 without quotes", "version: 1\n"
    ),
    "value without an end": Slip(
        "mode: enforce\n",
        f"mode: {'x' * 5000}\n",
        2,
        f"mode: '{'x' * 200}...' is not allowed; allowed: ",
        "mode: enforce\n",
    ),
    "value that begins with a bracket to the right": Slip(
        "title: Duty officer",
        "title: >duty",
        6,
        "a value that begins with > or | must be in quotes",
        'title: ">duty"',
    ),
    "comma too many": Slip(
        "security: pci-soc}",
        "security: pci-soc,, mode: audit}",
        18,
        "a value is missing before ,",
        "security: pci-soc, mode: audit}",
    ),
}


@check_each("slip", SLIPS.values())
def test_the_advice_is_taken(tmp_path: Path, slip: Slip) -> None:
    assert QUIET.count(slip.piece) == 1
    (said,) = complaints(tmp_path, organization=REAL, contacts=QUIET.replace(slip.piece, slip.typed))
    assert said.startswith(f"config/contacts.yaml:{slip.line}: ")
    assert slip.says in said
    assert complaints(tmp_path, organization=REAL, contacts=QUIET.replace(slip.piece, slip.meant)) == []


@check_each("slip", SLIPS.values())
def test_what_an_error_tells_to_write_is_what_is_taken(slip: Slip) -> None:
    for written in re.findall(r'write ("\w+"|\{.*\}$|arn:\S+|ou-\S+|Workloads/\S+)', slip.says):
        assert written in slip.meant


@pytest.mark.parametrize("people", ["operators", "readers"])
def test_roles_of_identity_center_need_their_path_in_patterns_too(tmp_path: Path, people: str) -> None:
    arn = "arn:aws:iam::123412341234:role/AWSReservedSSO_Ops*"
    (said,) = complaints(tmp_path, organization=f"{REAL}{people}: [{arn}]\n", contacts=QUIET)
    (meant,) = re.findall(r"write (arn:\S+)", said)
    assert "AWSReservedSSO_Ops*" in meant
    assert complaints(tmp_path, organization=f"{REAL}{people}: [{meant}]\n", contacts=QUIET) == []


@pytest.mark.parametrize(
    ("ou", "meant"), [("Root/Workloads", "Workloads"), ("root/A/B", "A/B"), ("Root", "r-a1b2")]
)
def test_a_path_from_the_root_is_probably_not_meant(tmp_path: Path, ou: str, meant: str) -> None:
    def warnings(name: str) -> list[str]:
        contacts = QUIET.replace("tag: {scope: pci}", f"ou: {name}")
        return [str(one) for one in load_from(tmp_path, organization=REAL, contacts=contacts).warnings]

    (said,) = warnings(ou)
    assert said.startswith("config/contacts.yaml:18: overrides[0].ou: begins with")
    assert f"write {meant}," in said or "give the ID of the root" in said
    assert warnings(meant) == []
