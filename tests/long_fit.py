"""Fits with a checkpoint in processes that tests kill.

As a script: ``python long_fit.py CASE CHECKPOINT RESULT``. It prints a line once it trains, and at
the end how that was. What tests compare goes to RESULT.
"""

import json
import os
import pickle
import signal
import sys
import warnings

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from sklearn.datasets import make_classification

from sklearn_relu import MLPClassifier
from sklearn_relu.callbacks import Checkpoint

X, y = make_classification(400, 12, n_informative=6, n_classes=3, random_state=0)
WEIGHT = np.random.RandomState(1).uniform(0, 2, 400)

SMALL = {"hidden_layer_sizes": (40, 20), "batch_size": 20, "tol": 0, "random_state": 0}
FOREVER = {"max_iter": 10**9, "n_iter_no_change": np.inf}
CASES = {
    "adam": {"max_iter": 20},
    "noise": {
        "dropout": 0.3,
        "input_noise": 0.1,
        "early_stopping": True,
        "n_iter_no_change": 1000,
        "solver": "sgd",
        "learning_rate": "invscaling",
        "max_iter": 120,
    },
    "ensemble": {
        "ensemble_size": 3,
        "early_stopping": True,
        "n_iter_no_change": 1000,
        "max_iter": 60,
    },
    "large file": {"hidden_layer_sizes": (900, 400), "batch_size": 200, "max_iter": 40},
    "long": {
        "dropout": 0.2,
        "early_stopping": True,
        "n_iter_no_change": 10_000,
        "max_iter": 2000,
    },
    "endless": FOREVER,
    "with a limit": FOREVER | {"time_limit": 0.3},
    "diverging": {"solver": "sgd", "momentum": 0.0, "learning_rate": lambda p: 10.0**p.epoch},
}


class Begun:
    """Tells when the first two epochs begin."""

    def __init__(self, tell):
        self.tell = tell

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        if context.parent is not None and context.task_id < 2:
            self.tell(["begun", "under way"][context.task_id])

    def on_fit_task_end(self, estimator, context):
        pass


def model_of(case):
    """The estimator of a case."""
    return MLPClassifier(**(SMALL | CASES[case]))


def contents(model):
    """What is compared, as bytes."""
    history = {name: one for name, one in model.history_.items() if name != "seconds"}
    arrays = [*model.coefs_, *model.intercepts_, model.predict_proba(X)]
    return pickle.dumps([model.n_iter_, history, [array.tobytes() for array in arrays]])


def run(case, checkpoint, result, tell=print, max_bytes=None):
    """Fit as a user's script does; files of more than `max_bytes` are refused by the system."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if "WITHOUT_NUMBA" in os.environ:
        sys.modules["numba"] = None
    if max_bytes is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (max_bytes, max_bytes))
    model = model_of(case).set_callbacks(Checkpoint(checkpoint), Begun(tell))
    end = "whole"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            model.fit(X, y, WEIGHT)
        except KeyboardInterrupt:
            end = "interrupted"
        except (ValueError, OSError) as error:
            end = f"{type(error).__name__}: {error}"
    if hasattr(model, "coefs_"):
        with open(result, "wb") as file:
            file.write(contents(model))
    tell(json.dumps({"end": end, "warnings": [str(each.message) for each in caught]}))


if __name__ == "__main__":
    run(*sys.argv[1:])
