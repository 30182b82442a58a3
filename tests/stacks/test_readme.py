"""README.md shows what the code says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from localcloud.kept import ROOT
from tests.stacks.configs import complaints

if TYPE_CHECKING:
    from pathlib import Path

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_faulty_roster_of_the_readme_is_told_in_these_words(tmp_path: Path) -> None:
    (shown,) = re.findall(r"^config/contacts\.yaml:\d+: .*$", README, re.MULTILINE)
    shipped = (ROOT / "config" / "example" / "contacts.yaml").read_text(encoding="utf-8")
    assert shipped.count("\n  security: soc\n") == 1
    faulty = shipped.replace("\n  security: soc\n", "\n  security: socc\n")
    assert complaints(tmp_path, contacts=faulty) == [shown]


def test_the_roster_of_the_readme_is_taken(tmp_path: Path) -> None:
    (shown,) = re.findall(r"^```yaml\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert complaints(tmp_path, contacts=shown) == []
