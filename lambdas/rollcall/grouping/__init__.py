"""Grouping: many alerts of one kind leave as one message a minute, which names what it stands for."""
