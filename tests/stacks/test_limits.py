"""AWS's limits: what the settings allow fits them, and what does not is refused at its line."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from rollcall_config.organization_limits import (
    LONGEST_INLINE,
    LONGEST_RUNBOOK,
    LONGEST_TRUST,
    WRITER_POLICY,
    build_trust,
    measure,
)
from tests.stacks.configs import CONTACTS, ORGANIZATION, complaints
from tests.stacks.template import arn
from tests.stacks.variants import EVERYTHING, synthesize_with

if TYPE_CHECKING:
    from pathlib import Path

    from tests.stacks.assembly import Assembly
    from tests.stacks.template import Template

#: As long as names that CloudFormation makes can be.
LONGEST_NAME = 64
LINES = len(ORGANIZATION.splitlines())


def resolved(value: Any) -> Any:
    """As CloudFormation hands it over, with the longest ARNs and names."""
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)) in ("Ref", "Fn::GetAtt", "Fn::Join"):
        text = arn(value).replace("{AWS::Partition}", "aws").replace("{AWS::AccountId}", "3" * 12)
        text = text.replace("{AWS::Region}", "us-east-1").replace("{AWS::StackName}", "RollcallHub")
        text = re.sub(
            r"\{\w+\.Arn\}", f"arn:aws:dynamodb:us-east-1:333333333333:table/{'n' * LONGEST_NAME}", text
        )
        return re.sub(r"\{[\w.]+\}", "n" * LONGEST_NAME, text)
    if isinstance(value, dict):
        return {key: resolved(one) for key, one in value.items()}
    return [resolved(one) for one in value] if isinstance(value, list) else value


def measure_inline(template: Template, role: str) -> int:
    policies = template.of_type("AWS::IAM::Policy").values()
    return sum(measure(resolved(one["PolicyDocument"])) for one in policies if {"Ref": role} in one["Roles"])


def entries(key: str, values: list[str]) -> str:
    return "".join([f"{key}:\n", *(f'  - "{one}"\n' for one in values)])


def readers(count: int) -> list[str]:
    return [f"arn:aws:iam::4444555566{number:02}:role/Security*" for number in range(count)]


def test_a_roster_that_no_item_of_the_table_takes_is_refused_at_its_largest_part(tmp_path: Path) -> None:
    def make_contact(number: int) -> str:
        text = hashlib.sha512(str(number).encode()).hexdigest()
        name, title, mail = text[:60], text[60:90], text[90:]
        return f'{{name: n{name}, title: t{title}, email: {mail}@example.com, phone: "+1 {number:09}"}}'

    def make_text(count: int) -> str:
        entries = "".join(f"  c{number}: {make_contact(number)}\n" for number in range(count))
        return CONTACTS.replace("contacts:\n", f"contacts:\n{entries}")

    (complaint,) = complaints(tmp_path, contacts=make_text(5500))
    assert complaint.startswith("config/contacts.yaml:3: contacts: makes the roster too large to be stored:")
    assert complaints(tmp_path, contacts=make_text(3000)) == []


PATHS = [f"o-exampleorgid/r-a1b2/ou-a1b2-{number:08}/*" for number in range(200)]
NETWORK = "private_link:\n  vpc: vpc-0a1b2c3d4e5f60718\n"


@pytest.mark.parametrize("key", ["readers", "operators"])
def test_a_trust_policy_that_is_too_long_is_refused_at_the_entry(tmp_path: Path, key: str) -> None:
    (complaint,) = complaints(tmp_path, organization=ORGANIZATION + entries(key, readers(40)))
    line, index = re.match(
        r"config/organization.yaml:(\d+): \w+\[(\d+)\]: is one too many", complaint
    ).groups()  # type: ignore[union-attr]
    assert int(line) == LINES + 2 + int(index)
    assert complaints(tmp_path, organization=ORGANIZATION + entries(key, readers(int(index)))) == []


@pytest.mark.parametrize(
    ("role", "proven"), [("PeopleReader", None), ("PeopleRedrive", {"aws:RequestedRegion": "us-east-1"})]
)
def test_its_length_is_that_of_the_template(
    everything: Assembly, role: str, proven: dict[str, str] | None
) -> None:
    people = {
        "PeopleReader": ["arn:aws:iam::333333333333:role/Security*", "arn:aws:iam::444455556666:role/ci"],
        "PeopleRedrive": ["arn:aws:iam::333333333333:user/oncall/*"],
    }[role]
    _, properties = everything.templates["RollcallHub"].one("AWS::IAM::Role", role)
    made = build_trust(people, home="3" * 12, organization="o-exampleorgid", partition="aws", proven=proven)
    found = resolved(properties["AssumeRolePolicyDocument"])
    condition = found["Statement"][0]["Condition"].get("ArnLike", {})
    if isinstance(condition.get("aws:PrincipalArn"), str):
        condition["aws:PrincipalArn"] = [condition["aws:PrincipalArn"]]
    assert found == made
    assert measure(found) < LONGEST_TRUST


def test_too_many_ous_are_refused_at_the_entry_and_those_before_fit(tmp_path: Path) -> None:
    (complaint,) = complaints(tmp_path, organization=ORGANIZATION + entries("limit_to_ous", PATHS))
    index = int(re.search(r"limit_to_ous\[(\d+)\]: is one too many", complaint).group(1))  # type: ignore[union-attr]
    assert complaint.startswith(f"config/organization.yaml:{LINES + 2 + index}:")
    where = tmp_path / "synth"
    where.mkdir()
    assembly = synthesize_with(
        where,
        options=entries("limit_to_ous", PATHS[:index]),
        contacts=("billing: finops}", "billing: absent}"),
    )
    hub = assembly.templates["RollcallHub"]
    role, _ = hub.one("AWS::IAM::Role", "ReconcileRole")
    assert measure_inline(hub, role) <= LONGEST_INLINE
    text = 2 * sum(len(f'"{path}",') for path in PATHS[:index])
    assert measure_inline(hub, role) - text <= WRITER_POLICY


@pytest.mark.parametrize(("key", "prefix", "most"), [("subnets", "subnet", 16), ("security_groups", "sg", 5)])
def test_a_function_takes_so_many_subnets_and_security_groups(
    tmp_path: Path, key: str, prefix: str, most: int
) -> None:
    def network(count: int) -> str:
        ids = [f"{prefix}-0a1b2c3d4e5f607{number:02}" for number in range(count)]
        other = {
            "subnets": "security_groups: [sg-0a1b2c3d4e5f60718]",
            "security_groups": "subnets: [subnet-0a1b2c3d4e5f60718]",
        }
        return NETWORK + f"  {other[key]}\n" + "".join([f"  {key}:\n", *(f"    - {one}\n" for one in ids)])

    assert complaints(tmp_path, organization=ORGANIZATION + network(most)) == []
    (complaint,) = complaints(tmp_path, organization=ORGANIZATION + network(most + 1))
    assert complaint.startswith(
        f"config/organization.yaml:{LINES + 5 + most}: private_link.{key}[{most}]: is one too many"
    )


def test_a_runbook_is_as_long_as_descriptions_of_alarms_have_room_for(tmp_path: Path) -> None:
    address = "https://wiki.example.com/".ljust(LONGEST_RUNBOOK, "r")
    (complaint,) = complaints(tmp_path, organization=f"{ORGANIZATION}channels: {{runbook: {address}r}}\n")
    assert "channels.runbook: has 701 characters" in complaint
    where = tmp_path / "synth"
    where.mkdir()
    options = EVERYTHING.replace("https://wiki.example.com/rollcall", address)
    hub = synthesize_with(where, options=options).templates["RollcallHub"]
    for alarm in hub.of_type("AWS::CloudWatch::Alarm").values():
        assert len(resolved(alarm["AlarmDescription"])) <= 1024


def test_every_policy_fits_its_service(everything: Assembly) -> None:
    """https://docs.aws.amazon.com/general/latest/gr/eventbridge.html, sns.html, organizations_limits.html."""
    for template in everything.templates.values():
        for role, properties in template.of_type("AWS::IAM::Role").items():
            assert measure(resolved(properties["AssumeRolePolicyDocument"])) <= LONGEST_TRUST
            assert measure_inline(template, role) <= LONGEST_INLINE, role
        for type_, most in (
            ("SQS::QueuePolicy", 20_480),
            ("SNS::TopicPolicy", 30_720),
            ("S3::BucketPolicy", 20_480),
        ):
            for policy in template.of_type(f"AWS::{type_}").values():
                assert measure(resolved(policy["PolicyDocument"])) <= most
        statements = [one["Statement"] for one in template.of_type("AWS::Events::EventBusPolicy").values()]
        assert len(json.dumps(resolved(statements))) <= 10_240
        for policy in template.of_type("AWS::Organizations::Policy").values():
            assert len(json.dumps(policy["Content"])) <= 5120
