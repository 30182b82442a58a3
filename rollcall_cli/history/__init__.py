"""Reading the ledger: what was decided and done, and whether the record is whole."""
