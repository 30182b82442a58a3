"""`rollcall init`: from what an organization has today to a first roster that changes nothing."""
