"""Which roster decides, approving one, and entries that no longer match what they matched."""
