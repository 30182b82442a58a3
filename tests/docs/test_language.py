"""Pages, generated ones included, use standard terms and short lines."""

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

from tests.support.cases import check_each

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
CONFIGURATION = [*ROOT.glob("config/example/*.yaml"), *ROOT.glob("localcloud/config/*.yaml")]
DEPLOYED = ("lambdas", "rollcall_cli", "rollcall_config", "rollcall_policies", "stacks")
#: What is deployed, what deploys and operates it, and what stands for AWS.
CODE = [
    ROOT / "app.py",
    *(
        path
        for package in (*DEPLOYED, "simulation", "localcloud", "bench")
        for path in sorted((ROOT / package).rglob("*.py"))
    ),
]
#: Words that we used and a reader would not search for, and what stands in their place.
WORDS = {
    r"tell|tells|telling|told|teller": "alert, notify, report",
    r"mend|mends|mended|mending": "fix",
    r"faults?": "error",
    r"whoever|whomever|whom": "the principal, the person; active voice",
    r"tug of war|standoffs?": "repeated edits",
    r"tally|tallies": "edits in the window",
    r"put back|puts back|putting back|set right|put right": "restored",
    r"over yes|over no": "resolved, open",
    r"nothing but|nobody but|none but": "only",
    r"not concerned": "not affected",
    r"goes on being|go on being": "is still",
    r"ask nobody|say --force": "offline, pass",
    r"everybody was": "an alert was sent",
    r"is for \w+ to (?:say|settle|decide)": "decides",
    r"no event announced|of which no event": "found by the sweep only",
    r"unannounced|announced": "known drift, found by the sweep only",
    r"organizational units?|units? (?:of|below|above|with|named)": "OU",
    r"as it wants|as the roster wants it": "compliant, restored, set",
    r"is none of|lets nobody|let nothing": "is not, denied",
}
_ANY = re.compile(rf"\b(?:{'|'.join(WORDS)})\b", re.IGNORECASE)
_OLD = [(re.compile(rf"\b(?:{old})\b", re.IGNORECASE), better) for old, better in WORDS.items()]
_FENCE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_TARGETS = re.compile(r"\]\([^)]*\)|<!--.*?-->", re.DOTALL)
#: A section of the runbook is headed as its alert is.
_HEADINGS = re.compile(r"^### .*$", re.MULTILINE)


def prose(text: str) -> str:
    """Without code, targets of links and headings of alerts."""
    for pattern in (_FENCE, _CODE, _TARGETS, _HEADINGS):
        text = pattern.sub("", text)
    return re.sub(r"\s+", " ", text)


def old_words(text: str) -> list[str]:
    words = prose(text)
    return [f"{match[0]}: {better}" for old, better in _OLD for match in old.finditer(words)]


@check_each("path", PAGES)
def test_a_page_has_none_of_our_old_words(path: Path) -> None:
    assert old_words(path.read_text(encoding="utf-8")) == []


@check_each("path", PAGES)
def test_no_line_of_a_page_is_too_long(path: Path) -> None:
    lines = re.sub(
        r"^ *```.*?^ *```$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    ).splitlines()
    long = [
        line for line in lines if len(_TARGETS.sub("]", line)) > 160 and not line.lstrip().startswith("|")
    ]
    assert long == []


def test_pages_stay_within_their_budget() -> None:
    words = {path.name: len(path.read_text(encoding="utf-8").split()) for path in ROOT.glob("docs/*.md")}
    assert len((ROOT / "README.md").read_text(encoding="utf-8").split()) <= 1_200
    assert words["architecture.md"] <= 2_500
    assert sum(words.values()) <= 16_000


@pytest.mark.parametrize("path", CONFIGURATION, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_comments_of_the_configuration_have_none_of_our_old_words(path: Path) -> None:
    comments = re.findall(r"^#(?! *[\w-]+: ).*$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert comments
    assert old_words("\n".join(comments)) == []


def may_have_old_words(path: Path) -> bool:
    """To parse all files takes seconds, and few of them have such a word at all."""
    return bool(_ANY.search(re.sub(r"\s+", " ", path.read_text(encoding="utf-8"))))


def find_remarks(source: str) -> list[str]:
    """Docstrings and comments. Other strings may be texts of alerts."""
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, documented)]
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = [token.string for token in tokens if token.type == tokenize.COMMENT]
    return [*filter(None, map(ast.get_docstring, nodes)), *comments]


def test_what_a_module_says_of_itself_has_none_of_our_old_words() -> None:
    found = {
        path: old_words("\n".join(find_remarks(path.read_text(encoding="utf-8"))))
        for path in filter(may_have_old_words, CODE)
    }
    assert {path: words for path, words in found.items() if words} == {}


#: One alert of each kind, as people get it.
ALERTS = ROOT / "tests" / "functions" / "golden" / "text"
#: What people read at a terminal, in CloudFormation and in alerts.
TEXTS = [path for path in CODE if path.relative_to(ROOT).parts[0] in DEPLOYED]


def test_an_alert_has_none_of_our_old_words() -> None:
    found = {path: old_words(path.read_text(encoding="utf-8")) for path in ALERTS.iterdir()}
    assert len(found) > 100
    assert {path: words for path, words in found.items() if words} == {}


def test_texts_of_commands_stacks_and_alerts_have_none_of_our_old_words() -> None:
    found = [
        (path, node.lineno, words)
        for path in filter(may_have_old_words, TEXTS)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value
        if (words := old_words(node.value))
    ]
    assert found == []


def test_remarks_are_found() -> None:
    assert find_remarks('"""one"""\nx = "two"  # three\ndef f():\n    """four"""\n') == [
        "one",
        "four",
        "# three",
    ]


def test_old_words_are_found() -> None:
    assert "told" not in prose("as ```told``` `told` [here](#told)\n### Told\n")
    assert "told" in prose("it is told")
