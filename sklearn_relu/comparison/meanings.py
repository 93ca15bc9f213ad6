"""The meaning of a table's figures, in words."""

MEANINGS = {
    "sparsity": "Exact zeros: share among the hidden activations of the training rows.",
    "dead_units": "Dead units: share of hidden units that are 0 on all training rows.",
    "saturation": "Saturated: share of hidden activations within 1 % of a bound.",
    "gradient_ratio": "Gradient ratio: norm in the first layer over norm in the last, before the "
    "first step.",
}
"""By the figure's name."""
