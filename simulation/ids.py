"""Identifiers in AWS's grammars, from one seeded generator."""

import random
import string
from uuid import UUID


class Ids:
    """A reproducible stream of identifiers: the same seed gives the same ids in the same order."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)  # noqa: S311 - reproducible ids, nothing is protected by them

    def make_uuid(self) -> str:
        """A version 4 UUID (request and event ids)."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def make_account_id(self) -> str:
        """Twelve digits, the first not zero."""
        return str(self._random.randrange(10**11, 10**12))

    def make_suffix(self, length: int) -> str:
        """Lower-case letters and digits, as in OU and request ids."""
        return "".join(self._random.choices(string.ascii_lowercase + string.digits, k=length))
