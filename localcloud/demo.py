"""`python -m localcloud.demo`: shows Rollcall at work on this machine, without an AWS account.

Exits 0 if every step showed what was expected, 1 if one differs, 2 if the local cloud could not be set up.
"""

from __future__ import annotations

import argparse
import gc
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent / "lambdas"))

from rich.console import Console

from localcloud.story.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

_console = Console(highlight=False)
if not _console.is_terminal:
    _console.width = 120  # a log file has room


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the demo; it writes summary.json, alerts.jsonl and report.html into the output directory."""
    parser = argparse.ArgumentParser(prog="python -m localcloud.demo", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out/demo"), help="default: %(default)s")
    parser.add_argument("--verbose", action="store_true", help="print each alert in full")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # moto and the AWS models are a million objects that stay: to look through them is a third of the start.
    gc.set_threshold(100_000)
    try:
        with Progress(_console.print) as progress:
            progress.show("starting the local cloud")
            # Here, because moto alone takes seconds to import.
            from localcloud.story.play import play_demo  # noqa: PLC0415

            return play_demo(
                options.out.resolve(), console=_console, progress=progress, verbose=options.verbose
            )
    except KeyboardInterrupt:
        _console.print("stopped")
        return 130
    finally:
        gc.freeze()  # nor at the end


if __name__ == "__main__":
    sys.exit(main())
