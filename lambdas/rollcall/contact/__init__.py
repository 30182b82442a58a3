"""The record of one contact: what is being written, what was written, who edited it."""
