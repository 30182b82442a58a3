"""The sweep: list, observe, gate, apply, report; one module for each step, and what they hand on."""
