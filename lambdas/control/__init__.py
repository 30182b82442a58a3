"""The function `control`: what operators command."""
