"""Alerts: incidents and notices as messages, and the form of a message for each channel.

Who gets them is in `config/organization.yaml`, and `stacks/parts/channels.py` makes the channels.
"""
