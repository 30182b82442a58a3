"""Runs `rollcall` commands as an operator of the hub."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.kept import ROOT
from localcloud.story.shell import run_rollcall
from rollcall.model.well_known import OPERATOR_ROLE_NAME
from simulation.seeds import HUB

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from localcloud.cloud.clients import AccountClients

CONFIG = ROOT / "localcloud" / "config"
REPORT_FILE = "report.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """Runs commands. `work` takes their files; `show` is called with each command before it runs."""

    clients: AccountClients
    work: Path
    show: Callable[[str], object]

    def run(self, *command: str, answer: str = "", statuses: Collection[int] = (0,)) -> str:
        """What `rollcall` prints for the demo's configuration; raises CommandFailedError."""
        self.show(f"rollcall {' '.join(command)}")
        return run_rollcall(
            self.clients,
            HUB,
            *command,
            "--config",
            str(CONFIG),
            work=self.work,
            role=OPERATOR_ROLE_NAME,
            answer=answer,
            statuses=statuses,
        )

    def fetch_report(self, directory: Path) -> Path:
        """The page of the last sweep, from the hub's bucket."""
        page = directory / REPORT_FILE
        self.run("report", "--out", str(page))
        return page
