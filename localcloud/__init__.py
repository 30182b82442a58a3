"""AWS on this machine: moto's server, completed with what it lacks, around the model in `simulation`."""
