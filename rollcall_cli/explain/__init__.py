"""`rollcall explain`: what the roster asks of one account, and why."""
