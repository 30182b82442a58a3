"""Repeated edits: somebody keeps changing a contact back, and reverts back off, never abandoned."""
