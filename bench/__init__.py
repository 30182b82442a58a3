"""Measurements: `make bench`. What runs in virtual time is the same everywhere, processor times are not."""
