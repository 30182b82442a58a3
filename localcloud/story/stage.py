"""The stage of demo and `make local`: an organization in a local cloud, Rollcall deployed by the real CDK."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from localcloud.aws.trails import log_organization
from localcloud.composition import LocalCloud
from localcloud.kept import ROOT
from localcloud.messaging.mail import ALERTS_FILE
from localcloud.running import LOCK_FILE
from localcloud.story.assemblies import make_once
from localcloud.story.cdk import Cdk
from localcloud.story.outcomes import record_outcomes
from localcloud.story.shell import run_rollcall
from localcloud.story.sweeps import HubSweeps
from localcloud.story.terminal import CONFIG, Terminal
from simulation.cloud import SimulatedCloud
from simulation.seeds import HUB

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from simulation.organization import SimulatedOrganization

_DIGITS = 12  # of a digest: enough for `rollcall`
_WAIT_SCALE = 0.05  # nobody watches a state machine wait


class DemoStage:
    """A local cloud and what is deployed in it. All files go to `out`; `show` gets progress messages.

    `assembly` is what `cdk synth` made of the demo's configuration, where that has been done before.
    Raises FileExistsError when `out` holds anything but what an earlier run left.
    """

    def __init__(
        self,
        out: Path,
        show: Callable[[str], None],
        *,
        organization: SimulatedOrganization,
        port: int = 0,
        assembly: Path | None = None,
    ) -> None:
        _clear(out)
        self.out, self.show, self._assembly = out, show, assembly
        self.management = organization.management
        simulation = SimulatedCloud(
            organization, organization.clock, delivery_delay=0.05, account_creation_seconds=0.3
        )
        self.cloud = LocalCloud(
            simulation=simulation,
            run_dir=out,
            runtime=ROOT / ".runtime",
            port=port,
            wait_scale=_WAIT_SCALE,
        )
        self._sweeps: HubSweeps | None = None
        self.roster: dict[str, Any] = {}  # the compiled one that was deployed last

    def prepare(self, *variants: Path) -> dict[str, Any]:
        """Set up the organization, bootstrap the hub and synthesize; returns the compiled roster.

        `variants` are configurations that `update_hub` deploys later.
        """
        record_outcomes(self.cloud)
        self.show("rollcall setup, synthesis, cdk bootstrap of the hub")
        with ThreadPoolExecutor() as pool:
            others = [pool.submit(self._set_up), pool.submit(self._make_cdk().bootstrap, HUB)]
            if self._assembly is None:
                configs, cdk = (CONFIG, *variants), self._make_cdk()
                kept = make_once(lambda out: cdk.synth(*configs, out=out), *configs, how="together")
                shutil.copytree(kept, self.out / "assemblies")  # the CLI writes into it
                self._assembly = self.out / "assemblies" / CONFIG.name
            for other in others:
                other.result()
        return _read_roster(self._assembly)

    @property
    def sweeps(self) -> HubSweeps:
        """The sweeps of the deployed hub."""
        if self._sweeps is None:
            raise LookupError("the hub is not deployed")
        return self._sweeps

    def deploy(self) -> dict[str, Any]:
        """Deploy everything; returns the first sweep's run, which leaves the roster pending approval."""
        if self._assembly is None:
            raise LookupError("nothing is synthesized")
        self.show("cdk deploy of the hub, whose StackSet brings the forwarder to the members")
        known = self._deploy_hub(self._assembly)
        self.show("cdk deploy of management, while the first sweep runs")
        self._make_cdk().deploy("RollcallManagement", self.management, assembly=self._assembly)
        return self.sweeps.wait_for_run(known)

    def approve(self, run: dict[str, Any]) -> dict[str, Any]:
        """Approve the plans that a run left pending; returns the run that applies the last one."""
        for plan in run["pending"]:
            known = self.sweeps.list_known()
            self._terminal.run("approve", plan[:_DIGITS], "--yes")
            run = self.sweeps.wait_for_run(known)
        return run

    def show_pending(self, plan: str) -> dict[str, str]:
        """What an operator sees of a pending plan, who then declines to approve it: by place."""
        held = self.out / "pending"
        held.mkdir()
        # `status` exits with 2 when something needs a person, `approve` may exit with 1 after a no.
        with ThreadPoolExecutor() as pool:
            looks = {
                "status": pool.submit(self._terminal.run, "status", statuses=(2,)),
                "approve": pool.submit(
                    self._terminal.run, "approve", plan[:_DIGITS], answer="n\n", statuses=(0, 1)
                ),
                "report": pool.submit(lambda: self._terminal.fetch_report(held).read_text()),
            }
        return {place: look.result() for place, look in looks.items()}

    def fetch_report(self) -> Path:
        """The page of the last sweep, fetched from the hub's bucket as a person does."""
        self.sweeps.wait_until_idle()
        return self._terminal.fetch_report(self.out)

    def update_hub(self, config: Path) -> dict[str, Any]:
        """Deploy the hub with another configuration; returns the run of the sweep that follows."""
        self.show("cdk deploy of the hub again: an update of its stack")
        known = self._deploy_hub(self.out / "assemblies" / config.name)
        return self.sweeps.wait_for_run(known)

    def _set_up(self) -> None:
        """Create a trail and run `rollcall setup`."""
        log_organization(self.cloud.clients, self.management)
        work = self.out / "setup"
        work.mkdir()
        said = run_rollcall(self.cloud.clients, self.management, "setup", "--config", str(CONFIG), work=work)
        (work / "setup.log").write_text(said)

    def _deploy_hub(self, assembly: Path) -> set[str]:
        """Returns the sweeps that were before; the one that follows a deployment begins by itself."""
        self.roster = _read_roster(assembly)
        known = self._sweeps.list_known() if self._sweeps else set()
        self._sweeps = HubSweeps(self.cloud, self._make_cdk().deploy("RollcallHub", HUB, assembly=assembly))
        return known

    @property
    def _terminal(self) -> Terminal:
        return Terminal(clients=self.cloud.clients, work=self.out / "work", show=self.show)

    def _make_cdk(self) -> Cdk:
        return Cdk(clients=self.cloud.clients, work=self.out / "cdk")


def _read_roster(assembly: Path) -> dict[str, Any]:
    (candidate,) = assembly.glob("asset.*/candidate.json")
    document: dict[str, Any] = json.loads(candidate.read_text())
    return document


def _clear(out: Path) -> None:
    """Delete the files of an earlier run, but not the lock of the directory."""
    old = [entry for entry in out.iterdir() if entry.name != LOCK_FILE] if out.exists() else []
    if old and not (out / ALERTS_FILE).exists():
        raise FileExistsError(f"{out} is not empty and not from an earlier run")
    for entry in old:
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()
