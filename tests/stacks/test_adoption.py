"""What a removal keeps can be imported into the next stack: docs/deploying.md#removal.

The template of an import has these resources alone. Each has a deletion policy, and refers to nothing else:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-manually.html
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from localcloud.kept import ROOT
from tests.stacks.lint import find_errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.stacks.template import Template

#: What names a resource of the type in an import.
IDENTIFIERS = {"AWS::DynamoDB::Table": "TableName", "AWS::S3::Bucket": "BucketName"}


def read_mapping() -> dict[str, dict[str, str]]:
    """The file of the page."""
    page = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8").partition("## Removal")[2]
    found = re.search(r"```json\n(.*?)```", page, re.DOTALL)
    assert found
    mapping: dict[str, dict[str, str]] = json.loads(found.group(1))
    return mapping


def find_references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            if key == "Ref":
                yield one
            elif key == "Fn::GetAtt":
                yield one[0]
            else:
                yield from find_references(one)
    elif isinstance(value, list):
        for one in value:
            yield from find_references(one)


def test_the_page_names_all_data_that_is_kept_by_its_logical_id(hub: Template) -> None:
    data = {
        name: {IDENTIFIERS[resource["Type"]]}
        for name, resource in hub.resources.items()
        if resource["Type"] in IDENTIFIERS
    }
    assert {name: set(identifier) for name, identifier in read_mapping().items()} == data


def test_the_template_of_the_import_stands_alone(hub: Template, tmp_path: Path) -> None:
    kept = {name: hub.resources[name] for name in read_mapping()}
    assert {one["DeletionPolicy"] for one in kept.values()} == {"RetainExceptOnCreate"}
    outside = [name for one in kept.values() for name in find_references(one) if not name.startswith("AWS::")]
    assert set(outside) <= set(kept)
    assert not [one for one in kept.values() if "DependsOn" in one]
    # AWS names them anew only if the template says how: an import keeps the names of what is there.
    assert not [key for one in kept.values() for key in one["Properties"] if key in IDENTIFIERS.values()]
    path = tmp_path / "import.json"
    path.write_text(json.dumps({"Resources": kept}), encoding="utf-8")
    assert find_errors(path) == []
