"""Pydantic's errors as problems of a file: where, what is wrong, what is allowed."""

from __future__ import annotations

from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Tag, ValidationError
from pydantic.fields import FieldInfo

from rollcall_config.document import list_known

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from rollcall_config.document import ConfigProblem, Document, Route

_Model = TypeVar("_Model", bound=BaseModel)


class Strict(BaseModel):
    """No conversions, no unknown keys; each field's description says what is allowed.

    A validator that raises ValueError without a text means that the value is not allowed.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def validate(model: type[_Model], document: Document) -> tuple[_Model | None, list[ConfigProblem]]:
    """Return the document as a model, or None and all problems of it."""
    try:
        return model.model_validate(document.data), []
    except ValidationError as error:
        found = [_make_problem(model, document, details) for details in error.errors(include_url=False)]
        return None, [problem for problem in found if problem]


_TEXTS: Final = {
    "missing": "is missing",
    "too_short": "is empty",
    "string_type": "must be text",
    "list_type": "must be a list",
    "dict_type": "must be a mapping",
    "int_type": "must be a whole number",
}

#: Steps of pydantic that are no keys of the file.
_MARKS: Final = frozenset({"[key]", "[alternate]", "[primary]", "[name]", "[choice]"})
#: Characters of a wrong value in its message.
_LONGEST: Final = 200
_NO_MAPPING: Final = {"model_type", "model_attributes_type"}


def _make_problem(model: type[BaseModel], document: Document, details: ErrorDetails) -> ConfigProblem | None:
    kind = details["type"]
    loc = details["loc"]
    # An error in a key of a mapping ends in "[key]"; the form of a value is the tag of a union.
    route: Route = (*(step for step in loc[:-1] if step not in _MARKS), *loc[-1:])
    if kind != "extra_forbidden" and loc[-1:] and loc[-1] in _MARKS:
        route = route[:-1]
    if route in document.refused and kind != "extra_forbidden":
        return None  # it has a problem already, and no value
    if kind == "union_tag_not_found":
        return None  # a mixture, which other checks explain
    if kind == "extra_forbidden":
        problem = list_known("keys", _list_keys(model, loc[:-1]), meant=str(route[-1]))
        return document.make_problem(route, f"is not a known key; {problem}")
    keys = _list_keys(model, loc)
    if kind in _NO_MAPPING and keys:
        return document.make_problem(route, f"must be a mapping with the keys {', '.join(keys)}")
    field = _find_field(model, loc[:-1] if loc[-1:] == ("[name]",) else loc)
    problem = _explain(
        document,
        route,
        details,
        personal=field is not None and not field.repr,
        flag=field is not None and field.annotation is bool,
    )
    allowed = f"; allowed: {field.description}" if field is not None and field.description else ""
    return document.make_problem(route, f"{problem}{allowed}")


def _explain(document: Document, route: Route, details: ErrorDetails, *, personal: bool, flag: bool) -> str:
    kind, unquoted = details["type"], document.unquoted.get(route)
    if kind == "string_type" and unquoted:
        example = "it" if personal else f'"{unquoted.raw}"'
        return f"is read as {unquoted.read_as} by YAML: write {example} in quotes"
    value = unquoted.raw if unquoted else details["input"]
    if not unquoted and isinstance(value, str) and _is_needless(value, details, flag=flag):
        return f"is text: write {value} without quotes"
    if kind in _TEXTS:
        return _TEXTS[kind]
    if kind in {"string_too_short", "string_too_long"}:
        return f"is {len(details['input'])} characters long" if details["input"] else "is empty"
    if kind == "value_error" and (text := str(details["ctx"]["error"])):
        return text
    shown = (
        ""
        if not isinstance(value, str) or personal
        else f"{value if len(value) <= _LONGEST else f'{value[:_LONGEST]}...'!r} "
    )
    return f"{shown}is not allowed"


def _is_needless(text: str, details: ErrorDetails, *, flag: bool) -> bool:
    """Whether only its quotes make the value wrong: that of a number, or of a truth value."""
    number = details["type"] == "int_type" or details.get("ctx", {}).get("expected") == text
    return (number and text.isdecimal()) or (flag and text in {"true", "false"})


def _list_keys(model: type[BaseModel], loc: Route) -> list[str]:
    return list(_list_fields(_resolve_type(model, loc)) or ())


def _list_fields(inner: Any) -> dict[str, FieldInfo] | None:
    """The fields by their keys in the file; None if this is no model."""
    if not isinstance(inner, type) or not issubclass(inner, BaseModel):
        return None
    return {field.alias or name: field for name, field in inner.model_fields.items()}


def _find_field(model: type[BaseModel], loc: tuple[str | int, ...]) -> FieldInfo | None:
    """Return what describes the value: a field, or the Field() of a list's items or a dict's keys."""
    if not loc:
        return None
    is_key = loc[-1] == "[key]"
    outer = _resolve_type(model, loc[: -2 if is_key else -1])
    if (fields := _list_fields(outer)) is not None:
        field = fields.get(str(loc[-1]))
        return (
            field
            if field is None or field.description
            else _find_description(_unwrap_optional(field.annotation))
        )
    return _find_description(get_args(outer)[0 if is_key else -1] if get_args(outer) else None)


def _unwrap_optional(annotation: Any) -> Any:
    """Return `X` for `X | None`, with what describes it."""
    parts = get_args(annotation)
    given = [part for part in parts if part is not NoneType]
    return given[0] if len(given) == 1 and len(parts) > 1 and NoneType in parts else annotation


def _find_description(annotation: Any) -> FieldInfo | None:
    """Return the Field() of an annotated type."""
    return next((part for part in get_args(annotation) if isinstance(part, FieldInfo)), None)


def _resolve_type(annotation: Any, loc: Route) -> Any:
    """Return the type at `loc` below `annotation`; None where there is none."""
    for step in loc:
        annotation = _unwrap(annotation)
        if (fields := _list_fields(annotation)) is not None:
            annotation = fields[str(step)].annotation if step in fields else None
        elif step in _MARKS:
            annotation = _find_tagged(annotation, str(step))
        else:
            annotation = _get_item_type(annotation)
    return _unwrap(annotation)


def _find_tagged(annotation: Any, tag: str) -> Any:
    """Return the member of a union that has the tag; None if this is none."""
    members = [one for union in get_args(annotation)[:1] for one in get_args(union)]
    return next((get_args(one)[0] for one in members if Tag(tag) in get_args(one)), None)


def _unwrap(annotation: Any) -> Any:
    """Return `X` for `X | None`: no value of a file is None. A list, dict or model loses its description."""
    annotation = _unwrap_optional(annotation)
    inner = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
    described = get_origin(inner) in (list, dict) or (
        isinstance(inner, type) and issubclass(inner, BaseModel)
    )
    return inner if described else annotation


def _get_item_type(annotation: Any) -> Any:
    """Return the type of the items of a list, or of the values of a dict."""
    return get_args(annotation)[-1] if get_origin(annotation) in (list, dict) else None
