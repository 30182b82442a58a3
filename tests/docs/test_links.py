"""What the pages point to is there: pages, sections, files, make targets."""

import re
from pathlib import Path

from tests.support.cases import check_each

ROOT = Path(__file__).parents[2]
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "tests" / "events" / "README.md")
}
_OURS = (
    "bench",
    "rollcall_cli",
    "rollcall_config",
    "config",
    "lambdas",
    "localcloud",
    "schemas",
    "simulation",
    "stacks",
    "tests",
    "tools",
)
FILES = [path for directory in _OURS for path in (ROOT / directory).rglob("*.*")]
CODE = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in FILES
    if path.suffix == ".py" and "tests" not in path.parts[len(ROOT.parts) :]
}
#: What commands and users make, and the names of objects in a bucket.
MADE = re.compile(
    r"config/(?:organization|contacts)\.yaml|out/|bench/results\.json|reports/|ledger/|intent\.json|outcome\.json|confirmation\.json|report\.(json|html)"
)
_FENCE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)


def prose(page: str) -> str:
    return _FENCE.sub("", PAGES[page])


def anchors(text: str) -> set[str]:
    """The anchors that GitHub, and most others, give the headings."""
    headings = re.findall(r"^#+ ([^\n]+)$", _FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: str) -> list[str]:
    return re.findall(r"\]\((?!https?:)([^)\s]+)\)", prose(page))


def missing(link: str, *, beside: str) -> bool:
    name, _, anchor = link.partition("#")
    target = ((ROOT / beside).parent / name).resolve() if name else ROOT / beside
    return not target.exists() or bool(anchor and anchor not in anchors(target.read_text(encoding="utf-8")))


@check_each("page", sorted(PAGES))
def test_every_link_of_a_page_leads_to_a_page_and_a_section_that_are_there(page):
    assert [link for link in links(page) if missing(link, beside=page)] == []


def test_pages_have_links_and_one_that_leads_nowhere_is_found():
    assert len(links("README.md")) >= 10
    assert missing("docs/nowhere.md", beside="README.md")
    assert missing("docs/roster.md#nowhere", beside="README.md")
    assert missing("#nowhere", beside="docs/cli.md")
    assert not missing("#credentials", beside="docs/cli.md")


@check_each("page", sorted(PAGES))
def test_every_file_that_a_page_names_is_there(page):
    named = re.findall(
        r"`((?:[\w.-]+/)*[\w-]+\.(?:py|md|json|yaml|js|css|j2|txt|toml))(?:#[^`]*)?`", prose(page)
    )
    names = {path.name for path in FILES}
    gone = [
        name
        for name in named
        if not MADE.match(name)
        and not (ROOT / name).exists()
        and ("/" in name or name not in names)
        and not (ROOT / "lambdas" / "rollcall" / name).exists()
    ]
    assert gone == []


def test_every_target_of_make_that_a_page_or_a_message_names_is_there():
    targets = set(
        re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    said = re.compile(r"(?:`|^|\$\()make (?:-s )?([a-z][a-z-]*)", re.MULTILINE)
    named = {target for text in (*PAGES.values(), *CODE.values()) for target in said.findall(text)}
    assert {"demo", "test", "local-env", "bench"} <= named
    assert named <= targets


def test_every_section_of_a_page_that_the_code_names_is_there():
    named = {link for text in CODE.values() for link in re.findall(r"docs/[\w/-]+\.md(?:#[\w-]+)?", text)}
    assert named
    assert [link for link in sorted(named) if missing(link, beside="README.md")] == []
