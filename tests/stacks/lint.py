"""AWS's cfn-lint, in this process: to load its rules and schemas takes seconds, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def find_errors(*paths: Path, ignore: tuple[str, ...] = ()) -> list[str]:
    """What cfn-lint says of these templates in us-east-1."""
    from cfnlint.api import lint_file  # noqa: PLC0415  # it is slow to import
    from cfnlint.config import ManualArgs  # noqa: PLC0415  # same

    config = ManualArgs(regions=["us-east-1"], ignore_checks=list(ignore))
    return [str(match) for path in paths for match in lint_file(path, config)]


def find_rules(*paths: Path) -> set[str]:
    """The rules of cfn-lint, informational and experimental ones included, that match these templates."""
    from cfnlint.api import lint_file  # noqa: PLC0415  # it is slow to import
    from cfnlint.config import ManualArgs  # noqa: PLC0415  # same

    config = ManualArgs(
        regions=["us-east-1"], include_checks=["I", "W", "E"], include_experimental=True, mandatory_checks=[]
    )
    return {match.rule.id for path in paths for match in lint_file(path, config)}
