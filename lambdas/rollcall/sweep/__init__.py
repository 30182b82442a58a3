"""The sweep: begin, prepare, observe, gate, apply, report; one module for each step, and what they share."""
