"""Parts of the stacks: constructs of one signature, `Part(scope, id, common=..., ...)`, wired by stacks."""
