"""A cloud on this machine: moto's server, with what it lacks, around the model in `simulation`."""
