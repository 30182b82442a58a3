"""Publish what came of a signal, and only then close it."""
