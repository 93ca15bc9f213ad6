"""Which initialization for ReLU?

He's, Glorot's and the plain uniform within 1 / sqrt(fan_in), in networks of 1 to 20 layers of 50
ReLUs. Before training: the signal (root mean square of the last hidden layer over the first's) and
the norm of the gradient in the first layer. Then the score after SGD, and after Adam, whose steps
do not depend on the gradient's size.

Expect only He's to keep signal and gradient at about their size. On digits, after the plain uniform
SGD learns nothing from 10 layers on, and Adam nothing at 20. But Glorot's, which loses much less,
scores no worse than He's up to 10 layers.

Run as ``python examples/initializations.py [my.csv --target NAME]``; it takes half a minute.
"""

import numpy as np
from tables import at_start, measure, run, show, spread

from sklearn_relu.inspection import gradient_report, hidden_activations

INITIALIZATIONS = ("he_uniform", "glorot_uniform", "fan_in_uniform")


def signal(model, X, y):
    """Root mean square of the last hidden layer over that of the first."""
    first, last = (np.mean(hidden_activations(model, X, layer) ** 2) for layer in (0, -1))
    return np.sqrt(last / first)


def gradient(model, X, y):
    """Norm of the first layer's gradient before training."""
    return gradient_report(model, X, y, initial=True).weight_norms[0]


def main(table, depths=(1, 5, 10, 20), max_iter=60, seeds=3):
    """Print one row a depth and initialization."""
    rows = []
    for depth in depths:
        for initialization in INITIALIZATIONS:
            params = {
                "hidden_layer_sizes": (50,) * depth,
                "initialization": initialization,
                "max_iter": max_iter,
                "seeds": seeds,
            }
            sgd, signals, gradients = measure(
                table,
                solver="sgd",
                learning_rate_init=0.01,
                figures=[at_start(signal), gradient],
                **params,
            )
            (adam,) = measure(table, solver="adam", **params)
            rows.append(
                {
                    "layers": depth,
                    "initialization": initialization,
                    "signal": f"{np.mean(signals):.1e}",
                    "gradient": f"{np.mean(gradients):.1e}",
                    "score (SGD)": spread(sgd),
                    "score (Adam)": spread(adam),
                }
            )
    show(table, seeds, rows)


if __name__ == "__main__":
    run(main, __doc__, "digits")
