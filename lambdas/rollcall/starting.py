"""How a function starts: it is composed once, with its first message."""

from __future__ import annotations

import gc
from functools import cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from functools import _lru_cache_wrapper

Function = TypeVar("Function")


def composed_once(compose: Callable[[], Function]) -> _lru_cache_wrapper[Function]:
    """What `compose` returns, from its first call on; what it raises is raised, and it is called again.

    Clients are made of some hundred thousand small objects, none of them garbage. Python would look through
    them again and again meanwhile, for a tenth of a cold start (`make bench`).
    """

    @cache
    def composed() -> Function:
        gc.disable()
        try:
            return compose()
        finally:
            gc.enable()

    return composed
