"""Queues and mailboxes."""
