"""Messages about what is under way, so that a person who waits sees that it is."""

from __future__ import annotations

import time
from threading import Condition, Thread
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds of silence after which the last message is repeated.
REPEAT_SECONDS: Final = 5.0


class Progress:
    """Writes each message with the time since the start, and repeats the last one while nothing follows.

    It repeats within its context, every `repeat_seconds`.
    """

    def __init__(self, write: Callable[[str], object], *, repeat_seconds: float = REPEAT_SECONDS) -> None:
        self._write, self._repeat_seconds = write, repeat_seconds
        self._started = self._shown = time.monotonic()
        self._current = ""
        self._changed = Condition()
        self._ended = False

    def __enter__(self) -> Self:
        Thread(target=self._repeat, name="progress", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify()

    def show(self, message: str) -> None:
        """Write what happens from now on."""
        with self._changed:
            self._current, self._shown = message, time.monotonic()
            self._write_line(message)
            self._changed.notify()

    def _repeat(self) -> None:
        with self._changed:
            while not self._ended:
                if not self._changed.wait(self._repeat_seconds) and self._current:
                    self._write_line(f"{self._current}: {time.monotonic() - self._shown:.0f} s so far")

    def _write_line(self, text: str) -> None:
        self._write(f"[dim]{time.monotonic() - self._started:5.1f} s[/]  {text}")
