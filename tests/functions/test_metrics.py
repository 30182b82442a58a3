"""What the functions count, and the lines of the log that CloudWatch makes data points of."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from rollcall.events.signal import Cause
from rollcall.outcomes.metrics import SERVICES, Metric, measure_incident
from rollcall.outcomes.verdicts import Verdict
from rollcall.runtime.handlers import measure
from tests.support.cases import check_each
from tests.support.samples import INCIDENT

if TYPE_CHECKING:
    from rollcall.outcomes.outcome import Incident

SIGNAL = INCIDENT.signal
assert SIGNAL is not None
CHANGED_AT = datetime.fromisoformat(SIGNAL.event.time)


def incident(*verdicts: Verdict, cause: Cause = Cause.CONTACT_EDITED) -> Incident:
    assert SIGNAL is not None
    outcomes = tuple(replace(INCIDENT.outcomes[0], verdict=verdict) for verdict in verdicts)
    return replace(INCIDENT, signal=replace(SIGNAL, cause=cause), outcomes=outcomes)


def test_a_restore_takes_from_the_change_until_it_is_published() -> None:
    now = CHANGED_AT + timedelta(seconds=7, milliseconds=250)
    assert list(measure_incident(incident(Verdict.SET, Verdict.COMPLIANT), now)) == [
        (Metric.RESTORE_MILLISECONDS, 7250)
    ]


def test_clocks_that_disagree_make_no_restore_before_its_change() -> None:
    now = CHANGED_AT - timedelta(seconds=1)
    assert list(measure_incident(incident(Verdict.SET), now)) == [(Metric.RESTORE_MILLISECONDS, 0)]


@check_each("verdict", sorted(set(Verdict) - {Verdict.SET, Verdict.BACKED_OFF}))
def test_what_was_not_set_back_is_no_restore(verdict: Verdict) -> None:
    assert list(measure_incident(incident(verdict), CHANGED_AT)) == []


def test_a_change_in_a_standoff_is_counted() -> None:
    assert list(measure_incident(incident(Verdict.BACKED_OFF), CHANGED_AT)) == [(Metric.REPEATED_EDITS, 1)]


def test_a_revert_that_waited_for_its_time_in_a_standoff_was_not_slow() -> None:
    waited = replace(incident(Verdict.SET), repeated=True)
    assert list(measure_incident(waited, CHANGED_AT + timedelta(hours=1))) == []


def test_a_contact_of_a_new_account_is_no_restore() -> None:
    made = incident(Verdict.SET, cause=Cause.ACCOUNT_CREATED)
    assert list(measure_incident(made, CHANGED_AT)) == []
    assert list(measure_incident(replace(made, signal=None), CHANGED_AT)) == []


@pytest.mark.parametrize("metric", Metric)
def test_a_data_point_is_a_line_of_the_log(metric: Metric, capsys: pytest.CaptureFixture[str]) -> None:
    measure(metric, 3)
    (line,) = capsys.readouterr().out.splitlines()
    point = json.loads(line)
    (directive,) = point["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Rollcall"
    assert directive["Dimensions"] == [["service"]]
    ((definition,), service) = directive["Metrics"], point["service"]
    assert (definition["Name"], service) == (metric, SERVICES[metric])
    assert definition["Unit"] == ("Milliseconds" if metric.endswith("Milliseconds") else "Count")
    assert point[metric] == [3.0]
    # Nothing finer than the function, which would be another metric each, and be paid for.
    assert set(point) == {"_aws", "service", str(metric)}
