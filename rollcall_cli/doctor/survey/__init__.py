"""Reads what the checks look at, with whatever credentials there are."""
