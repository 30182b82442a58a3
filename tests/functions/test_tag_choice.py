"""A tag that chooses the contact, through the real handlers."""

from __future__ import annotations

import json

import pytest

from simulation import Caller
from tests.functions.conftest import installed
from tests.functions.deployment import Deployment, api_values
from tests.support.samples import FOUND, MANAGEMENT, MEMBER, ROSTER, WANTED, alert_leaks

BY_TAG = ROSTER | {"defaults": {"SECURITY": {"tag": "contact", "default": "soc"}}}


@pytest.fixture
def by_tag(aws, candidate, monkeypatch):
    """A hub with such a roster in force, and a member that is as it wants."""
    candidate.write_text(json.dumps(BY_TAG), encoding="utf-8")
    with installed(Deployment(aws, roster=BY_TAG), monkeypatch) as deployment:
        deployment.approve()
        deployment.settle()
        yield deployment


@pytest.mark.parametrize("value", [FOUND.email, FOUND.name, FOUND.phone, "Soc"])
def test_a_tag_that_names_no_contact_is_alerted_and_its_value_is_nowhere(by_tag, value):
    admin = by_tag.cloud.client("organizations", Caller.role(MANAGEMENT, "Admin", "alice"))
    admin.tag_resource(ResourceId=MEMBER, Tags=[{"Key": "contact", "Value": value}])
    by_tag.run()
    assert by_tag.security_contact() == api_values(WANTED)
    [alert] = by_tag.alerts()
    assert alert["MessageAttributes"]["severity"]["Value"] == "HIGH"
    assert alert["MessageAttributes"]["verdict"]["Value"] == "blocked"
    assert "names no security contact of the roster" in alert["Message"]
    assert alert_leaks(alert["Message"] + alert["Subject"]) == []
    if value != "Soc":
        assert value not in alert["Message"] + by_tag.log.getvalue()
