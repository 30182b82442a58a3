"""Writing one contact: intent, ledger, put, verify; and finishing what a lost worker began."""
