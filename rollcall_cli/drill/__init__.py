"""`rollcall drill`: edit a test account, and see it restored, alerted and recorded."""
