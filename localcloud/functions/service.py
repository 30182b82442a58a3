"""Keeps execution environments: warm ones are reused, a deployment retires them."""

from __future__ import annotations

import base64
import io
import json
import threading
import zipfile
from collections import Counter
from typing import TYPE_CHECKING, Any

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import lambda_backends

from localcloud.functions.environment import ExecutionEnvironment, InvocationResult, Launch
from localcloud.functions.forks import ForkServer
from localcloud.kept import keep

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from localcloud.cloud.clients import AccountClients

RESPONSE_BYTES = 6_291_556
"""Lambda developer guide, "Lambda quotas", as its own error message puts it."""
_POWERTOOLS = ":layer:AWSLambdaPowertoolsPythonV3-"


class ThrottledError(Exception):
    """The function has as many invocations as its reserved concurrency lets it have."""

    message = "Rate Exceeded."


class Functions:
    """All functions of all accounts, as moto's Lambda has them at the moment of an invocation.

    Raises FileNotFoundError when the runtime's virtual environment has not been built.
    """

    def __init__(self, *, clients: AccountClients, run_dir: Path, runtime: Path) -> None:
        self._clients, self._runtime = clients, runtime
        if not (runtime / "bin" / "python").exists():
            raise FileNotFoundError(f"no Lambda runtime in {runtime}: `make` builds it")
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()
        self._environments: dict[str, list[tuple[str, ExecutionEnvironment]]] = {}
        self._servers: dict[str, ForkServer] = {}  # by their PYTHONPATH
        self._logs = run_dir / "logs"
        self._logs.mkdir(parents=True, exist_ok=True)

    def invoke(self, function_arn: str, event: bytes) -> InvocationResult:
        """Run a function once; raises moto's UnknownFunctionException when no function has that ARN.

        Raises ThrottledError when it already runs as often as its reserved concurrency allows.
        As in Lambda, an answer that is too large is a failure.
        """
        region, account = function_arn.split(":")[3:5]
        function = lambda_backends[account][region].get_function(function_arn)
        reserved, arn = function.reserved_concurrency, function.function_arn
        with self._lock:
            if reserved is not None and self._running[arn] >= int(reserved):
                raise ThrottledError
            self._running[arn] += 1
        try:
            environment = self._acquire(function)
            try:
                outcome = environment.invoke(event)
            finally:
                environment.busy = False
        finally:
            with self._lock:
                self._running[arn] -= 1
        return outcome if len(outcome.payload) <= RESPONSE_BYTES else _build_too_large(len(outcome.payload))

    def list_pids(self, function_name: str) -> list[int]:
        """Process ids of the living environments of a function."""
        return [environment.process.pid for environment in self._list_living(function_name)]

    def kill(self, function_name: str) -> int:
        """Kill the processes of a function, as in a crash; returns their number."""
        victims = self._list_living(function_name)
        for environment in victims:
            environment.process.kill()
        return len(victims)

    def close(self) -> None:
        """Kill every process."""
        with self._lock:
            for _, environment in [pair for pairs in self._environments.values() for pair in pairs]:
                environment.close()
            self._environments.clear()
            for server in self._servers.values():
                server.close()

    def _list_living(self, function_name: str) -> list[ExecutionEnvironment]:
        with self._lock:
            held = [
                pair
                for arn, pairs in self._environments.items()
                if arn.endswith(f":{function_name}")
                for pair in pairs
            ]
        return [environment for _, environment in held if environment.alive]

    def _acquire(self, function: Any) -> ExecutionEnvironment:
        task = self._unpack(function)  # in use: it stays, however long ago its process began
        key = repr([function.code_sha_256, sorted(function.get_configuration().items(), key=str)])
        with self._lock:
            pairs = self._environments.setdefault(function.function_arn, [])
            for version, environment in list(pairs):
                if environment.busy:
                    continue
                if version == key and environment.alive:
                    environment.busy = True
                    return environment
                pairs.remove((version, environment))
                environment.close()
        environment = ExecutionEnvironment(self._launch(function, task))
        with self._lock:
            pairs.append((key, environment))
        return environment

    def _launch(self, function: Any, task: Path) -> Launch:
        variables = self._build_variables(function, task)
        return Launch(
            server=self._find_server(variables),
            handler=function.handler,
            task=task,
            variables=variables,
            log=self._logs / f"{function.function_name}.log",
            function_arn=function.function_arn,
            timeout=float(function.timeout),
        )

    def _find_server(self, variables: Mapping[str, str]) -> ForkServer:
        path = variables.get("PYTHONPATH", "")
        with self._lock:
            if path not in self._servers:
                self._servers[path] = ForkServer(self._runtime / "bin" / "python", variables)
            return self._servers[path]

    def _unpack(self, function: Any) -> Path:
        """Its code, with the bytecode that earlier runs of the same code left."""
        name = base64.b64decode(function.code_sha_256).hex()
        return keep(
            f"function-{name}",
            lambda place: zipfile.ZipFile(io.BytesIO(function.code_bytes)).extractall(place),
        )

    def _build_variables(self, function: Any, task: Path) -> dict[str, str]:
        credentials = self._clients.assume(function.role, function.function_name[:64])
        # As in Lambda, a package that neither the asset, nor a layer, nor the runtime brings is not there.
        layers = any(_POWERTOOLS in layer["Arn"] for layer in function.layers)
        return {
            **{name: str(text) for name, text in function.environment_vars.items()},
            **({"PYTHONPATH": str((self._runtime / "layer").resolve())} if layers else {}),
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "_HANDLER": function.handler,
            "LAMBDA_TASK_ROOT": str(task),
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
            "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
            "AWS_REGION": function.region,
            "AWS_DEFAULT_REGION": function.region,
            "AWS_ENDPOINT_URL": self._clients.endpoint,
            **credentials.to_environment(),
        }


def find_function(arn: str) -> Any:
    """The function of that ARN in moto, or None."""
    region, account = arn.split(":")[3:5]
    try:
        return lambda_backends[account][region].get_function(arn)
    except UnknownFunctionException:
        return None


def _build_too_large(size: int) -> InvocationResult:
    allowed = f"maximum allowed payload size ({RESPONSE_BYTES} bytes)"
    message = f"Response payload size ({size} bytes) exceeded {allowed}."
    document = {"errorMessage": message, "errorType": "Function.ResponseSizeTooLarge"}
    return InvocationResult(payload=json.dumps(document).encode(), failed=True)
