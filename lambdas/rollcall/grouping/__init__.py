"""Grouping: bulk edits, and other alerts that are many, leave as one message a minute that names each."""
