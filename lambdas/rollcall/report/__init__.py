"""The report of a sweep: one document, and the JSON, CSV and HTML that show it. Contacts are in full here."""
