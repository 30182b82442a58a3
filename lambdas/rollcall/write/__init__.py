"""Writing one contact: intent, ledger, put, verify. Crashes are in `publish/recover`."""
