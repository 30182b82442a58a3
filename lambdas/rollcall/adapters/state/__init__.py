"""The state table, one adapter for each part of it."""
