"""Just enough of the AWS CLI to run, word for word, the commands that the command prints."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore import xform_name
from botocore.validate import validate_parameters

if TYPE_CHECKING:
    from collections.abc import Callable

_SHORTHAND = re.compile(r"(?:^|,)(\w+)=")


def commands_in(text: str) -> list[str]:
    """What stands in backquotes and begins with `aws`."""
    return re.findall(r"`(aws [^`]*)`", text)


def run(command: str, client: Callable[[str], Any]) -> Any:
    """Run one command. Its words and parameters are held to botocore's model of the service."""
    _, service, operation, *words = shlex.split(command)
    model = botocore.session.get_session().get_service_model(service)
    (name,) = [name for name in model.operation_names if xform_name(name, "-") == operation]
    shape = model.operation_model(name).input_shape
    flags: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            flags[word[2:]] = []
        else:
            flags[list(flags)[-1]].append(word)
    shapes = shape.members if shape else {}
    members = {xform_name(member, "-"): member for member in shapes}
    if "notification-endpoint" in flags:  # the AWS CLI's own name, because --endpoint-url is taken
        flags["endpoint"] = flags.pop("notification-endpoint")
    parameters = {members[flag]: _value(shapes[members[flag]], values) for flag, values in flags.items()}
    if shape:
        validate_parameters(parameters, shape)
    return getattr(client(service), xform_name(name))(**parameters)


def _value(shape: Any, values: list[str]) -> Any:
    if shape.type_name == "boolean":
        assert not values
        return True
    if values[0].startswith(("{", "[")):
        return json.loads(values[0])
    if shape.type_name == "structure":
        parts = _SHORTHAND.split(values[0])[1:]
        pairs = dict(zip(parts[::2], parts[1::2], strict=True))
        return {
            key: text.split(",") if shape.members[key].type_name == "list" else text
            for key, text in pairs.items()
        }
    if shape.type_name == "list":
        return values
    assert shape.type_name == "string"
    (only,) = values
    return only
