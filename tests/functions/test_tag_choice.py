"""A tag that chooses the contact, through the real handlers."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from simulation import Caller
from tests.functions.conftest import installed
from tests.functions.deployment import Deployment, api_values
from tests.support.samples import FOUND, MANAGEMENT, MEMBER, ROSTER, WANTED, alert_leaks

PCI = replace(WANTED, title="Zookeeper of cards")
BY_TAG = ROSTER | {
    "contacts": ROSTER["contacts"] | {"pci": PCI.as_document()},
    "defaults": {"SECURITY": {"tag": "contact", "default": "soc"}},
}


@pytest.fixture
def by_tag(aws, candidate, monkeypatch):
    """A hub with such a roster in force, and a member that is as it wants."""
    candidate.write_text(json.dumps(BY_TAG), encoding="utf-8")
    with installed(Deployment(aws, roster=BY_TAG), monkeypatch) as deployment:
        deployment.approve()
        deployment.settle()
        yield deployment


def tag(deployment: Deployment, **tags: str) -> None:
    admin = deployment.cloud.client("organizations", Caller.role(MANAGEMENT, "Admin", "alice"))
    admin.tag_resource(ResourceId=MEMBER, Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
    deployment.run()


def test_a_tag_sets_the_contact_and_an_edit_is_restored_to_it(by_tag):
    tag(by_tag, contact="pci", team="red")
    assert by_tag.security_contact() == api_values(PCI)
    by_tag.clock.sleep(60)
    by_tag.edit(FOUND)
    by_tag.run()
    assert by_tag.security_contact() == api_values(PCI)
    set_, restored = by_tag.alerts()
    assert [one["MessageAttributes"]["severity"]["Value"] for one in (set_, restored)] == ["INFO", "MEDIUM"]
    assert "assumed-role/Admin/alice" in set_["Message"]
    assert "pci" in restored["Message"]


@pytest.mark.parametrize("value", [FOUND.email, FOUND.name, FOUND.phone, "Soc"])
def test_a_tag_that_names_no_contact_is_alerted_and_its_value_is_nowhere(by_tag, value):
    tag(by_tag, contact=value)
    assert by_tag.security_contact() == api_values(WANTED)
    [alert] = by_tag.alerts()
    assert alert["MessageAttributes"]["severity"]["Value"] == "HIGH"
    assert alert["MessageAttributes"]["verdict"]["Value"] == "blocked"
    assert "names no security contact of the roster" in alert["Message"]
    assert alert_leaks(alert["Message"] + alert["Subject"]) == []
    if value != "Soc":
        assert value not in alert["Message"] + by_tag.log.getvalue()


def test_another_tag_reads_no_contact(by_tag):
    tag(by_tag, team="red")
    assert by_tag.alerts() == []
    assert [line["verdict"] for line in by_tag.lines() if line["message"] == "outcome"] == ["ignored"]
