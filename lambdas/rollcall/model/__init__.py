"""What everything else is about: accounts, contacts, the roster, desired state, errors."""
