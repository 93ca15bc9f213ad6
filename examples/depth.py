"""Which depth does each activation bear?

Networks of 1 to 16 layers of 32 units, with each activation's own start: the score, and how much
of the gradient reaches the first layer before training (its norm there over that in the last).

Expect logistic to fail from 8 layers on, its gradient gone. ReLU's and tanh's gradients arrive, and
both still learn at 16; but their scores fall with depth too, tanh's less.

Run as ``python examples/depth.py [my.csv --target NAME]``; it takes half a minute.
"""

from tables import measure, run, show, spread

from sklearn_relu.scorers import gradient_ratio_scorer

ACTIVATIONS = ("relu", "tanh", "logistic")


def main(table, depths=(1, 2, 4, 8, 16), max_iter=100, seeds=3):
    """Print one row a depth."""
    rows = []
    for depth in depths:
        row = {"layers": depth}
        for activation in ACTIVATIONS:
            score, ratio = measure(
                table,
                seeds=seeds,
                figures=[gradient_ratio_scorer],
                hidden_layer_sizes=(32,) * depth,
                activation=activation,
                max_iter=max_iter,
            )
            row[f"{activation} (gradient)"] = f"{spread(score)} ({ratio.mean():.1e})"
        rows.append(row)
    show(table, seeds, rows)


if __name__ == "__main__":
    run(main, __doc__, "digits")
