"""Must inputs be scaled?

The same networks on inputs with mean 0 and variance 1 (StandardScaler), between 0 and 1
(MinMaxScaler), and as they are: the score of each activation, and the share of ReLUs that are dead
after training (0 on every training row).

On breast_cancer, whose columns differ much in size, expect every activation to lose without scaling
and many ReLUs to be dead. On digits, whose columns share a unit, little is lost.

Run as ``python examples/scaling.py [my.csv --target NAME]``; it takes some seconds.
"""

from sklearn.preprocessing import MinMaxScaler, StandardScaler
from tables import measure, percent, run, show, spread

from sklearn_relu.scorers import dead_units_scorer

SCALERS = {"standard": StandardScaler(), "min-max": MinMaxScaler(), "none": "passthrough"}
ACTIVATIONS = ("relu", "tanh", "logistic")


def main(table, max_iter=200, seeds=5):
    """Print one row a scaler."""
    rows = []
    for name, scaler in SCALERS.items():
        fits = {
            activation: measure(
                table,
                seeds=seeds,
                figures=[dead_units_scorer],
                scaler=scaler,
                activation=activation,
                max_iter=max_iter,
            )
            for activation in ACTIVATIONS
        }
        scores = {activation: spread(score) for activation, (score, _) in fits.items()}
        rows.append({"scaler": name, **scores, "dead ReLUs": percent(fits["relu"][1])})
    show(table, seeds, rows)


if __name__ == "__main__":
    run(main, __doc__, "breast_cancer")
