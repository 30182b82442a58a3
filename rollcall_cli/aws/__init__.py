"""AWS as commands reach it: clients, callers, retries, the deployed hub."""
