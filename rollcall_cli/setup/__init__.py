"""What the management account grants before Rollcall is deployed: the steps of `rollcall setup`."""
