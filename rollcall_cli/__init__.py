"""The operator's command: thin, it asks the core and shows what that says."""
