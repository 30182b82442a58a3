"""The server, its clients, and the interface that the parts of the cloud use."""
