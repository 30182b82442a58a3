"""Programs for people who work on Rollcall: nothing of it is deployed or installed."""
