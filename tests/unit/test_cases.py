import pytest

from tests.support.cases import CasesError, check_each


@check_each("text", ["a", "bb"])
@check_each(("length", "shown"), [(1, None), (2, print)])
def check(text, length, shown, tmp_path):
    assert tmp_path == "shared"
    if shown:
        pytest.fail("shown")
    assert len(text) == length


def test_every_case_that_fails_is_named_with_its_reason():
    with pytest.raises(CasesError) as caught:
        check(tmp_path="shared")
    assert list(caught.value.failed) == [
        "a, (2, <built-in function print>)",
        "bb, (1, None)",
        "bb, (2, <built-in function print>)",
    ]
    text = str(caught.value)
    assert text.startswith(
        "3 of 4 cases failed\n\na, (2, <built-in function print>):\nFailed: shown\n\nbb, (1, None):\n"
    )
    assert "assert 2 == 1" in text


@check_each("number", range(3))
def test_fixtures_are_made_once(number, tmp_path):
    assert len(list(tmp_path.iterdir())) == number
    (tmp_path / str(number)).touch()
