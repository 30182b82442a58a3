"""A fresh checkout, deployed as a user of the CDK types it: nothing is shared with this environment.

Not in `make test`, because pip installs everything once more from its registry: `make fresh`.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from localcloud.composition import LocalCloud
from localcloud.story.cdk import CLI, ROOT
from localcloud.story.seeds import make_ready_organization
from localcloud.story.shell import build_environment
from simulation.clock import SystemClock
from simulation.cloud import SimulatedCloud
from tests.support.typing_person import type_script

pytestmark = pytest.mark.cloud
MANAGEMENT, HUB = "111111111111", "333333333333"
#: Settings that are not a person's at a terminal of their own.
OTHERS = ("AWS_", "CDK_", "JSII_", "CI", "GITHUB_")
PAGE = ROOT / "docs" / "deploying.md"
SECTION = re.compile(r"^## With the CDK alone\n.*?^```console hub\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    clock = SystemClock()
    simulation = SimulatedCloud(make_ready_organization(clock), clock)
    run_dir = tmp_path_factory.mktemp("run")
    with LocalCloud(simulation=simulation, run_dir=run_dir, runtime=ROOT / ".runtime") as running:
        yield running


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """The files that git knows, as they are now."""
    directory = tmp_path_factory.mktemp("fresh") / "rollcall"
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 -- our own words
    for name in listed.stdout.split("\0"):
        if name and (ROOT / name).is_file():
            target = directory / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target)
    return directory


def typed(cloud, checkout, account, script):
    """Exit status of a shell that runs the script, and what its terminal shows. Each question gets a yes."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith(OTHERS)}
    theirs = build_environment(cloud.clients, home=checkout.parent / "home", account=account)
    del theirs["JSII_RUNTIME_PACKAGE_CACHE_ROOT"]
    cache = os.environ.get("PIP_CACHE_DIR", str(Path.home() / ".cache" / "pip"))
    path = f"{CLI.parent}{os.pathsep}{os.environ['PATH']}"  # as `npm install --global` leaves it
    return type_script(
        script,
        directory=checkout,
        environment=mine | theirs | {"PATH": path, "PIP_CACHE_DIR": cache},
    )


def stacks(cloud, account):
    listed = cloud.clients.client("cloudformation", account).describe_stacks()["Stacks"]
    return {stack["StackName"]: stack["StackStatus"] for stack in listed}


def test_as_a_user_of_the_cdk_types_it(cloud, checkout):
    """In an environment of another name than `make` has."""
    (commands,) = SECTION.findall(PAGE.read_text(encoding="utf-8"))
    status, shown = typed(cloud, checkout, HUB, commands.replace(".venv", "v"))
    assert status == 0, shown
    assert stacks(cloud, HUB) == {"CDKToolkit": "CREATE_COMPLETE", "RollcallHub": "CREATE_COMPLETE"}
    assert stacks(cloud, MANAGEMENT) == {}
    assert {"v", "cdk.out"} <= {path.name for path in checkout.iterdir()}
    assert not (checkout / ".venv").exists()


def test_then_management_and_nowhere_else(cloud, checkout):
    command = ". v/bin/activate; cdk deploy 'Management/*'"
    status, shown = typed(cloud, checkout, HUB, command)
    assert status == 1, shown
    assert "HubOf" in shown
    status, shown = typed(cloud, checkout, MANAGEMENT, command)
    assert status == 0, shown
    assert stacks(cloud, MANAGEMENT) == {"RollcallManagement": "CREATE_COMPLETE"}
