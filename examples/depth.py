"""Which depth does each activation bear?

Networks of 1 to 16 layers of 32 units on scikit-learn's digits, with each activation's own start:
accuracy on held-out rows, and how much of the gradient reaches the first layer before training.

Run as ``python examples/depth.py``; it takes some seconds.
"""

import warnings

from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_relu import MLPClassifier
from sklearn_relu.inspection import gradient_report

ACTIVATIONS = ("relu", "tanh", "logistic")


def measure(activation, depth, max_iter):
    """Test accuracy, and the ratio of the first to the last layer's gradient at the start."""
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    network = MLPClassifier((32,) * depth, activation, max_iter=max_iter, random_state=0)
    model = make_pipeline(StandardScaler(), network)
    ratio = gradient_report(model, X_train, y_train, initial=True).ratio
    return model.fit(X_train, y_train).score(X_test, y_test), ratio


def main(depths=(1, 2, 4, 8, 16), max_iter=100):
    """Print one row a depth."""
    columns = "".join(f"{name:>22}" for name in ACTIVATIONS)
    print(f"accuracy (gradient ratio)\nlayers{columns}")
    for depth in depths:
        cells = (measure(activation, depth, max_iter) for activation in ACTIVATIONS)
        print(f"{depth:6}" + "".join(f"{score:11.3f} ({ratio:7.1e})" for score, ratio in cells))


if __name__ == "__main__":
    # Where the epochs do not suffice, this is the result and not an accident.
    warnings.simplefilter("ignore", ConvergenceWarning)
    main()
