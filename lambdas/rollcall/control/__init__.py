"""Commands of operators: the caller is proven, then each is checked, recorded, carried out and alerted."""
