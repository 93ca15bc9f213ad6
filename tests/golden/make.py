"""Write golden files: one for each kind of model, and what the models predicted.

At each release, and when the version of the format goes up: run ``python tests/golden/make.py
VERSION`` once, with that release, and add the new folder. Files of earlier releases are never
written again: that they load and predict the same is the promise that they are there to keep.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_iris
from sklearn.frozen import FrozenEstimator

from sklearn_relu import MLPClassifier, MLPRegressor, save
from sklearn_relu.activations import LeakyReLU
from sklearn_relu.inspection import HiddenLayer
from sklearn_relu.optimizers import AdamW
from sklearn_relu.schedules import Cosine, WarmUp

FOLDER = Path(__file__).parent

X, y = load_iris(return_X_y=True)


def models():
    """Small models, which together hold all kinds of values that a file can."""
    small = {"hidden_layer_sizes": (3,), "max_iter": 5, "random_state": 0}
    names = np.array(["setosa", "versicolor", "virginica"], dtype=object)
    iris = load_iris(as_frame=True).data
    frozen = FrozenEstimator(MLPClassifier(**small).fit(X, y))
    return {
        "classifier": MLPClassifier(**small).fit(iris, names[y]),
        "binary": MLPClassifier(**small, dtype="float32", class_weight="balanced").fit(X, y > 0),
        "multilabel": MLPClassifier(**small, loss="focal").fit(X, np.c_[y > 0, y > 1].astype(int)),
        "margins": MLPClassifier(**small, loss="hinge", activation="prelu").fit(X, y),
        "ensemble": MLPClassifier(
            **small, ensemble_size=2, early_stopping=True, dropout=0.1, warm_start=True
        ).fit(X, y),
        "parts": MLPClassifier(
            (3, 2),
            activation=[LeakyReLU(0.2), "tanh"],
            solver=AdamW(weight_decay=0.01),
            learning_rate=WarmUp(2, Cosine(3)),
            penalty="elasticnet",
            max_iter=5,
            random_state=np.random.RandomState(0),
        ).fit(X, y),
        "regressor": MLPRegressor(**small, loss="gaussian_nll", standardize_y=True).fit(
            X, X[:, 1:]
        ),
        "lbfgs": MLPRegressor(**small, solver="lbfgs").fit(X, X[:, 0]),
        "hidden": HiddenLayer(frozen).fit(X, y),
        "unfitted": MLPRegressor(**small, n_iter_no_change=np.inf),
    }


def predictions(name, model):
    """What is recorded of a model, as lists."""
    if name == "unfitted":
        model = model.fit(X, X[:, 0])
    rows = load_iris(as_frame=True).data.iloc[::10] if name == "classifier" else X[::10]
    found = {}
    for method in ("predict", "predict_proba", "decision_function", "transform"):
        if hasattr(model, method):
            found[method] = getattr(model, method)(rows).tolist()
    if model.__dict__.get("warm_start"):
        found["coefs after going on"] = [coef.tolist() for coef in model.fit(X, y).coefs_]
    return found


def main(version):
    """Write all files into a new folder."""
    warnings.simplefilter("ignore")
    folder = FOLDER / version
    folder.mkdir()
    recorded = {}
    for name, model in models().items():
        save(model, folder / f"{name}.relu")
        recorded[name] = predictions(name, model)
    (folder / "predictions.json").write_text(json.dumps(recorded))


if __name__ == "__main__":
    main(*sys.argv[1:])
