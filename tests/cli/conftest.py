"""A desk for each test, and no sockets."""

from __future__ import annotations

import pytest

from tests.cli.desk import Desk


@pytest.fixture(autouse=True)
def _no_sockets(socket_disabled):
    pass


@pytest.fixture
def desk(tmp_path) -> Desk:
    return Desk(tmp_path)
