"""What Rollcall needs to work, each a pure function over what was read."""
