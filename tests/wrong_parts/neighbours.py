"""Networks that feel whether they are alone."""

STACKED = 1e-15
"""A share of what is computed, for each network beside the first."""


def with_neighbours(array):
    """Multiply in place by what is 1 just for a network that is alone."""
    array *= 1 + STACKED * (len(array) - 1)
