"""What demo and `make local` do with the local cloud: people act in it, programs run against it."""
