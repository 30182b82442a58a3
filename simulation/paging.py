"""NextToken paging as the Organizations API does it."""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Collection, Mapping
from itertools import islice
from typing import Any

from simulation.errors import ApiError

PAGE_SIZE = 20
_PAGING = {"NextToken", "MaxResults"}


def build_invalid_input(reason: str) -> ApiError:
    """InvalidInputException with its modelled reason."""
    return ApiError("InvalidInputException", "You specified an invalid value.", reason=reason)


def page(
    ids: Collection[str], params: Mapping[str, Any], result: str, render: Callable[[str], Any]
) -> dict[str, Any]:
    """One page of `ids`, rendered, under the key `result`, with NextToken when there are more.

    Raises InvalidInputException for MaxResults outside 1-20 and for a token that no such listing gives, the
    empty string included (captured live).
    """
    size = params.get("MaxResults", PAGE_SIZE)
    if not 1 <= size <= PAGE_SIZE:
        raise build_invalid_input("MIN_VALUE_EXCEEDED" if size < 1 else "MAX_VALUE_EXCEEDED")
    offset = _read_offset(params, result)
    answer: dict[str, Any] = {result: [render(item) for item in islice(ids, offset, offset + size)]}
    if offset + size < len(ids):
        answer["NextToken"] = _make_token(params, result, offset + size)
    return answer


def start_empty(answer: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """An empty first page in the place of `answer`; its token leads to the page that holds the items."""
    result = next(key for key in answer if key != "NextToken")
    return {result: [], "NextToken": _make_token(params, result, 0)}


def _make_token(params: Mapping[str, Any], result: str, offset: int) -> str:
    # Bound to the listing, so that a token carried into another one is refused.
    asked = sorted((key, str(value)) for key, value in params.items() if key not in _PAGING)
    scope = f"{result}/{asked}"
    return f"{urlsafe_b64encode(scope.encode()).decode()}.{offset}"


def _read_offset(params: Mapping[str, Any], result: str) -> int:
    token = params.get("NextToken")
    if token is None:
        return 0
    digits = str(token).rpartition(".")[2]
    if not digits.isdecimal() or token != _make_token(params, result, int(digits)):
        raise build_invalid_input("INVALID_NEXT_TOKEN")
    return int(digits)
