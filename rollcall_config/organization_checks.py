"""Values of `organization.yaml` that contradict each other, or are still those of an example."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from rollcall_config.organization_limits import find_excess
from rollcall_config.organization_values import PARTITIONS
from rollcall_config.samples import is_sample_account, is_sample_address, is_sample_organization

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rollcall_config.document import ConfigProblem, ConfigWarning, Document, Route

_COLONS_OF_ARN: Final = 5
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


def find_contradictions(document: Document) -> list[ConfigProblem]:
    """Return the problems that no single value shows; `document` holds a mapping."""
    data = document.data
    region = data.get("region", "us-east-1")
    return [
        *_check_hub(document, data),
        *_check_repetitions(document, data),
        *_check_members(document, data),
        *_check_guardrail(document, data, region),
        *_check_people(document, data, region),
        *_check_names(document, data),
        *_check_channels(document, data, region),
        *_check_places(document, data, region),
        *find_excess(document),
    ]


def find_warnings(document: Document) -> list[ConfigWarning]:
    """Return the warnings about a file without problems."""
    data = document.data
    routes: list[Route] = [("organization",)] if is_sample_organization(data["organization"]) else []
    routes += [(key,) for key in ("management", "hub") if is_sample_account(data[key])]
    addresses = enumerate(_list_texts(data, ("alerts", "addresses")))
    routes += [("alerts", "addresses", index) for index, one in addresses if is_sample_address(one)]
    if not routes:
        return []
    return [document.make_joint_warning(routes, "a sample value of documentation: write your own")]


def _check_hub(document: Document, data: Mapping[str, Any]) -> Iterator[ConfigProblem]:
    if isinstance(data.get("hub"), str) and data["hub"] == data.get("management"):
        yield document.make_problem(
            ("hub",),
            "is the management account: AWS registers no management account as delegated administrator;"
            " name the account that runs your security tools",
        )


def _check_repetitions(document: Document, data: Mapping[str, Any]) -> Iterator[ConfigProblem]:
    for route, why in _LISTS:
        seen: set[str] = set()
        for index, value in enumerate(_list_texts(data, route)):
            if value and value in seen:
                yield document.make_problem((*route, index), f"is given twice: {why}")
            seen.add(value)


def _check_members(document: Document, data: Mapping[str, Any]) -> Iterator[ConfigProblem]:
    members = data.get("members")
    if not isinstance(members, dict):
        return
    if members.get("deploy") == "stackset" and "targets" not in members:
        yield document.make_problem(
            ("members", "deploy"),
            "stackset has no targets; give the root of the organization (aws organizations list-roots) or"
            " OUs: targets: [r-a1b2]",
        )
    if members and "deploy" not in members:
        yield document.make_problem(
            ("members",), "has no effect without deploy: stackset; write deploy: none if that is meant"
        )
    reasons = {
        data.get("hub"): "is the hub, which has its own rule and is always excluded",
        data.get("management"): "is the management account, which no service-managed StackSet reaches",
    }
    for index, value in enumerate(_list_texts(data, ("members", "exclude"))):
        if value in reasons:
            yield document.make_problem(("members", "exclude", index), f"{reasons[value]}; remove it here")


def _check_guardrail(document: Document, data: Mapping[str, Any], region: Any) -> Iterator[ConfigProblem]:
    for index, value in enumerate(_list_texts(data, ("guardrail", "targets"))):
        if value and value == data.get("management"):
            yield document.make_problem(
                ("guardrail", "targets", index),
                "is the management account, which no service control policy binds; remove it here",
            )
    guardrail = data.get("guardrail")
    spared = guardrail.get("break_glass") if isinstance(guardrail, dict) else None
    yield from _check_partition(document, ("guardrail", "break_glass"), spared, region)


def _check_people(document: Document, data: Mapping[str, Any], region: Any) -> Iterator[ConfigProblem]:
    for key in ("operators", "readers"):
        for index, value in enumerate(_list_texts(data, (key,))):
            yield from _check_partition(document, (key, index), value, region)


def _check_names(document: Document, data: Mapping[str, Any]) -> Iterator[ConfigProblem]:
    """A session has the name of its IAM user: two users of one name would be one in the records."""
    before: list[str] = []
    for index, value in enumerate(_list_texts(data, ("operators",))):
        if value.count(":") < _COLONS_OF_ARN or ":user/" not in value:
            continue
        other = next((one for one in before if _may_share_name(one, value)), None)
        if other is not None:
            yield document.make_problem(
                ("operators", index),
                f"may match a user of the same name as {other!r}: commands of both would be recorded under"
                " one name; name users of one account, or each by its own name",
            )
        before.append(value)


def _may_share_name(one: str, other: str) -> bool:
    """Whether two patterns may match IAM users of one name in different accounts."""
    if one.split(":")[4] == other.split(":")[4]:
        return False
    # Of a pattern only what follows its last wildcard, which may stand for a path, is sure to be in the name.
    (end, whole), (end_of_other, whole_of_other) = map(_read_name, (one, other))
    return (
        (not whole_of_other and end.endswith(end_of_other))
        or (not whole and end_of_other.endswith(end))
        or end == end_of_other
    )


def _read_name(pattern: str) -> tuple[str, bool]:
    """The end of the names that it matches, and whether that is the whole name."""
    end = re.split(r"[*?]", pattern)[-1]
    return end.rpartition("/")[2], "/" in end


def _check_places(document: Document, data: Mapping[str, Any], region: Any) -> Iterator[ConfigProblem]:
    organization = data.get("organization")
    for index, value in enumerate(_list_texts(data, ("limit_to_ous",))):
        if value.startswith("o-") and isinstance(organization, str) and value.split("/")[0] != organization:
            problem = f"{value.split('/')[0]!r} is another organization than {organization!r}"
            yield document.make_problem(("limit_to_ous", index), problem)
    if "private_link" in data and isinstance(region, str) and PARTITIONS.get(region, "aws") != "aws":
        yield document.make_problem(
            ("private_link",),
            f"is not known to exist in {region}: AWS documents the endpoint of the Account API for us-east-1"
            " only",
        )
    layer = data.get("powertools_layer")
    if layer is None and isinstance(region, str) and PARTITIONS.get(region) == "aws-cn":
        # https://github.com/aws-powertools/powertools-lambda-python/blob/develop/.github/workflows/update_ssm.yml
        yield document.make_problem(
            ("region",),
            "needs powertools_layer: AWS publishes the version of the Powertools layer in commercial Regions"
            " only; publish the layer in the hub and name its ARN",
        )
    yield from _check_partition(document, ("powertools_layer",), layer, region)
    if isinstance(layer, str) and layer.startswith("arn:") and f":lambda:{region}:" not in layer:
        yield document.make_problem(
            ("powertools_layer",), f"is in another Region than {region}, where it is needed"
        )


def _check_channels(document: Document, data: Mapping[str, Any], region: Any) -> Iterator[ConfigProblem]:
    channels = data.get("channels")
    if not isinstance(channels, dict):
        return
    chat = channels.get("chat")
    yield from _check_chat(document, chat)
    asked: list[Route] = (
        [("channels", "chat", "workspace")] if isinstance(chat, dict) and "workspace" in chat else []
    )
    asked += [("channels", "teams")] if "teams" in channels else []
    if asked and isinstance(region, str) and PARTITIONS.get(region, "aws") != "aws":
        problem = f"Amazon Q in chat applications is not known to be in {region}"
        yield from (document.make_problem(route, problem) for route in asked)
    slack = channels.get("slack")
    secret = slack.get("secret") if isinstance(slack, dict) else None
    if isinstance(secret, str) and secret.startswith("arn:") and f":secretsmanager:{region}:" not in secret:
        yield document.make_problem(
            ("channels", "slack", "secret"), f"is in another Region than {region}, where it is read"
        )


def _check_chat(document: Document, chat: Any) -> Iterator[ConfigProblem]:
    if not isinstance(chat, dict):
        return
    if ("workspace" in chat) != ("channel" in chat):
        missing = "channel" if "workspace" in chat else "workspace"
        yield document.make_problem(
            ("channels", "chat"), f"has no {missing}: give both, or none to subscribe the topic by hand"
        )


def _check_partition(document: Document, route: Route, arn: Any, region: Any) -> Iterator[ConfigProblem]:
    partition = PARTITIONS.get(region) if isinstance(region, str) else None
    if isinstance(arn, str) and arn.startswith("arn:") and partition and arn.split(":")[1] != partition:
        yield document.make_problem(
            route, f"is an ARN of {arn.split(':')[1]}; in {region} ARNs begin with arn:{partition}:"
        )


def _list_texts(data: Any, route: Route) -> list[str]:
    """Return the list at `route`, with an empty text in place of other items, so that indexes stay right."""
    for step in route:
        data = data.get(step) if isinstance(data, dict) else None
    return [value if isinstance(value, str) else "" for value in data] if isinstance(data, list) else []
