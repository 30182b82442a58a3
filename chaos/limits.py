"""What the stacks set: time-outs, visibility and how often messages and steps are tried. In seconds."""

from __future__ import annotations

from typing import Final

#: `stacks/parts/intake.py`, `channels.py`, `sweep.py` and `control.py`.
FUNCTION_TIMEOUTS: Final = {"reconcile": 60, "notify": 60, "sweep": 840, "apply": 300, "control": 60}
#: `stacks/constructs/inbox.py`: a queue hides a message for six times the time-out of its function.
VISIBILITY: Final = {"intake": 360, "echoes": 360, "notify": 360}
MOST_RECEIVES: Final = {"intake": 60, "echoes": 60, "notify": 30}
#: `stacks/constructs/machine.py`: waits before each further try of a step.
STEP_WAITS: Final = (2, 4, 8, 16)
#: `stacks/parts/sweep.py`: what a step that was given up leads to.
CATCHES: Final = {
    "prepare": "observe",
    "observe": "report",
    "gate": "report",
    "approve": "report",
    "apply": "report",
}
#: What waits, for how many seconds, and what follows: a run for another, and drift for its events.
MACHINE_WAITS: Final = {"wait": (60, "begin"), "settle": (10, "apply")}
#: `stacks/parts/control.py`: how often what is due about pauses and approvals is followed up.
FOLLOW_UP: Final = 900
#: Which function does a step; all others are done by `sweep`.
STEP_FUNCTIONS: Final = {"prepare": "apply", "approve": "control", "apply": "apply"}
