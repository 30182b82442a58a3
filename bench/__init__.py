"""Measurements: `make bench`. Nothing here is asserted by a test, because machines differ."""
