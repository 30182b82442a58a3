"""Service-managed StackSets: each instance is a stack of the local cloud's own CloudFormation."""
