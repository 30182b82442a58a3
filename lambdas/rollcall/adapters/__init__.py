"""Adapters: the ports of the core over AWS clients that are handed in."""
