"""How wide one behaviour is: `python -m bench.path` restores a deleted contact, alerts, and shows what ran.

Modules and functions are those of `lambdas/rollcall` that are entered by the real handlers, over moto and the
simulation; lines are those of the whole files; table calls are DynamoDB's.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "lambdas"), str(ROOT)]

from bench.counts_signals import delete_contact, open_hub  # noqa: E402  # the paths above come first

if TYPE_CHECKING:
    from types import FrameType

CORE = ROOT / "lambdas" / "rollcall"


def trace_restore() -> dict[str, int]:
    """Counts for one deleted contact that is restored and alerted: what runs, and what the table is asked."""
    entered: Counter[tuple[str, str, int]] = Counter()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(str(CORE)) and not code.co_name.startswith("<"):
            entered[code.co_filename, code.co_name, code.co_firstlineno] += 1

    with open_hub() as hub:
        hub.meter.reset()
        sys.setprofile(note)
        try:
            delete_contact(hub)
        finally:
            sys.setprofile(None)
        used = sum(hub.meter.calls.values(), Counter())
    files = sorted({name for name, _, _ in entered})
    return {
        "modules": len(files),
        "functions": len(entered),
        "lines": sum(len(Path(name).read_text(encoding="utf-8").splitlines()) for name in files),
        "table_calls": sum(count for name, count in used.items() if name.startswith("dynamodb:")),
        "account_calls": sum(count for name, count in used.items() if name.startswith("account:")),
    }


if __name__ == "__main__":
    for name, value in trace_restore().items():
        sys.stdout.write(f"{value:6}  {name}\n")
