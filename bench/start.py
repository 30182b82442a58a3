"""How long the functions and the synthesis take to start, as ratios to what nobody can avoid.

The best of several whole processes in processor time, which a busy machine disturbs least, Node's included.
A function is compared with a process that imports boto3 and makes one client; the synthesis with an
application of the CDK that has one stack of one resource, as CloudFormation takes none with less.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.rows import make_row
from rollcall.runtime.environment import (
    ApplyEnvironment,
    ControlEnvironment,
    NotifyEnvironment,
    ReconcileEnvironment,
    SweepEnvironment,
)
from stacks.asset import stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parent.parent
_BEST_OF = 11
_SYNTHS = 3
_RUNTIME = ROOT / ".runtime"
_OURS = [sys.executable, str(ROOT / "app.py")]
_CLIENT = "import boto3; boto3.client('account')"
#: What each function does before its first message: import the handler and compose what it works with.
FUNCTIONS: dict[str, tuple[Any, str]] = {
    "reconcile": (ReconcileEnvironment, "import reconcile.handler as h; h._function()"),
    "notify": (NotifyEnvironment, "import notify.handler as h; h._function()"),
    "sweep": (SweepEnvironment, "import sweep.handler as h; h._steps()"),
    "apply": (ApplyEnvironment, "import apply.handler as h; h._steps()"),
    "control": (ControlEnvironment, "import control.handler as h; h._operator()"),
}
#: What the first restore makes beside that, if composition has left it out.
_LATE = "; h._function().signals.reconciler.writer.ledger._client.meta"
#: What most variables may be, numbers too, as nothing is asked of AWS; and those that are words.
_ANY = "1"
_WORDS = {"ROLLCALL_MASKS": "foreign", "ROLLCALL_CHANNEL": "sns", "ROLLCALL_MIN_SEVERITY": "INFO"} | {
    "ROLLCALL_WRITER_ROLE_ARN": "arn:aws:iam::333333333333:role/rollcall-reconcile"
}
_EMPTY = """
from aws_cdk import App, CfnResource, Stack
app = App(outdir={out!r})
CfnResource(Stack(app, "Empty"), "Nothing", type="AWS::CloudFormation::WaitConditionHandle")
app.synth()
"""


def measure() -> list[dict[str, Any]]:
    """Rows of all functions."""
    with _deployed() as paths:
        return [
            make_row(
                f"cold_start_ratio_{name}", _find_ratio(code, _environment(variables_of(environment) | paths))
            )
            for name, (environment, code) in FUNCTIONS.items()
        ]


def measure_compose() -> tuple[float, float]:
    """Of a cold start of `reconcile`: what its import takes, and what is made after it; both in bases."""
    environment, code = FUNCTIONS["reconcile"]
    with _deployed() as paths:
        variables = _environment(variables_of(environment) | paths)
        imported = _find_ratio(code.partition(";")[0], variables)
        return imported, max(0.0, _find_ratio(code + _LATE, variables) - imported)


def measure_synthesis() -> list[dict[str, Any]]:
    """The row of the synthesis."""
    with tempfile.TemporaryDirectory() as work:
        environment = os.environ | {
            "CDK_OUTDIR": str(Path(work) / "ours"),
            "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
        }
        empty = _EMPTY.format(out=str(Path(work) / "empty"))
        ours, base = [], []
        for _ in range(_SYNTHS):
            ours.append(_measure_processor(_OURS, environment))
            base.append(_measure_processor([sys.executable, "-c", empty], environment))
    return [make_row("synth_ratio_empty", min(ours) / min(base))]


@contextmanager
def _deployed() -> Iterator[dict[str, str]]:
    """The variables with which a process finds asset and layer, as Lambda has them."""
    with tempfile.TemporaryDirectory() as work:
        asset = stage(candidate=_candidate(), target=Path(work) / "asset")
        yield {"PYTHONPATH": os.pathsep.join((str(asset), str(_layer(Path(work)))))}


def variables_of(environment: Any) -> dict[str, str]:
    """What a function of this environment can be composed from."""
    return {name: _WORDS.get(name, _ANY) for name in environment.variable_names()}


def _find_ratio(code: str, environment: Mapping[str, str]) -> float:
    """The best of several runs over the best of as many of the base; by turns, as a machine has its moods."""
    spent, base = [], []
    for _ in range(_BEST_OF):
        spent.append(_measure_processor(_python(code), environment))
        base.append(_measure_processor(_python(_CLIENT), _environment({})))
    return min(spent) / min(base)


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


def _measure_processor(command: list[str], environment: Mapping[str, str]) -> float:
    """Seconds of processor time that one process and its children took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, env=dict(environment), cwd=ROOT, capture_output=True)  # noqa: S603  # our own code
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _candidate() -> dict[str, Any]:
    from tests.support.world import ROSTER  # noqa: PLC0415  # the tests' path is set up by then

    document: dict[str, Any] = json.loads(json.dumps(ROSTER))
    return document
