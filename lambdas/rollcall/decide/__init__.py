"""Deciding, pure: what the roster asks of an account, what was observed, what to change or not."""
