"""The server, what reaches it, and what the parts of the cloud may use of it."""
