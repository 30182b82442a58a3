"""Rollcall: keeps the contacts of every account of an AWS Organization equal to one roster."""
