"""Input and output that commands share: arguments, progress, formatting, errors with their fixes."""
