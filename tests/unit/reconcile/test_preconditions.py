"""What a signal waits for before anything is read or written."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from rollcall.events.signal import Cause
from rollcall.model.errors import WaitError
from rollcall.reconcile.preconditions import MOVING, skip_unknown
from tests.support.samples import ACCOUNT, SIGNAL

MOVED_AT = datetime.fromisoformat(SIGNAL.event.time)
MOVED = replace(SIGNAL, cause=Cause.ACCOUNT_MOVED, destination="ou-ab12-99999999")
ARRIVED = replace(MOVED, destination=ACCOUNT.parent_ids[-1])


def test_a_move_is_awaited_until_the_path_shows_it():
    with pytest.raises(WaitError, match="does not show the move"):
        skip_unknown(MOVED, ACCOUNT, now=MOVED_AT + MOVING - timedelta(seconds=1))
    assert skip_unknown(ARRIVED, ACCOUNT, now=MOVED_AT) is None


def test_a_move_is_not_awaited_for_ever():
    assert skip_unknown(MOVED, ACCOUNT, now=MOVED_AT + MOVING) is None
