"""The entry point: Ctrl-C ends the command without a traceback at any moment, also while it loads."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Run the command `rollcall`."""
    try:
        from rollcall_cli.app import app  # noqa: PLC0415  # it takes a second, in which people press Ctrl-C

        app(prog_name="rollcall")
    except KeyboardInterrupt:
        sys.stderr.write("error: interrupted\nfix: run the command again\n")
        sys.exit(130)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # the interpreter ends: nothing is left to clean up
