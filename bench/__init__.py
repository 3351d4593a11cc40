"""Measurements of speed and size on the bundled films: `make bench`."""
