"""The state of Rollcall and the executions that operators start: sweeps and commands."""
