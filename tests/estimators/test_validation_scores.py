"""A validation score is what ``score`` gives for the network at that epoch, to the last bit."""

import numpy as np
import pytest
from helpers import slow
from sklearn.base import clone
from sklearn.datasets import load_iris, make_classification, make_multilabel_classification

from sklearn_relu import MLPClassifier, MLPRegressor
from sklearn_relu.activations import Maxout
from sklearn_relu.losses import LOSSES

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # convergence, R2 of a single row

RNG = np.random.RandomState(0)
N = 120
X = RNG.normal(size=(N, 5))
NUMBERS = 40 + 7 * X[:, 0] + RNG.normal(size=N)
SHARES = 1 / (1 + np.exp(-X[:, 0]))
SEVERAL = np.column_stack([1e3 * X[:, 0], X[:, 1] ** 2, np.full(N, 3.0)])
TRAIN, HELD_OUT = slice(0, 80), slice(80, N)
WEIGHT = RNG.uniform(size=N)

X_c, y_c = make_classification(N, 5, n_informative=4, n_redundant=0, n_classes=3, random_state=0)
NAMES = np.array(["one", "two", "three"])[y_c]
_, y_m = make_multilabel_classification(N, 5, random_state=0)

TASKS = {
    "numbers": (MLPRegressor, NUMBERS, {}),
    "standardized": (MLPRegressor, NUMBERS, {"standardize_y": True}),
    "far from 0": (MLPRegressor, 1e6 + NUMBERS, {"standardize_y": True}),
    "integers": (MLPRegressor, NUMBERS.astype(int), {"standardize_y": True}),
    "single precision": (MLPRegressor, NUMBERS.astype(np.float32), {"standardize_y": True}),
    "several": (MLPRegressor, SEVERAL, {"standardize_y": True}),
    "several, one constant": (MLPRegressor, SEVERAL, {}),
    "a column": (MLPRegressor, NUMBERS[:, None], {}),
    **{
        loss: (MLPRegressor, SHARES, {"loss": loss})
        for loss, cls in LOSSES.items()
        if cls.for_numbers
    },
    "two classes": (MLPClassifier, NAMES == "one", {}),
    "classes": (MLPClassifier, NAMES, {}),
    "weights of classes": (MLPClassifier, NAMES, {"class_weight": "balanced"}),
    "a class that does not count": (MLPClassifier, y_c, {"class_weight": {0: 0}}),
    "labels": (MLPClassifier, y_m, {"class_weight": "balanced"}),
    "a single class": (MLPClassifier, np.zeros(N), {}),
    **{
        f"{loss} of {n} classes": (MLPClassifier, y_c if n == 3 else y_c == 0, {"loss": loss})
        for loss, cls in LOSSES.items()
        if cls.for_classes
        for n in (2, 3)
    },
}


def network(Estimator, **parameters):
    settings = {"hidden_layer_sizes": (7,), "learning_rate_init": 0.01, "random_state": 0}
    return Estimator(**settings | parameters)


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("precisions", [(8, 8), (4, 8), slow((4, 4)), slow((8, 4))], ids=str)
@pytest.mark.parametrize("task", TASKS)
def test_of_each_epoch(task, precisions, weighted):
    Estimator, y, parameters = TASKS[task]
    data = (X_c if Estimator is MLPClassifier else X).astype(f"f{precisions[0]}")
    held_out = data[HELD_OUT].astype(f"f{precisions[1]}")
    weight = WEIGHT[HELD_OUT] if weighted else None

    def fit(n_epochs, **more):
        model = network(Estimator, max_iter=n_epochs, **parameters | more)
        return model.fit(data[TRAIN], y[TRAIN], None, held_out, y[HELD_OUT], weight)

    scores = fit(3).history_["validation_score"]
    for n_epochs in (1, 2, 3):
        score = fit(n_epochs).score(held_out, y[HELD_OUT], sample_weight=weight)
        assert scores[n_epochs - 1] == score
    model = fit(6, early_stopping=True)
    score = model.score(held_out, y[HELD_OUT], sample_weight=weight)
    assert model.best_validation_score_ == max(model.validation_scores_) == score


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("task", ["several", "classes", "labels"])
def test_of_each_network_of_an_ensemble(task, dtype):
    Estimator, y, parameters = TASKS[task]
    data = X.astype(dtype)
    model = network(Estimator, early_stopping=True, ensemble_size=3, max_iter=4, **parameters)
    model.fit(data[TRAIN], y[TRAIN], X_val=data[HELD_OUT], y_val=y[HELD_OUT])
    one = clone(model).set_params(ensemble_size=1).fit(data[TRAIN], y[TRAIN])
    for i, scores in enumerate(model.validation_scores_):
        one.coefs_ = [coef[i] for coef in model.coefs_]
        one.intercepts_ = [intercept[i] for intercept in model.intercepts_]
        assert max(scores) == one.score(data[HELD_OUT], y[HELD_OUT])


def test_of_rows_that_were_split_off():
    held_out = []

    class Noting(MLPRegressor):
        def _truth(self, y):
            held_out.append(y)
            return super()._truth(y)

    model = network(Noting, early_stopping=True, standardize_y=True, max_iter=5)
    model.fit(X, SEVERAL, WEIGHT)
    [targets] = held_out
    rows = [int(np.flatnonzero((each == SEVERAL).all(axis=1))[0]) for each in targets]
    score = model.score(X[rows], SEVERAL[rows], sample_weight=WEIGHT[rows])
    assert model.best_validation_score_ == score


def test_of_a_single_row_there_is_no_r2():
    model = network(MLPRegressor, max_iter=2)
    model.fit(X, NUMBERS, X_val=X[:1], y_val=NUMBERS[:1])
    assert np.isnan(model.history_["validation_score"]).all()
    assert np.isnan(model.score(X[:1], NUMBERS[:1]))


def test_predictions_that_overflow_have_no_score():
    model = network(MLPRegressor, standardize_y=True, max_iter=2)
    rows = X.astype(np.float32)
    rows[-1] = 1e36
    model.fit(X[TRAIN].astype(np.float32), 1e9 * NUMBERS[TRAIN], X_val=rows, y_val=NUMBERS)
    assert np.isnan(model.history_["validation_score"]).all()


def by_predictions(estimator, X, y):
    return np.mean(estimator.predict(X) == y)


def test_a_metric_sees_an_activation_as_it_is_now():
    """It is the user's own object, and may have changed since the last fit."""
    X, y = load_iris(return_X_y=True)
    activation = Maxout(2)
    params = {"max_iter": 3, "random_state": 0, "early_stopping": True}
    model = MLPClassifier((6,), activation, early_stopping_metric=by_predictions, **params)
    model.fit(X, y)
    activation.set_params(n_pieces=3)  # as many summed inputs for 4 units as for 6 before
    model.set_params(hidden_layer_sizes=(4,)).fit(X, y)
    usual = MLPClassifier((4,), Maxout(3), **params).fit(X, y)
    assert model.validation_scores_ == usual.validation_scores_
