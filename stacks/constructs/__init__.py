"""Building blocks: typed values in, one attribute out; they do not know each other."""
