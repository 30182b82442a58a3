"""The Account API, Organizations, identities and what AWS itself provides in every account."""
