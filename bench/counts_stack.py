"""What the hub's template holds of things that are paid for by the month."""

from __future__ import annotations

import contextlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

#: A configuration without options: what is optional has lines of its own.
_ORGANIZATION = """
version: 1
organization: o-exampleorgid
management: "111111111111"
hub: "333333333333"
alerts: {addresses: [aws-alerts@example.com]}
"""
_ROOT = Path(__file__).resolve().parent.parent
_ROSTER = _ROOT / "localcloud" / "config" / "contacts.yaml"


def measure() -> dict[str, Any]:
    """Of a hub without options."""
    return counted(_template())


def counted(template: Mapping[str, Any]) -> dict[str, Any]:
    """Alarms (by metric), dashboards, keys, secrets, polled queues, memory of functions, retentions."""
    resources = template["Resources"].values()

    def of(kind: str) -> list[dict[str, Any]]:
        return [item.get("Properties", {}) for item in resources if item["Type"] == kind]

    buckets = of("AWS::S3::Bucket")
    return {
        "alarm_metrics": sum(map(_metrics_of, of("AWS::CloudWatch::Alarm"))),
        "dashboards": len(of("AWS::CloudWatch::Dashboard")),
        "keys": len(of("AWS::KMS::Key")),
        "secrets": len(of("AWS::SecretsManager::Secret")),
        "polled_queues": len(of("AWS::Lambda::EventSourceMapping")),
        "log_groups": len(of("AWS::Logs::LogGroup")),
        "memory_mb": {
            item["Handler"].split(".")[0]: item["MemorySize"] for item in of("AWS::Lambda::Function")
        },
        "ledger_days": next(
            item["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]["Days"]
            for item in buckets
            if "ObjectLockConfiguration" in item
        ),
        "kept_days": {
            rule["Prefix"].strip("/"): rule["ExpirationInDays"]
            for item in buckets
            for rule in item.get("LifecycleConfiguration", {}).get("Rules", [])
        },
    }


def _template() -> dict[str, Any]:
    import app  # noqa: PLC0415  # it starts Node, which takes seconds

    with tempfile.TemporaryDirectory() as work:
        config = Path(work) / "config"
        config.mkdir()
        (config / "organization.yaml").write_text(_ORGANIZATION, encoding="utf-8")
        (config / "contacts.yaml").write_text(_ROSTER.read_text(encoding="utf-8"), encoding="utf-8")
        with contextlib.chdir(_ROOT):
            built = app.build(config=str(config), outdir=Path(work) / "out")
            built.synth()
        text = (Path(work) / "out" / "RollcallHub.template.json").read_text(encoding="utf-8")
        template: dict[str, Any] = json.loads(text)
        return template


def _metrics_of(alarm: dict[str, Any]) -> int:
    """An alarm on an expression is billed for each metric that it reads."""
    return max(1, sum("MetricStat" in item for item in alarm.get("Metrics", [])))
