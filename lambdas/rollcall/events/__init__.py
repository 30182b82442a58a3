"""CloudTrail events to signals: which account to look at, and why."""
