"""What operators do: start sweeps, approve, pause, and see how Rollcall is."""
