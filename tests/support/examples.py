"""The templates below `examples/`: read as CloudFormation would, with events of the outcome bus for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from rollcall.model.well_known import INCIDENT_DETAIL_TYPE, NOTICE_DETAIL_TYPE, OUTCOME_SOURCE
from tests.support.golden_incidents import DOCUMENTS

EXAMPLES = Path(__file__).parents[2] / "examples"
HUB = "333333333333"


def read_example(name: str) -> dict[str, Any]:
    """A template. CloudFormation takes no anchors, so they are refused."""
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    assert not [event for event in yaml.parse(text) if isinstance(event, yaml.AliasEvent)]
    template: dict[str, Any] = yaml.safe_load(text)
    return template


def make_event(document: dict[str, Any]) -> dict[str, Any]:
    """The document as the outcome bus delivers it."""
    return {
        "version": "0",
        "id": "11111111-2222-3333-4444-555555555555",
        "source": OUTCOME_SOURCE,
        "detail-type": NOTICE_DETAIL_TYPE if "notice" in document else INCIDENT_DETAIL_TYPE,
        "account": HUB,
        "region": "us-east-1",
        "time": "2026-10-05T09:30:00Z",
        "resources": [],
        "detail": document,
    }


EVENTS = {name: make_event(document) for name, document in DOCUMENTS.items() if document is not None}
