"""Bulk edits: contacts of many accounts changed in a short time are one incident, not many."""
