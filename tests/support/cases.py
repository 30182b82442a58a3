"""Many small cases in one test: pytest takes longer for a test than each of them does."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class CasesError(AssertionError):
    """The cases of a test that failed, by their names."""

    def __init__(self, failed: dict[str, BaseException], count: int) -> None:
        texts = (f"{name}:\n{type(error).__name__}: {error}" for name, error in failed.items())
        super().__init__("\n\n".join([f"{len(failed)} of {count} cases failed", *texts]))
        self.failed, self.count = failed, count


def check_each(names: str | tuple[str, ...], cases: Iterable[Any]) -> Callable[..., Callable[..., None]]:
    """Like `pytest.mark.parametrize`, but in one test, which names every case that fails.

    All cases share the fixtures of the test.
    """
    wanted, every = (names,) if isinstance(names, str) else names, list(cases)
    assert every, "no cases"

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(test)
        rest = [one for name, one in signature.parameters.items() if name not in wanted]

        @functools.wraps(test)
        def check(*args: Any, **fixtures: Any) -> None:
            failed: dict[str, BaseException] = {}
            count = 0
            for case in every:
                values = (case,) if isinstance(names, str) else case
                try:
                    test(*args, **fixtures, **dict(zip(wanted, values, strict=True)))
                except CasesError as error:
                    failed |= {f"{_name(case)}, {inner}": one for inner, one in error.failed.items()}
                    count += error.count
                except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001  # whatever a test raises
                    failed[_name(case)] = error
                    count += 1
                else:
                    count += 1
            if failed:
                raise CasesError(failed, count) from next(iter(failed.values()))

        vars(check)["__signature__"] = signature.replace(parameters=rest)
        return check

    return decorate


def _name(case: Any) -> str:
    return str(case) if isinstance(case, str) else f"{getattr(case, '__name__', None) or repr(case):.200}"
