"""What became of a signal: verdicts, outcomes, severities, notices, and the documents that leave the core."""
