"""The function `sweep`: the steps of a run that write no contact."""
