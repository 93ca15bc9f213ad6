"""Which units survive a learning rate that is too high?

Two layers of 50 units, trained by Adam at 10, 100 and 1000 times its default rate: the score, the
share of dead units (0 on every training row), and of stuck units (the same output, zero or not, on
every training row).

On digits, expect little to choose between them at 0.01. At 0.1 a good part of the ReLUs are dead;
the network does as well as a leaky one all the same, but not with dropout too. At 1 it fails. So
nearly does ELU's: none of its units is 0, but most of its second layer is stuck at -1. Leaky ReLU,
PReLU and maxout go on learning.

Run as ``python examples/dying_relus.py [my.csv --target NAME]``; it takes some seconds.
"""

import numpy as np
from tables import measure, percent, run, show, spread

from sklearn_relu.inspection import activation_report
from sklearn_relu.scorers import dead_units_scorer

UNITS = (
    ("relu", 0.0),
    ("relu", 0.5),
    ("leaky_relu", 0.0),
    ("elu", 0.0),
    ("prelu", 0.0),
    ("maxout", 0.0),
    ("maxout", 0.5),
)
"""Activations, each with its dropout."""


def stuck(model, X, y):
    """Share of units that tell nothing about a row."""
    return np.mean([sd == 0 for sd in activation_report(model, X).unit_sd])


def main(table, rates=(0.01, 0.1, 1.0), max_iter=50, seeds=5):
    """Print one row a learning rate, activation and dropout."""
    rows = []
    for rate in rates:
        for activation, dropout in UNITS:
            score, dead, constant = measure(
                table,
                seeds=seeds,
                figures=[dead_units_scorer, stuck],
                hidden_layer_sizes=(50, 50),
                activation=activation,
                dropout=dropout,
                learning_rate_init=rate,
                max_iter=max_iter,
            )
            rows.append(
                {
                    "rate": rate,
                    "activation": activation,
                    "dropout": dropout,
                    "score": spread(score),
                    "dead": percent(dead),
                    "stuck": percent(constant),
                }
            )
    show(table, seeds, rows)


if __name__ == "__main__":
    run(main, __doc__, "digits")
