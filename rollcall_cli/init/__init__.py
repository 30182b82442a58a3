"""`rollcall init`: a first roster that keeps what the accounts have today."""
