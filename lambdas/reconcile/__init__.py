"""The function that brings accounts back to the roster."""
