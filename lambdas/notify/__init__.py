"""The function that sends alerts."""
