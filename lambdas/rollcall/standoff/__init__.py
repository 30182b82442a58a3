"""Standoffs: somebody keeps changing a contact back, and reverts are spaced out, never abandoned."""
