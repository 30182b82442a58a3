"""From one event to its outcomes: wait or leave alone, read, decide, restore, publish."""
