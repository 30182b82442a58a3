"""Configuration: YAML to a checked roster and settings, each error with its line. No CDK and no AWS."""
