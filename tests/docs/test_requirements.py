"""A lock (requirements*.txt) holds what its source (requirements/*.in) chooses, by hash, and no address."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
SOURCES = {path.stem: path for path in (ROOT / "requirements").glob("*.in")}
LOCKS = {
    name: ROOT / ("requirements.txt" if name == "deploy" else f"requirements-{name}.txt") for name in SOURCES
}
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")


def lines(path):
    return path.read_text(encoding="utf-8").splitlines()


def locked(path):
    """The versions of each package: more than one where they differ by version of Python."""
    found: dict[str, set[str]] = {}
    for line in lines(path):
        if not line.startswith((" ", "#")):
            requirement = Requirement(line.removesuffix(" \\"))
            found.setdefault(canonicalize_name(requirement.name), set()).add(str(requirement.specifier))
    return found


def chosen(path):
    for line in lines(path):
        if line.startswith("-r "):
            yield from chosen(path.parent / line.removeprefix("-r "))
        elif not line.startswith(("#", "-c ")):
            yield Requirement(line)


def test_every_lock_has_a_source():
    assert set(ROOT.glob("requirements*.txt")) == set(LOCKS.values())


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_is_nothing_but_pins_with_their_hashes(name):
    others = [line for line in lines(LOCKS[name]) if not HASH.fullmatch(line)]
    assert [
        line
        for line in others
        if not re.fullmatch(r" *#.*|[a-z0-9.-]+(?:\[[\w, ]+\])?==[\w.]+(?: ; [\w '<>=!.]+)? \\", line)
        or "://" in line
    ] == []
    assert [
        pin for pin, after in pairwise(lines(LOCKS[name])) if pin[0] not in " #" and not HASH.fullmatch(after)
    ] == []


@pytest.mark.parametrize("name", SOURCES)
def test_a_lock_holds_what_its_source_chooses(name):
    lock = locked(LOCKS[name])
    for requirement in chosen(SOURCES[name]):
        versions = lock[canonicalize_name(requirement.name)]
        assert str(requirement.specifier) in {"", *versions}, f"{requirement}: run `make lock`"


@pytest.mark.parametrize("name", sorted(set(LOCKS) - {"deploy"}))
def test_no_lock_has_another_version_than_the_one_that_is_deployed_with(name):
    deployed = locked(LOCKS["deploy"])
    assert [p for p, versions in locked(LOCKS[name]).items() if versions != deployed.get(p, versions)] == []


def test_a_user_of_the_cdk_finds_what_they_expect():
    expected = {"aws-cdk-lib", "constructs", "boto3", "aws-lambda-powertools", "pytest", "moto"}
    assert expected <= set(locked(LOCKS["deploy"]))


def test_everything_is_installed_by_hash():
    """Except the project itself, which has no lock."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    installs = [line for line in makefile.splitlines() if "pip install" in line or "$(INSTALL)" in line]
    assert len(installs) == 6
    assert [line for line in installs if "--require-hashes" not in line and "$(INSTALL)" not in line] == [
        "\t$(BIN)/python -m pip install -qq --no-deps --no-build-isolation --editable ."
    ]
