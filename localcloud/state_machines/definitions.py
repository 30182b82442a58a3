"""Validates definitions of state machines as AWS does at creation, and refuses what is not modelled here.

Source: Amazon States Language specification, and the Step Functions developer guide, "Task workflow state".
moto's parser sees to the syntax and to the types of values.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_INVOKE = "arn:aws:states:::lambda:invoke"
_FUNCTION = re.compile(r"arn:aws:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]+")
_MACHINE = {"Comment", "StartAt", "States", "TimeoutSeconds", "Version", "QueryLanguage"}
_ANY = {"Type", "Comment", "QueryLanguage"}
_PATHS = {"InputPath", "OutputPath"}
_STEP = {"Next", "End"}
_FIELDS = {
    "Task": _PATHS
    | _STEP
    | {"Resource", "Parameters", "ResultPath", "ResultSelector", "Retry", "Catch", "TimeoutSeconds"},
    "Pass": _PATHS | _STEP | {"Result", "ResultPath", "Parameters"},
    "Wait": _PATHS | _STEP | {"Seconds", "Timestamp", "SecondsPath", "TimestampPath"},
    "Choice": _PATHS | {"Choices", "Default"},
    "Succeed": _PATHS,
    "Fail": {"Error", "Cause", "ErrorPath", "CausePath"},
}


class InvalidDefinitionError(Exception):
    """AWS refuses the definition, or nothing here can run it; the text says where."""


def check_definition(text: str) -> None:
    """Raises InvalidDefinitionError unless every state is of a known kind, complete and reachable."""
    try:
        machine = json.loads(text)
    except ValueError as error:
        raise InvalidDefinitionError(f"INVALID_JSON_DESCRIPTION: {error}") from error
    if (
        not isinstance(machine, dict)
        or not isinstance(machine.get("States"), dict)
        or "StartAt" not in machine
    ):
        raise InvalidDefinitionError("SCHEMA_VALIDATION_FAILED: 'StartAt' and 'States' are required at /")
    _require_known(machine, _MACHINE, "/")
    for name, state in machine["States"].items():
        _check_state(state, f"/States/{name}")
    _check_transitions(machine)


def _check_state(state: Mapping[str, Any], path: str) -> None:
    kind = str(state.get("Type"))
    if kind not in _FIELDS:
        raise InvalidDefinitionError(
            f"SCHEMA_VALIDATION_FAILED: no state of type {kind} is known here at {path}"
        )
    _require_known(state, _FIELDS[kind] | _ANY, path)
    if _FIELDS[kind] >= _STEP and len(_STEP & state.keys()) != 1:
        raise InvalidDefinitionError(
            f"SCHEMA_VALIDATION_FAILED: either 'Next' or 'End' is required at {path}"
        )
    for field in ("Retry", "Catch"):
        _check_wildcards(
            [entry.get("ErrorEquals") or [] for entry in state.get(field, [])], f"{path}/{field}"
        )
    resource = str(state.get("Resource"))
    if kind == "Task" and resource != _INVOKE and not _FUNCTION.fullmatch(resource):
        raise InvalidDefinitionError(
            f"SCHEMA_VALIDATION_FAILED: {resource} is not known here at {path}/Resource"
        )


def _check_wildcards(names: list[list[str]], path: str) -> None:
    """States.ALL stands alone, and in the last entry."""
    for number, listed in enumerate(names):
        if not listed:
            raise InvalidDefinitionError(
                f"SCHEMA_VALIDATION_FAILED: ErrorEquals is empty at {path}[{number}]"
            )
        if "States.ALL" in listed and (len(listed) > 1 or number < len(names) - 1):
            raise InvalidDefinitionError(
                f"SCHEMA_VALIDATION_FAILED: States.ALL must appear alone and in the last entry at "
                f"{path}[{number}]"
            )


def _require_known(document: Mapping[str, Any], fields: set[str], path: str) -> None:
    if unknown := sorted(document.keys() - fields):
        raise InvalidDefinitionError(
            f"SCHEMA_VALIDATION_FAILED: Field '{unknown[0]}' is not supported at {path}"
        )
    if document.get("QueryLanguage", "JSONPath") != "JSONPath":
        raise InvalidDefinitionError(f"SCHEMA_VALIDATION_FAILED: JSONata is not known here at {path}")


def _check_transitions(machine: Mapping[str, Any]) -> None:
    states: dict[str, Any] = machine["States"]
    wanted, seen = [("/StartAt", str(machine["StartAt"]))], set()
    while wanted:
        path, name = wanted.pop()
        if name not in states:
            field = path.rpartition("/")[2]
            raise InvalidDefinitionError(
                f"MISSING_TRANSITION_TARGET: Missing '{field}' target: {name} at {path}"
            )
        if name not in seen:
            seen.add(name)
            wanted += [(f"/States/{name}/{where}", target) for where, target in _list_targets(states[name])]
    if lost := sorted(states.keys() - seen):
        raise InvalidDefinitionError(
            f'MISSING_TRANSITION_TARGET: State "{lost[0]}" is not reachable. at /States/{lost[0]}'
        )


def _list_targets(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from ((field, state[field]) for field in ("Next", "Default") if field in state)
    for group in ("Choices", "Catch"):
        for number, entry in enumerate(state.get(group, [])):
            yield f"{group}[{number}]/Next", entry.get("Next", "")
