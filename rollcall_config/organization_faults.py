"""What values of `organization.yaml` that are each right get wrong together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollcall.bulk_edits.model import BulkLimits
from rollcall_config.channel_faults import channel_faults
from rollcall_config.partitions import PARTITIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rollcall_config.document import Document, Route
    from rollcall_config.faults import Fault

_LISTS: tuple[tuple[Route, str], ...] = (
    (("alerts", "addresses"), "each alert would arrive twice"),
    (("members", "targets"), "keep one"),
    (("members", "exclude"), "keep one"),
    (("guardrail", "targets"), "keep one"),
    (("operators",), "keep one"),
    (("readers",), "keep one"),
    (("limit_to_ous",), "keep one"),
    (("private_link", "subnets"), "keep one"),
    (("private_link", "security_groups"), "keep one"),
)


def contradictions(document: Document) -> list[Fault]:
    """Faults that no single value shows; `document` holds a mapping."""
    data = document.data
    region = data.get("region", "us-east-1")
    return [
        *_hub(document, data),
        *_twice(document, data),
        *_members(document, data),
        *_guardrail(document, data, region),
        *_people(document, data, region),
        *_bulk_edit(document, data),
        *channel_faults(document, data, region),
        *_elsewhere(document, data, region),
    ]


def _hub(document: Document, data: Mapping[str, Any]) -> Iterator[Fault]:
    if isinstance(data.get("hub"), str) and data["hub"] == data.get("management"):
        yield document.fault(
            ("hub",),
            "is the management account: AWS registers no management account as delegated administrator;"
            " name the account that runs your security tools",
        )


def _twice(document: Document, data: Mapping[str, Any]) -> Iterator[Fault]:
    for route, why in _LISTS:
        seen: set[str] = set()
        for index, value in enumerate(_texts(data, route)):
            if value and value in seen:
                yield document.fault((*route, index), f"is given twice: {why}")
            seen.add(value)


def _members(document: Document, data: Mapping[str, Any]) -> Iterator[Fault]:
    members = data.get("members")
    if not isinstance(members, dict):
        return
    if members.get("deploy") == "stackset" and "targets" not in members:
        yield document.fault(
            ("members", "deploy"),
            "stackset has no targets; give the root of the organization (aws organizations list-roots) or"
            " organizational units: targets: [r-a1b2]",
        )
    if members and "deploy" not in members:
        yield document.fault(
            ("members",), "has no effect without deploy: stackset; say deploy: none if that is meant"
        )
    reasons = {
        data.get("hub"): "is the hub, which is left out by itself: it has a rule of its own",
        data.get("management"): "is the management account, which no service-managed StackSet reaches",
    }
    for index, value in enumerate(_texts(data, ("members", "exclude"))):
        if value in reasons:
            yield document.fault(("members", "exclude", index), f"{reasons[value]}; remove it here")


def _guardrail(document: Document, data: Mapping[str, Any], region: Any) -> Iterator[Fault]:
    for index, value in enumerate(_texts(data, ("guardrail", "targets"))):
        if value and value == data.get("management"):
            yield document.fault(
                ("guardrail", "targets", index),
                "is the management account, which no service control policy binds; remove it here",
            )
    guardrail = data.get("guardrail")
    spared = guardrail.get("break_glass") if isinstance(guardrail, dict) else None
    yield from _partition(document, ("guardrail", "break_glass"), spared, region)


def _people(document: Document, data: Mapping[str, Any], region: Any) -> Iterator[Fault]:
    for key in ("operators", "readers"):
        for index, value in enumerate(_texts(data, (key,))):
            yield from _partition(document, (key, index), value, region)


def _bulk_edit(document: Document, data: Mapping[str, Any]) -> Iterator[Fault]:
    given = data.get("bulk_edit")
    if not isinstance(given, dict):
        return
    default = BulkLimits()
    accounts = given.get("accounts", default.accounts)
    everywhere = given.get("organization_accounts", default.organization_accounts)
    if isinstance(accounts, int) and isinstance(everywhere, int) and everywhere <= accounts:
        key = "organization_accounts" if "organization_accounts" in given else "accounts"
        problem = f"organization_accounts ({everywhere}) is not more than accounts ({accounts})"
        yield document.fault(
            ("bulk_edit", key),
            f"{problem}: edits of whoever it is would be one bulk before those of one principal are",
        )


def _elsewhere(document: Document, data: Mapping[str, Any], region: Any) -> Iterator[Fault]:
    organization = data.get("organization")
    for index, value in enumerate(_texts(data, ("limit_to_ous",))):
        if value.startswith("o-") and isinstance(organization, str) and value.split("/")[0] != organization:
            problem = f"{value.split('/')[0]!r} is another organization than {organization!r}"
            yield document.fault(("limit_to_ous", index), problem)
    if "private_link" in data and isinstance(region, str) and PARTITIONS.get(region, "aws") != "aws":
        yield document.fault(
            ("private_link",),
            f"is not known to exist in {region}: AWS documents the endpoint of the Account API for us-east-1"
            " only",
        )
    layer = data.get("powertools_layer")
    yield from _partition(document, ("powertools_layer",), layer, region)
    if isinstance(layer, str) and layer.startswith("arn:") and f":lambda:{region}:" not in layer:
        yield document.fault(("powertools_layer",), f"is in another Region than {region}, where it is needed")


def _partition(document: Document, route: Route, arn: Any, region: Any) -> Iterator[Fault]:
    partition = PARTITIONS.get(region) if isinstance(region, str) else None
    if isinstance(arn, str) and arn.startswith("arn:") and partition and arn.split(":")[1] != partition:
        yield document.fault(
            route, f"is an ARN of {arn.split(':')[1]}; in {region} they begin arn:{partition}:"
        )


def _texts(data: Any, route: Route) -> list[str]:
    """The list there; what is no text in it counts as empty, so that indexes stay right."""
    for step in route:
        data = data.get(step) if isinstance(data, dict) else None
    return [value if isinstance(value, str) else "" for value in data] if isinstance(data, list) else []
