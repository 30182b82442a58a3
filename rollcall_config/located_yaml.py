"""YAML as plain data that remembers its lines. Stricter than YAML: no aliases, no tags, no duplicate keys."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import yaml

from rollcall_config.document import ConfigError, ConfigProblem, Document, Unquoted, format_route
from rollcall_config.yaml_errors import explain_yaml_error

if TYPE_CHECKING:
    from pathlib import Path

    from rollcall_config.document import Route

_TAG: Final = "tag:yaml.org,2002:"
# No number of either file has more digits, and Python refuses to read thousands of them.
_DECIMAL: Final = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})", re.ASCII)
# JSON writes what is beyond U+FFFF as two escapes; to YAML they are two halves, of which no text is made.
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
#: YAML counts them as ends of lines: all lines below would have other numbers than in an editor.
_LINE_END: Final = re.compile("[\x85\u2028\u2029]")
_HALF: Final = 'has an escape for half a character, such as "\\ud83d": write the character itself'
_ALIAS: Final = (
    "aliases (*name), also after <<, are not read: repeat the value; quote a text that begins with *"
)
_WORD: Final = re.compile(r"account_[a-z]+")
_OF_VALUES: Final = (f"{_TAG}value", f"{_TAG}merge")
_READ_AS: Final = {"int": "a number", "float": "a number", "bool": "true or false", "timestamp": "a date"}


def read(path: Path, *, file: str) -> Document:
    """Read the file; `file` is what messages call it. Raises ConfigError if it cannot be read as YAML."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError([ConfigProblem(file=file, text="there is no such file")]) from None
    except OSError as error:
        raise ConfigError([ConfigProblem(file=file, text=f"cannot be read: {error.strerror}")]) from None
    try:
        text = data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line, problem = data.count(b"\n", 0, error.start) + 1, "is not UTF-8: save the file as UTF-8"
        raise ConfigError([ConfigProblem(file=file, line=line, text=problem)]) from None
    if found := _LINE_END.search(text):
        line = text.count("\n", 0, found.start()) + 1
        problem = f"has the character U+{ord(found[0]):04X}, which ends a line in YAML: delete it"
        raise ConfigError([ConfigProblem(file=file, line=line, text=problem)])
    try:
        node = _compose(text)
    except yaml.YAMLError as error:
        line, problem = explain_yaml_error(error, text)
        raise ConfigError([ConfigProblem(file=file, line=line, text=problem)]) from None
    except RecursionError:
        problem = "is nested too deeply: no key needs more than a few levels"
        raise ConfigError([ConfigProblem(file=file, text=problem)]) from None
    document = Document(file=file)
    if node is None or node.tag == f"{_TAG}null":
        raise ConfigError([ConfigProblem(file=file, line=1, text="the file is empty")])
    document.data = _Converter(document).convert(node, ())
    return document


def _compose(text: str) -> yaml.Node | None:
    # In C it takes a seventh of the time. What that parser refuses, the other one explains.
    if yaml.__with_libyaml__:
        with suppress(yaml.YAMLError):
            return yaml.compose(text, Loader=_FastLoader)
    return yaml.compose(text, Loader=_Loader)


class _NoAliases(yaml.composer.Composer):
    # An alias can make a small file endless, and a reader must not have to look for what it means.
    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):  # type: ignore[attr-defined]  # of the parser beside it
            mark = self.peek_event().start_mark  # type: ignore[attr-defined]  # same
            raise yaml.composer.ComposerError(None, None, _ALIAS, mark)
        return super().compose_node(parent, index)


class _Loader(_NoAliases, yaml.SafeLoader):
    pass


if yaml.__with_libyaml__:

    class _FastLoader(_NoAliases, yaml.CSafeLoader):
        def __init__(self, stream: str) -> None:
            super().__init__()
            yaml.CSafeLoader.__init__(self, stream)


class _Converter:
    def __init__(self, document: Document) -> None:
        self.document = document

    def convert(self, node: yaml.Node, route: Route) -> Any:
        self.document.lines.setdefault(route, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
            return self._convert_mapping(node, route)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
            return [self.convert(item, (*route, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return self._convert_scalar(node, route)
        return self._refuse_tag(route, node)

    def _convert_mapping(self, node: yaml.MappingNode, route: Route) -> dict[str, Any] | None:
        if word := _find_placeholder(node):
            self._refuse(route, f'a value that begins with {{ must be in quotes: write "{word}"')
            return None
        result: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or key.tag != f"{_TAG}str":
                self._refuse_key(key, route)
                continue
            if _SURROGATE.search(key.value):
                problem = ConfigProblem(
                    file=self.document.file, line=line, field=format_route(route), text=_HALF
                )
                self.document.problems.append(problem)
                continue
            step = (*route, key.value)
            if key.value in result:
                self.document.problems.append(
                    ConfigProblem(
                        file=self.document.file,
                        line=line,
                        field=format_route(step),
                        text=f"is given twice, first on line {self.document.lines[step]}: keep one",
                    )
                )
                continue
            self.document.lines[step] = line
            result[key.value] = self.convert(value, step)
        return result

    def _refuse_key(self, key: yaml.Node, route: Route) -> None:
        text = "a key must be plain text, in quotes if it looks like something else"
        kind = key.tag.removeprefix(_TAG)
        if isinstance(key, yaml.ScalarNode) and (kind in _READ_AS or kind == "null"):
            text = f"the key {key.value} is read as {_READ_AS.get(kind, 'nothing')} by YAML:"
            text += f' write "{key.value}" in quotes'
        elif kind == "merge":
            text = "<< is not read: write the keys out"
        self.document.problems.append(
            ConfigProblem(
                file=self.document.file, line=key.start_mark.line + 1, field=format_route(route), text=text
            )
        )

    def _convert_scalar(self, node: yaml.ScalarNode, route: Route) -> Any:
        kind = node.tag.removeprefix(_TAG)
        if kind == "str":
            return self._refuse(route, _HALF) if _SURROGATE.search(node.value) else node.value
        if kind == "null":
            return self._refuse(route, "has no value: give it one, or remove the key")
        if kind not in _READ_AS:
            return self._refuse_tag(route, node)
        value = _read_int(node) if kind == "int" else None
        self.document.unquoted[route] = Unquoted(node.value, _READ_AS[kind], value)
        return value if value is not None else self.document.unquoted[route]

    def _refuse_tag(self, route: Route, node: yaml.Node) -> None:
        # A value that is = or << alone has a tag that nobody wrote.
        text = f"the tag {node.tag!r} is not read: remove it, or quote a text that begins with !"
        self._refuse(route, "must be in quotes" if node.tag in _OF_VALUES else text)

    def _refuse(self, route: Route, problem: str) -> None:
        self.document.refused.add(route)
        self.document.problems.append(self.document.make_problem(route, problem))


def _find_placeholder(node: yaml.MappingNode) -> str | None:
    """Return the word that was meant by {word}, which is a mapping without a value to YAML."""
    if node.flow_style and len(node.value) == 1:
        key, value = node.value[0]
        if value.tag == f"{_TAG}null" and not value.value and _WORD.fullmatch(str(key.value)):
            return f"{{{key.value}}}"
    return None


def _read_int(node: yaml.ScalarNode) -> int | None:
    """Return the number that a reader sees: to YAML, 010 is eight, 1:30 ninety, and 1_0 ten."""
    return int(node.value) if _DECIMAL.fullmatch(node.value) else None
