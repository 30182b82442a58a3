"""AWS as commands use it: clients, the caller's identity, retries, the deployed hub."""
