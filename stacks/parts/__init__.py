"""Parts of the hub: what belongs together of functions, queues, rules and roles, wired with each other."""
