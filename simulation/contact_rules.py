"""Validates contacts by the service model's lengths and patterns, with the Account API's error texts."""

import json
import re
from collections.abc import Mapping
from typing import Any

from botocore.model import ListShape, Shape, StructureShape

CONTACT_TYPES = ("BILLING", "OPERATIONS", "SECURITY")
# In these a primary contact needs a StateOrRegion; the service model does not say so, the API reference does.
STATED_COUNTRIES = frozenset({"US", "CA", "GB", "DE", "JP", "IN", "BR"})


def find_error(shape: StructureShape, params: Mapping[str, Any]) -> str | None:
    """The text of the ValidationException for these parameters, None for valid ones.

    The text of a pattern was captured live (guide: "^...$" around the model's pattern). The others are the
    wording of the schema validator that produced it; they were not captured for this service.
    """
    found = _find_errors(shape, params)
    return f"[{', '.join(found)}]" if found else None


def _find_errors(shape: Shape, value: Any) -> list[str]:
    if isinstance(shape, StructureShape):
        if not isinstance(value, Mapping):
            return [_check_type("object")]
        missing = sorted(name for name in shape.required_members if value.get(name) is None)
        if missing:
            return [f"object has missing required properties ({json.dumps(missing)})"]
        present = [name for name in shape.members if value.get(name) is not None]
        found = [fault for name in present for fault in _find_errors(shape.members[name], value[name])]
        return found or (_find_address_errors(value) if shape.name == "ContactInformation" else [])
    if isinstance(shape, ListShape):
        return [fault for item in value for fault in _find_errors(shape.member, item)]
    if shape.type_name == "integer":
        return [] if isinstance(value, int) else [_check_type("integer")]
    fault = _check_text(value, shape.metadata)
    return [fault] if fault else []


def _find_address_errors(contact: Mapping[str, Any]) -> list[str]:
    """What the API reference asks of an address beside the service model; AWS's texts are not known."""
    country = contact["CountryCode"]
    if fault := _check_text(country, {"pattern": "[A-Za-z]{2}"}):
        return [fault]
    if country.upper() in STATED_COUNTRIES and contact.get("StateOrRegion") is None:
        return ['object has missing required properties (["StateOrRegion"])']
    return []


def _check_text(value: Any, limits: Mapping[str, Any]) -> str | None:
    if not isinstance(value, str):
        return _check_type("string")
    quoted, size = json.dumps(value, ensure_ascii=False), len(value)
    least, most, pattern = limits.get("min", 0), limits.get("max"), limits.get("pattern")
    if size < least:
        return f"string {quoted} is too short (length: {size}, required minimum: {least})"
    if most is not None and size > most:
        return f"string {quoted} is too long (length: {size}, maximum allowed: {most})"
    # ASCII: Python's \w and \s would let through letters and spaces that AWS refuses.
    if pattern and not re.fullmatch(pattern, value, re.ASCII):
        return f'ECMA 262 regex "^{pattern}$" does not match input string "{value}"'
    return None


def _check_type(expected: str) -> str:
    return f'instance type does not match any allowed primitive type (allowed: ["{expected}"])'
