"""Primary contacts of which the roster keeps parts."""

from __future__ import annotations

from dataclasses import replace

from rollcall.model.contact import KEEP, PRIMARY_PARTS
from tests.support.cases import check_each
from tests.support.organizations import FIRST_PRIMARY


@check_each("part", PRIMARY_PARTS)
def test_a_part_that_is_kept_is_as_it_should_be(part: str) -> None:
    wanted = replace(FIRST_PRIMARY, **{part: KEEP})
    assert wanted.as_stored() == wanted
    assert FIRST_PRIMARY.is_same(wanted)
    assert wanted.keep_from(FIRST_PRIMARY) == FIRST_PRIMARY
