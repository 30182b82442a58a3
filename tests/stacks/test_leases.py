"""Nobody takes over from a worker that may still run: what it holds outlasts its time-out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollcall.adapters.state.channels import LOCK_SECONDS
from rollcall.decide.intent import WORK
from rollcall.sweep.apply import TIMEOUT
from rollcall.sweep.run import LEASE_SECONDS
from tests.stacks.template import as_list

if TYPE_CHECKING:
    from tests.stacks.assembly import Assembly
    from tests.stacks.template import Resource, Template

_WRITES = {"account:PutAlternateContact", "account:DeleteAlternateContact"}


def _time_outs(template: Template, role: str) -> dict[str, int]:
    """Seconds by logical id of every function with this role."""
    return {
        logical_id: function["Timeout"]
        for logical_id, function in template.of_type("AWS::Lambda::Function").items()
        if function["Role"] == {"Fn::GetAtt": [role, "Arn"]}
    }


def _writes(statement: Resource) -> bool:
    return statement["Effect"] == "Allow" and not _WRITES.isdisjoint(as_list(statement["Action"]))


def test_a_function_that_writes_has_the_time_that_a_write_may_take(hub: Template) -> None:
    """An intent is its worker's own until the function is stopped, which reconcile asks Lambda for."""
    writers = [role for role in hub.of_type("AWS::IAM::Role") if any(map(_writes, hub.statements(role)))]
    time_outs = {name: seconds for role in writers for name, seconds in _time_outs(hub, role).items()}
    assert any(name.startswith("Reconcile") for name in time_outs)
    assert min(time_outs.values()) >= WORK.total_seconds()


def test_the_sweep_takes_its_function_for_stopped_when_it_is(hub: Template) -> None:
    functions = hub.of_type("AWS::Lambda::Function").values()
    [applying] = [one["Timeout"] for one in functions if one["Handler"] == "apply.handler.handler"]
    assert applying == TIMEOUT.total_seconds()


def test_a_run_is_its_workers_own_for_longer_than_a_function_of_the_sweep_may_run(hub: Template) -> None:
    functions = hub.of_type("AWS::Lambda::Function").values()
    sweeping = [
        one["Timeout"]
        for one in functions
        if one["Handler"] in ("sweep.handler.handler", "apply.handler.handler")
    ]
    assert len(sweeping) == 2
    assert max(sweeping) < LEASE_SECONDS


def test_an_incident_is_its_workers_own_for_longer_than_a_function_that_tells_may_run(
    everything: Assembly,
) -> None:
    functions = everything.templates["RollcallHub"].of_type("AWS::Lambda::Function").values()
    telling = [one["Timeout"] for one in functions if one["Handler"] == "notify.handler.handler"]
    assert len(telling) == 4
    assert max(telling) < LOCK_SECONDS
