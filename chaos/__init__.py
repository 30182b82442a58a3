"""Seeded stories in virtual time over the real core: people, faults and late events, judged by an oracle."""

import sys
from pathlib import Path

# The functions are deployed from this folder, and installed nowhere.
_LAMBDAS = str(Path(__file__).parents[1] / "lambdas")
if _LAMBDAS not in sys.path:
    sys.path.append(_LAMBDAS)
