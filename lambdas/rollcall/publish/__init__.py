"""Publish incidents, and only then close their intents; the same for intents of workers that crashed."""
