"""Who may do what: every request of every service is asked of the one evaluator of policies, here."""
