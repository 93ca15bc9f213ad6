"""How sparse can hidden activations be?

A network of 100 ReLUs with an L1 penalty on their activations, of growing strength: the score, the
share of exact zeros, and how many units are dead (0 on every training row).

On digits, expect the zeros to grow from half to nine tenths at next to no cost, and no unit to die
for it: each fires, but on few rows. At strength 1 the penalty outweighs the loss, and nothing is
learnt.

Run as ``python examples/sparse_activities.py [my.csv --target NAME]``; it takes some seconds.
"""

from tables import measure, percent, run, show, spread

from sklearn_relu.scorers import dead_units_scorer, sparsity_scorer


def main(table, strengths=(0.0, 0.001, 0.01, 0.03, 0.1, 1.0), max_iter=100, seeds=5):
    """Print one row a strength."""
    rows = []
    for strength in strengths:
        score, zeros, dead = measure(
            table,
            seeds=seeds,
            figures=[sparsity_scorer, dead_units_scorer],
            activity_penalty="l1",
            activity_alpha=strength,
            max_iter=max_iter,
        )
        rows.append(
            {
                "strength": strength,
                "score": spread(score),
                "exact zeros": percent(zeros),
                "dead units": percent(dead),
            }
        )
    show(table, seeds, rows)


if __name__ == "__main__":
    run(main, __doc__, "digits")
