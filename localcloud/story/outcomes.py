"""Every outcome that Rollcall puts on its outcome bus, as JSON lines in a file, as it happens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rollcall.model.well_known import OUTCOME_DETAIL_TYPE, OUTCOME_SOURCE

if TYPE_CHECKING:
    from pathlib import Path

    from localcloud.composition import LocalCloud

OUTCOMES_FILE = "outcomes.jsonl"


def record_outcomes(cloud: LocalCloud) -> Path:
    """Append the detail of each outcome event to the run's outcomes.jsonl; gives its path."""
    path = cloud.run_dir / OUTCOMES_FILE
    path.write_text("")

    def record(event: dict[str, Any]) -> None:
        if (event["source"], event["detail-type"]) == (OUTCOME_SOURCE, OUTCOME_DETAIL_TYPE):
            with path.open("a") as file:  # closed, hence on disk, before the next event
                file.write(json.dumps(event["detail"]) + "\n")

    cloud.bridge.listen(record)
    return path
