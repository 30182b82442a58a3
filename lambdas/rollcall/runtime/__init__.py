"""What only handlers and their composition see: batches, environment, metrics, shared composition."""
