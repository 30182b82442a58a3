"""Why a text is not YAML: the line, what was probably meant, and the fix. It repeats keys only, no values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Sequence

_CONFLICT: Final = re.compile(r"(<{7}|\|{7}|={7}|>{7})( |$)")
_KEY_BEFORE: Final = re.compile(r"(?:^|[\s{,])([\w-]+):\s+[^\s\"'{\[#,][^,]*$")
_NO_SPACE: Final = re.compile(r"\s*(?:- )?([\w-]+):[^\s:/]")
_NO_SPACE_AFTER_DASH: Final = re.compile(r"\s*-[^\s-]")
_PLACEHOLDER: Final = re.compile(r"(?:^|\s)\{+account_[a-z]+\}")
#: Where a value can begin: after the indentation, a dash, a colon, a comma or a bracket.
_BEGIN: Final = re.compile(r"(?:^|(?<=[\s{\[,]))(?=[\"'])")
_CLOSED: Final = {'"': re.compile(r'"(?:[^"\\]|\\.)*"'), "'": re.compile(r"'(?:[^']|'')*'")}
_AFTER_VALUE: Final = re.compile(r"\s*(?:$|[,:}\]]|\s#)")


def explain_yaml_error(error: yaml.YAMLError, text: str) -> tuple[int, str]:
    """Return the line (from 1) on which to correct the text, and what is wrong with it."""
    lines = text.splitlines()
    line, problem = _explain(error, lines, text)
    return line, f"is not YAML: {problem}"


def _explain(error: yaml.YAMLError, lines: Sequence[str], text: str) -> tuple[int, str]:
    for number, line in enumerate(lines, start=1):
        if _CONFLICT.match(line):
            fix = "keep one version, and delete the lines that begin with <<<<<<<, ======= and >>>>>>>"
            return number, f"git left a conflict here: {fix}"
    if not isinstance(error, yaml.MarkedYAMLError):  # a character that YAML refuses
        position = getattr(error, "position", 0)
        code = getattr(error, "character", 0)
        return text.count("\n", 0, position) + 1, f"it has the character U+{code:04X}: delete it"
    mark = error.problem_mark or error.context_mark
    if mark and mark.line < len(lines) and _PLACEHOLDER.search(lines[mark.line]):
        return mark.line + 1, "a value with a { must be in quotes"
    place = (mark.line, mark.column) if mark else (0, 0)
    return (
        _find_quote(lines[: place[0] + 1])
        or _explain_context(error, lines, place)
        or _explain_problem(error, lines, place)
    )


def _find_quote(lines: Sequence[str]) -> tuple[int, str] | None:
    """Find the first quote that its line does not close: no value of the configuration needs two lines."""
    for number, line in enumerate(lines, start=1):
        position = 0
        while begin := _BEGIN.search(line, position):
            if re.search(r"(^|\s)#", line[position : begin.start()]):
                break
            quote = line[begin.start()]
            closed = _CLOSED[quote].match(line, begin.start())
            if closed is None:
                return number, f"the quote {quote} is not closed: add a {quote} at the end of the value"
            if not _AFTER_VALUE.match(line, closed.end()):
                fix = "add it, or write the whole value in the other kind of quotes"
                return number, f"a {quote} is missing, or stands inside of a value in {quote}: {fix}"
            position = closed.end()
    return None


def _explain_context(
    error: yaml.MarkedYAMLError, lines: Sequence[str], place: tuple[int, int]
) -> tuple[int, str] | None:
    """Explain an error by the line before it, or by what was opened and not closed."""
    at, column = place
    problem, start = str(error.problem), error.context_mark.line if error.context_mark else at
    before = max((number for number in range(min(at, len(lines))) if lines[number].strip()), default=0)
    found = None
    if "flow mapping" in str(error.context) and start < at:
        found = start, "the { is not closed: add a } at the end of the value"
    elif "flow sequence" in str(error.context) and start < at:
        found = start, "the [ is not closed: add a ] at the end of the list"
    elif "not allowed here" in problem or "but got ':'" in problem:
        if key := _KEY_BEFORE.search(lines[at][:column]):
            found = at, f'a value with a colon and a space must be in quotes: write {key[1]}: "..."'
        elif at and (key := _NO_SPACE.match(lines[before])):
            found = before, f"a space is missing after the colon: write {key[1]}: ..."
        else:
            found = at, "the line is indented more than the one above, which has a value: align both"
    elif "could not find expected ':'" in problem:
        key = _NO_SPACE.match(lines[start])
        fix = f"a space is missing after the colon: write {key[1]}: ..." if key else "write key: value"
        found = start, fix
    elif "expected <block end>" in problem:
        dashes = [number for number in (before, at) if _NO_SPACE_AFTER_DASH.match(lines[number])]
        found = (dashes[0], "a space is missing after the dash: write - ...") if dashes else None
    return found and (found[0] + 1, found[1])


def _explain_problem(
    error: yaml.MarkedYAMLError, lines: Sequence[str], place: tuple[int, int]
) -> tuple[int, str]:
    at, column = place
    problem = str(error.problem)
    character = lines[at][column] if at < len(lines) and column < len(lines[at]) else ""
    if character == "\t":
        text = "it has a tab: write spaces instead"
    elif "cannot start any token" in problem:
        text = f"a value that begins with {character} must be in quotes"
    elif "chomping or indentation" in problem:
        text = "a value that begins with > or | must be in quotes"
    elif "unknown escape" in problem:
        text = f"\\{character} means nothing in double quotes: write \\\\{character}, or use single quotes"
    elif "expected escape sequence" in problem:
        text = "a \\ begins an escape in double quotes: write \\\\, or use single quotes"
    elif "another document" in problem:
        text = "a second document begins here: delete the line ---"
    elif "expected <block end>" in problem:
        text = "the line is not aligned with those above it: indent it as they are"
    elif "expected the node content" in problem:
        text = f"a value is missing before {character}: write one, or delete the {character}"
    else:
        text = ", ".join(part for part in (error.context, error.problem) if part)
    return at + 1, text
