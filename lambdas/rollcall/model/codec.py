"""Dataclasses as plain JSON and back, by their fields and types."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import EnumType, StrEnum
from functools import cache, partial
from types import NoneType, UnionType
from typing import Any, ClassVar, Final, Self, get_args, get_origin, get_type_hints

#: The key that names the class where a field may hold one of several.
_TAG: Final = "state"
_Decoder = Callable[[Any], Any]
#: What is plain JSON already. Asked for by type: isinstance() and calls are what takes time here.
_SCALARS: Final = frozenset({str, int, float, bool, NoneType})


class Serializable:
    """Base of the dataclasses that are stored; the types of their fields are imported at run time.

    A class with a `tag` writes it as `state`: classes that stand in one union have different tags. One that
    is `sparse` leaves out what is empty.
    """

    __slots__ = ()
    tag: ClassVar[str | None] = None
    sparse: ClassVar[bool] = False

    def as_document(self) -> dict[str, Any]:
        """Plain JSON of every field, with contacts in full."""
        document: dict[str, Any] = encode(self)
        return document

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read what `as_document` wrote; keys that are no field are ignored.

        KeyError for a missing field without a default, TypeError or ValueError for a value of another type.
        None of them quotes a value but those of an enumeration or a time.
        """
        decoded: Self = _find_decoder(cls)(document)  # type: ignore[arg-type]  # classes are hashable
        return decoded


def write_canonical(document: Any) -> bytes:
    """JSON whose bytes are equal for equal documents, whatever the order of their keys: to be hashed."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def encode(value: Any) -> Any:
    """The value as plain JSON: times in ISO 8601, members of enumerations by their value."""
    if type(value) in _SCALARS:
        return value
    match value:
        case Serializable():
            document = {} if value.tag is None else {_TAG: value.tag}
            for name in _list_names(type(value)):  # type: ignore[arg-type]
                item = getattr(value, name)
                if item != "" or not value.sparse:
                    document[name] = item if type(item) in _SCALARS else encode(item)
            return document
        case StrEnum():
            return str(value)
        case datetime():
            return value.isoformat()
        case Mapping():
            return {encode(key): encode(item) for key, item in value.items()}
        case list() | tuple():
            value = [encode(item) for item in value]
    return value


@cache
def _list_names(cls: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(cls))


def _check(types: Any, value: Any) -> Any:
    if not isinstance(value, types):
        raise TypeError(f"a value is of type {type(value).__name__}")
    return value


_PLAIN: Final[Mapping[Any, _Decoder]] = {
    Any: lambda value: value,
    bool: partial(_check, bool),
    int: partial(_check, int),
    float: partial(_check, (int, float)),  # JSON has one kind of number: 4.0 may come back as 4
    str: partial(_check, str),
    datetime: datetime.fromisoformat,
}


@cache
def _find_decoder(hint: Any) -> _Decoder:
    """The function that reads a value of this type; resolving types costs time, so only once for each."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is UnionType:
        return _make_union_decoder(arguments)
    if origin is Mapping:
        key, item = map(_find_decoder, arguments)
        return lambda value: {key(name): item(each) for name, each in _check(dict, value).items()}
    if origin in (tuple, Sequence):
        item = _find_decoder(arguments[0])
        return lambda value: tuple(item(each) for each in _check(list, value))
    if is_dataclass(hint):
        return _make_dataclass_decoder(hint)
    return _PLAIN.get(hint) or _check(EnumType, hint)


def _make_dataclass_decoder(cls: Any) -> _Decoder:
    hints = get_type_hints(cls)
    known = [
        (field.name, _find_decoder(hints[field.name]), field.default is field.default_factory is MISSING)
        for field in fields(cls)
    ]

    def decode(document: Any) -> Any:
        _check(dict, document)
        return cls(
            **{name: read(document[name]) for name, read, required in known if required or name in document}
        )

    return decode


def _make_union_decoder(members: Sequence[Any]) -> _Decoder:
    """One of several classes by its tag, or what is None or of these types."""
    kinds = [member for member in members if member is not NoneType]
    if len(kinds) < len(members):
        read = _find_decoder(kinds[0]) if len(kinds) == 1 else _make_union_decoder(kinds)
        return lambda value: None if value is None else read(value)
    by_tag = {kind.tag: _find_decoder(kind) for kind in kinds}

    def decode(document: Any) -> Any:
        tag = _check(dict, document)[_TAG]
        if tag not in by_tag:
            raise ValueError("no class has the tag of this value")
        return by_tag[tag](document)

    return decode
