"""Where demo and `make local` happen: an organization in a local cloud, Rollcall deployed by the real CDK."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from localcloud.cdk import Cdk
from localcloud.deliveries import ALERTS_FILE
from localcloud.outcomes import record_outcomes
from localcloud.running import LOCK_FILE
from localcloud.server import LocalCloud
from localcloud.shell import ROOT, rollcall
from rollcall.adapters.match_table import MatchTable
from rollcall.adapters.organizations import AwsOrganization
from rollcall.adapters.state_table import StateTable
from rollcall.approve import approve_candidate
from simulation.cloud import SimulatedCloud
from simulation.seeds import HUB

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from simulation.organization import Organization

CONFIG = ROOT / "config" / "examples" / "demo"


class Stage:
    """Where things happen. `out` takes everything that is written; `tell` is told what is going on.

    `assembly` is what `cdk synth` made of the demo's configuration, where that has been done before.
    Raises FileExistsError when `out` holds anything but what an earlier run left.
    """

    def __init__(
        self,
        out: Path,
        tell: Callable[[str], None],
        *,
        organization: Organization,
        port: int = 0,
        assembly: Path | None = None,
    ) -> None:
        _clear(out)
        self.out, self.tell, self._assembly = out, tell, assembly
        self.management = organization.management
        simulation = SimulatedCloud(
            organization, organization.clock, delivery_delay=0.05, account_creation_seconds=0.3
        )
        self.cloud = LocalCloud(simulation=simulation, run_dir=out, runtime=ROOT / ".runtime", port=port)

    def prepare(self) -> dict[str, Any]:
        """Set the organization up, bootstrap the hub and synthesize; the compiled roster."""
        record_outcomes(self.cloud)
        self.tell("rollcall setup, cdk synth, cdk bootstrap of the hub")
        with ThreadPoolExecutor() as pool:
            others = [pool.submit(self._set_up), pool.submit(self._cdk().bootstrap, HUB)]
            self._assembly = self._assembly or self._synthesize(CONFIG)
            for other in others:
                other.result()
        return _roster(self._assembly)

    def deploy(self) -> None:
        """Deploy everything and approve the roster."""
        assembly = self._assembly or self._synthesize(CONFIG)
        self.tell("cdk deploy of hub, whose StackSet brings the forwarder to the members, and management")
        with ThreadPoolExecutor(max_workers=2) as pool:  # a CLI keeps a core busy
            hub = pool.submit(self._deploy_hub, assembly)
            self._cdk().deploy("RollcallManagement", self.management, assembly=assembly)
            hub.result()

    def update_hub(self, config: Path) -> None:
        """Synthesize and deploy the hub again with another configuration, and approve its roster."""
        self.tell("cdk synth and cdk deploy of the hub again: an update of its stack")
        self._deploy_hub(self._synthesize(config))

    def _set_up(self) -> None:
        """Trusted access, delegated administrators and the policy type, as a person brings them about."""
        work = self.out / "setup"
        work.mkdir()
        said = rollcall(self.cloud.clients, self.management, "setup", "--config", str(CONFIG), work=work)
        (work / "setup.log").write_text(said)

    def _synthesize(self, config: Path) -> Path:
        assembly = self.out / "assemblies" / config.name
        self._cdk().synth(config=str(config), assembly=assembly)
        return assembly

    def _deploy_hub(self, assembly: Path) -> None:
        outputs = self._cdk().deploy("RollcallHub", HUB, assembly=assembly)
        dynamodb, table = self.cloud.clients.client("dynamodb", HUB), outputs["StateTableName"]
        approve_candidate(
            state=StateTable(client=dynamodb, table=table),
            matches=MatchTable(client=dynamodb, table=table),
            organization=AwsOrganization(client=self.cloud.clients.client("organizations", HUB)),
            document=_roster(assembly),
            approved_by="demo",
            now=datetime.now(UTC),
        )

    def _cdk(self) -> Cdk:
        return Cdk(clients=self.cloud.clients, work=self.out / "cdk")


def _roster(assembly: Path) -> dict[str, Any]:
    (candidate,) = assembly.glob("asset.*/candidate.json")
    document: dict[str, Any] = json.loads(candidate.read_text())
    return document


def _clear(out: Path) -> None:
    """Take away what an earlier run left, but not the claim to the directory."""
    old = [entry for entry in out.iterdir() if entry.name != LOCK_FILE] if out.exists() else []
    if old and not (out / ALERTS_FILE).exists():
        raise FileExistsError(f"{out} is not empty and not from an earlier run")
    for entry in old:
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()
