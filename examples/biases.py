"""Do ReLUs want a small positive bias at the start?

Biases of 0, 0.1 and 1 before training, in a wide network and in a narrow deep one: the score, the
exact zeros, and the dead units (0 on every training row) before and after training.

On breast_cancer, expect little. Biases do make units fire for more rows at the start. But in the
wide network none is dead anyway, and in the deep one more units start dead with a bias of 1, not
fewer. The scores differ by less than their spread.

Run as ``python examples/biases.py [my.csv --target NAME]``; it takes some seconds.
"""

from tables import at_start, measure, percent, run, show, spread

from sklearn_relu.comparison.table import network_label
from sklearn_relu.scorers import dead_units_scorer, sparsity_scorer

NETWORKS = ((100,), (20,) * 6)


def main(table, networks=NETWORKS, biases=(0.0, 0.1, 1.0), max_iter=200, seeds=10):
    """Print one row a network and bias."""
    figures = [at_start(sparsity_scorer), at_start(dead_units_scorer), dead_units_scorer]
    rows = []
    for layers in networks:
        for bias in biases:
            score, zeros, dead_at_start, dead = measure(
                table,
                seeds=seeds,
                figures=figures,
                hidden_layer_sizes=layers,
                bias_initialization=bias,
                max_iter=max_iter,
            )
            rows.append(
                {
                    "network": network_label(layers),
                    "bias": bias,
                    "score": spread(score),
                    "zeros at start": percent(zeros),
                    "dead at start": percent(dead_at_start),
                    "dead after": percent(dead),
                }
            )
    show(table, seeds, rows)


if __name__ == "__main__":
    run(main, __doc__, "breast_cancer")
