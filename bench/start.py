"""How long the functions and the synthesis take to start, as ratios to what nobody can avoid.

The best of several whole processes. Functions are timed by the processor, which a busy machine disturbs
least; the synthesis by the clock, because it is at work in two processes. A function is
compared with a process that imports boto3 and makes one client; the synthesis with an application that has
one stack of one resource, as CloudFormation takes none with less, and imports what ours imports of the CDK.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.rows import row
from rollcall.runtime.environment import (
    ApplyEnvironment,
    ControlEnvironment,
    NotifyEnvironment,
    ReconcileEnvironment,
    SweepEnvironment,
)
from stacks.asset import stage

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent.parent
_BEST_OF = 15
_SYNTHS = 5
_RUNTIME = ROOT / ".runtime"
_CLIENT = "import boto3; boto3.client('account')"
#: What each function does before its first message: import the handler and compose what it works with.
FUNCTIONS: dict[str, tuple[Any, str]] = {
    "reconcile": (ReconcileEnvironment, "import reconcile.handler as h; h._function()"),
    "notify": (NotifyEnvironment, "import notify.handler as h; h._function()"),
    "sweep": (SweepEnvironment, "import sweep.handler as h; h._steps()"),
    "apply": (ApplyEnvironment, "import apply.handler as h; h._steps()"),
    "control": (ControlEnvironment, "import control.handler as h; h._operator()"),
}
#: Ratios with a goal; the others are shown.
_GOALS = {"reconcile": 1.6}
#: What most variables may be, numbers too, as nothing is asked of AWS; and those that are words.
_ANY = "1"
_WORDS = {"ROLLCALL_MASKS": "foreign", "ROLLCALL_CHANNEL": "sns", "ROLLCALL_MIN_SEVERITY": "INFO"} | {
    "ROLLCALL_WRITER_ROLE_ARN": "arn:aws:iam::333333333333:role/rollcall-reconcile"
}
#: What a profile of both processes says, for where the goal is missed.
_SYNTH_NOTE = (
    "most of the base is the CDK's own check of templates, which takes seconds to load. Ours adds a hundred "
    "resources: making them, what Node loads of the CDK when it is first used, and that check and cdk-nag's "
    "rules over them. None of these is most of it, and nothing that checks is left out to be faster."
)
_EMPTY = """
import sys; sys.path[:0] = {paths!r}
import {modules}
from aws_cdk import App, CfnResource, Stack, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks
app = App(outdir={out!r})
Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
CfnResource(Stack(app, "Empty"), "Nothing", type="AWS::CloudFormation::WaitConditionHandle")
app.synth()
"""


def measure() -> list[dict[str, Any]]:
    """Rows for functions, asset and synthesis."""
    with tempfile.TemporaryDirectory() as work:
        asset = stage(candidate=_candidate(), target=Path(work) / "asset")
        zipped = shutil.make_archive(str(Path(work) / "asset"), "zip", asset)
        layer = _layer(Path(work))
        rows = [row("asset_kilobytes", round(Path(zipped).stat().st_size / 1024), "kB")]
        for name, (environment, code) in FUNCTIONS.items():
            paths = os.pathsep.join((str(asset), str(layer)))
            ratio = _ratio(code, _environment(variables_of(environment) | {"PYTHONPATH": paths}))
            rows.append(row(f"cold_start_ratio_{name}", ratio, "x", _GOALS.get(name)))
        return [*rows, _synth(Path(work))]


def variables_of(environment: Any) -> dict[str, str]:
    """What a function of this environment can be composed from."""
    return {name: _WORDS.get(name, _ANY) for name in environment.variable_names()}


def _ratio(code: str, environment: Mapping[str, str]) -> float:
    """The best of several runs over the best of as many of the base; by turns, as a machine has its moods."""
    spent, base = [], []
    for _ in range(_BEST_OF):
        spent.append(_processor(_python(code), environment))
        base.append(_processor(_python(_CLIENT), _environment({})))
    return round(min(spent) / min(base), 2)


def _synth(work: Path) -> dict[str, Any]:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "stacks").rglob("*.py")]
    imported = re.compile(r"^from aws_cdk import (aws_\w+)", re.MULTILINE)
    used = {name for source in sources for name in imported.findall(source)}
    modules = ", ".join(f"aws_cdk.{name}" for name in sorted(used))
    empty = _EMPTY.format(paths=[str(ROOT)], modules=modules, out=str(work / "empty"))
    environment = os.environ | {
        "CDK_OUTDIR": str(work / "ours"),
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
    }
    ours, base = [], []
    for _ in range(_SYNTHS):
        ours.append(_elapsed([sys.executable, str(ROOT / "app.py")], environment))
        base.append(_elapsed([sys.executable, "-c", empty], environment))
    return row("synth_ratio", round(min(ours) / min(base), 2), "x", 1.5, note=_SYNTH_NOTE)


def _layer(work: Path) -> Path:
    """Powertools with its bytecode, as AWS publishes it: its canary refuses a layer without.

    https://github.com/aws-powertools/powertools-lambda-python, `layer_v3/layer/canary/bytecode_monitor.py`.
    """
    layer = shutil.copytree(_RUNTIME / "layer", work / "layer")
    compiling = ["-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(layer)]
    subprocess.run([str(_RUNTIME / "bin" / "python"), *compiling], check=True)  # noqa: S603  # our own words
    return layer


def _python(code: str) -> list[str]:
    """A process that ends where Lambda's waits for a message: nothing is tidied up."""
    return [str(_RUNTIME / "bin" / "python"), "-c", f"{code}; import os; os._exit(0)"]


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    """As in Lambda, where the asset is read only: nothing that was compiled is kept."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "POWERTOOLS_METRICS_NAMESPACE": "Rollcall",
        **variables,
    }


def _elapsed(command: list[str], environment: Mapping[str, str]) -> float:
    """Seconds on the clock that one process took."""
    start = time.monotonic()
    subprocess.run(command, check=True, env=dict(environment), cwd=ROOT, capture_output=True)  # noqa: S603  # our own code
    return time.monotonic() - start


def _processor(command: list[str], environment: Mapping[str, str]) -> float:
    """Seconds of processor time that one process took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, env=dict(environment), cwd=ROOT, capture_output=True)  # noqa: S603  # our own code
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _candidate() -> dict[str, Any]:
    from tests.support.world import ROSTER  # noqa: PLC0415  # the tests' path is set up by then

    document: dict[str, Any] = json.loads(json.dumps(ROSTER))
    return document
