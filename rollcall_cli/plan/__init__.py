"""`rollcall plan`: what a roster would change, looked at from outside."""
