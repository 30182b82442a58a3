"""The function `apply`: the steps of a run that only the role that writes can do."""
