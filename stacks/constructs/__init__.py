"""Building blocks. Each takes typed values, exposes one attribute and imports no other block."""
