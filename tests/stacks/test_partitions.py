"""Three partitions: no ARN, endpoint or layer of another one in any template."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from localcloud.kept import ROOT
from tests.stacks.assembly import Assembly, synthesize
from tests.stacks.configs import ORGANIZATION, PRIMARY, complaints
from tests.stacks.variants import write

if TYPE_CHECKING:
    from pathlib import Path

PARTITIONS = {"us-east-1": "aws", "cn-northwest-1": "aws-cn", "us-gov-west-1": "aws-us-gov"}
CHINESE = "arn:aws-cn:lambda:cn-northwest-1:333333333333:layer:powertools:1"
ARN = re.compile(r"arn:(aws[a-z-]*):")


def options(region: str) -> str:
    partition = PARTITIONS[region]
    layer = f"powertools_layer: {CHINESE}\n" if partition == "aws-cn" else ""
    return (
        f"{layer}region: {region}\nmembers: {{deploy: stackset, targets: [r-a1b2]}}\n"
        f'guardrail: {{targets: [r-a1b2], break_glass: "arn:{partition}:iam::*:role/BreakGlass"}}\n'
    )


@pytest.fixture(scope="module", params=PARTITIONS)
def region(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def abroad(region: str, tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    where = tmp_path_factory.mktemp(region)
    return synthesize(str(write(where, options=options(region))))


def test_no_arn_of_another_partition(abroad: Assembly, region: str) -> None:
    for template in abroad.templates.values():
        text = json.dumps(template.body)
        assert set(ARN.findall(text)) <= {PARTITIONS[region]}
        # Regions of other partitions, in ARNs and as targets of the StackSet.
        assert not [other for other in PARTITIONS if other != region and other in text]


def test_no_domain_is_spelled_out_but_for_service_principals(abroad: Assembly) -> None:
    for template in abroad.templates.values():
        found = set(re.findall(r"[a-z0-9.*-]+\.amazonaws\.com[.cn]*", json.dumps(template.body)))
        # Names of principals and of CloudTrail's event sources are the same in each partition.
        assert found <= {
            "events.amazonaws.com",
            "lambda.amazonaws.com",
            "scheduler.amazonaws.com",
            "states.amazonaws.com",
            "cloudwatch.amazonaws.com",
            "account.amazonaws.com",
            "cloudformation.amazonaws.com",
            "organizations.amazonaws.com",
            "controltower.amazonaws.com",
            "cloudtrail.amazonaws.com",
            "iam.amazonaws.com",
            "signin.amazonaws.com",
        }


def test_the_guardrail_and_the_stack_set_are_of_the_partition(abroad: Assembly, region: str) -> None:
    (policy,) = abroad.templates["RollcallManagement"].of_type("AWS::Organizations::Policy").values()
    contacts, _ = policy["Content"]["Statement"]
    assert contacts["Resource"] == [f"arn:{PARTITIONS[region]}:account::*:account"]
    (stack_set,) = abroad.templates["RollcallHub"].of_type("AWS::CloudFormation::StackSet").values()
    assert stack_set["StackInstancesGroup"][0]["Regions"] == [region]
    assert f":events:{region}:333333333333:event-bus/rollcall-intake" in stack_set["TemplateBody"]


def test_the_layer_is_one_of_the_region(abroad: Assembly, region: str) -> None:
    layers = {
        json.dumps(layer)
        for function in abroad.templates["RollcallHub"].of_type("AWS::Lambda::Function").values()
        for layer in function["Layers"]
    }
    (layer,) = map(json.loads, layers)
    if region == "us-gov-west-1":
        assert layer.startswith("arn:aws-us-gov:lambda:us-gov-west-1:165093116878:layer:")
    elif region == "cn-northwest-1":
        assert layer == CHINESE
    else:
        parameter = abroad.templates["RollcallHub"].body["Parameters"][layer["Ref"]]
        pinned = (ROOT / "requirements-layer.txt").read_text(encoding="utf-8")
        (version,) = re.findall(r"^aws-lambda-powertools==(\S+)", pinned, re.MULTILINE)
        assert parameter["Default"] == f"/aws/service/powertools/python/arm64/python3.13/{version}"


def test_another_layer_can_be_named(tmp_path: Path) -> None:
    arn = "arn:aws:lambda:us-east-1:333333333333:layer:powertools:1"
    config = write(tmp_path, options=f"powertools_layer: {arn}\n")
    assembly = synthesize(str(config))
    functions = assembly.templates["RollcallHub"].of_type("AWS::Lambda::Function").values()
    assert [function["Layers"] for function in functions] == [[arn]] * 5


def test_in_china_the_layer_must_be_named(tmp_path: Path) -> None:
    there = ORGANIZATION.replace("us-east-1", "cn-northwest-1")
    (complaint,) = complaints(tmp_path, organization=there)
    assert complaint.startswith("config/organization.yaml:5: region: needs powertools_layer")
    assert complaints(tmp_path, organization=f"{there}powertools_layer: {CHINESE}\n") == []


def test_in_china_country_and_company_of_a_primary_contact_must_be_kept(tmp_path: Path) -> None:
    """docs.amazonaws.cn: nobody but Customer Support can change them."""
    there = ORGANIZATION.replace("us-east-1", "cn-northwest-1") + f"powertools_layer: {CHINESE}\n"
    reason = "cannot be changed in cn-northwest-1, except by Customer Support: write keep"
    assert complaints(tmp_path, organization=there, contacts=PRIMARY) == [
        f"config/contacts.yaml:7: contacts.office.CompanyName: {reason}",
        f"config/contacts.yaml:14: contacts.office.CountryCode: {reason}",
    ]
    kept = PRIMARY.replace("CountryCode: us", "CountryCode: keep")
    assert complaints(tmp_path, organization=there, contacts=kept.replace("Corp Inc.", "absent")) == [
        f"config/contacts.yaml:7: contacts.office.CompanyName: {reason}"
    ]
    assert complaints(tmp_path, organization=there, contacts=kept.replace("Corp Inc.", "keep")) == []
    unnamed = kept.replace("    CompanyName: Corp Inc.\n", "")
    assert complaints(tmp_path, organization=there, contacts=unnamed) == []


def test_in_govcloud_primary_contacts_are_refused(tmp_path: Path) -> None:
    there = ORGANIZATION.replace("us-east-1", "us-gov-west-1")
    told = complaints(tmp_path, organization=there, contacts=PRIMARY)
    assert [one.partition(": is not known to be offered in us-gov-west-1")[0] for one in told] == [
        "config/contacts.yaml:22: defaults.primary",
        "config/contacts.yaml:25: overrides[0].primary",
    ]
    assert complaints(tmp_path, organization=there) == []
