"""Alerts: incidents and notices as messages, and each channel's way to show one."""
