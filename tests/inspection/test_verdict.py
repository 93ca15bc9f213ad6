"""What a fit warns of, and what a verdict says."""

import copy
import pickle
import warnings

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.datasets import load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.neural_network import MLPClassifier as SklearnMLP
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_relu import MLPClassifier, MLPRegressor, TrainingWarning
from sklearn_relu.estimators.diagnosis import MOST_ROWS
from sklearn_relu.inspection import verdict
from sklearn_relu.optimizers import SGD

rng = np.random.RandomState(0)
X = rng.normal(size=(200, 4))
y = X[:, 0] + X[:, 1] > 0
DEEP = MLPClassifier((20,) * 10, "logistic", max_iter=30, random_state=0)
DEAD = MLPClassifier((20,), bias_initialization=-100.0, max_iter=5, random_state=0)


def quick(model, X, y, *args, **kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(X, y, *args, **kwargs)


def silently(model, X, y, *args, **kwargs):
    """For fits that warn on purpose."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TrainingWarning)
        return quick(model, X, y, *args, **kwargs)


def names(model):
    return [finding.name for finding in verdict(model).findings]


def finding(model, name):
    return next(each for each in verdict(model).findings if each.name == name)


def test_a_constant_predictor_warns_of_the_vanished_gradient():
    message = r"predictions hardly vary: .* Its gradient vanishes .* use activation='relu'"
    with pytest.warns(TrainingWarning, match=message):
        model = quick(copy.deepcopy(DEEP), X, y)
    assert set(names(model)) >= {"constant predictor", "vanishing gradient"}
    assert finding(model, "constant predictor").figure < 1e-3
    assert finding(model, "vanishing gradient").figure < 1e-3


def test_targets_far_from_0_leave_a_regressor_constant():
    far = 1e6 * X[:, 0]
    with pytest.warns(TrainingWarning, match=r"hardly vary.*standardize_y=True"):
        model = quick(MLPRegressor(max_iter=2, random_state=0), X, far)
    assert "constant predictor" in names(model)
    quick(MLPRegressor(max_iter=50, random_state=0, standardize_y=True), X, far)


def test_a_dead_layer_warns():
    with pytest.warns(
        TrainingWarning, match="100 % of the units of hidden layer 1 are dead"
    ) as record:
        model = quick(copy.deepcopy(DEAD), X, y)
    assert len(record) == 1
    assert "hardly vary" in str(record[0].message)
    assert names(model) == ["dead layer", "constant predictor", "worse than a constant"]
    assert finding(model, "dead layer").figure == 1


def test_features_of_different_scales_warn():
    scaled = X * [1, 1, 1, 5e4]
    with pytest.warns(
        TrainingWarning, match=r"scales differ by a factor of [56]0,000.*StandardScaler"
    ):
        model = quick(MLPClassifier(max_iter=5, random_state=0), scaled, y)
    assert "inputs not scaled" in names(model)
    model = quick(make_pipeline(StandardScaler(), MLPClassifier(max_iter=200)), scaled, y)
    assert "inputs not scaled" not in names(model)


def test_sparse_features_have_scales_too_and_constant_ones_have_none():
    sparse = csr_array(X * [1, 1, 1, 5e4])
    with pytest.warns(TrainingWarning, match="scales differ"):
        quick(MLPClassifier(max_iter=5, random_state=0), sparse, y)
    constant = np.column_stack([X, np.full(len(X), 1 / 3), np.zeros(len(X))])
    quick(MLPClassifier(max_iter=30, random_state=0), constant, y)


@pytest.mark.parametrize(
    ("model", "target"),
    [
        (MLPRegressor(max_iter=2), np.full(200, 7.0)),
        (MLPRegressor(max_iter=2, standardize_y=True), np.full(200, 7.0)),
        (MLPClassifier(max_iter=2), np.zeros(200)),
        (MLPClassifier(max_iter=30), y),
        (MLPClassifier(max_iter=30, loss="hinge"), y),
        (MLPClassifier((), max_iter=100, learning_rate_init=0.01), y),
        (MLPClassifier(solver="lbfgs", max_iter=3), y),
        (MLPClassifier(ensemble_size=3, max_iter=30), y),
        (MLPClassifier(max_iter=30), np.column_stack([y, ~y])),
        (MLPRegressor("poisson", max_iter=300), rng.poisson(np.exp(X[:, 0]))),
        (MLPRegressor("gaussian_nll", max_iter=60), X[:, 0]),
    ],
)
def test_other_fits_do_not_warn(model, target):
    quick(model.set_params(random_state=0), X, target)  # warnings are errors


@pytest.mark.parametrize("load", [load_iris, load_digits])
@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic"])
def test_usual_fits_do_not_warn(load, activation):
    model = quick(
        MLPClassifier((50, 50), activation, max_iter=100, random_state=0), *load(return_X_y=True)
    )
    assert not {"dead layer", "constant predictor", "inputs not scaled"} & set(names(model))


def test_one_filter_switches_them_off_and_partial_fit_gives_none():
    silently(copy.deepcopy(DEAD), X, y)
    model = copy.deepcopy(DEAD).partial_fit(X, y, classes=[False, True])
    assert names(model) == []


def test_what_was_noted_is_of_the_last_fit():
    model = silently(MLPClassifier((20,), bias_initialization=-100.0, max_iter=5), X, y)
    assert "dead layer" in names(pickle.loads(pickle.dumps(model)))
    model.set_params(bias_initialization=0.0, max_iter=200, random_state=0)
    assert "dead layer" not in names(quick(model, X, y))
    model.partial_fit(X, y)
    assert not hasattr(model, "_diagnosis")


def test_the_worst_network_of_an_ensemble_counts():
    class OneDead(MLPClassifier):
        def _make_jobs(self, *args, **kwargs):
            jobs = super()._make_jobs(*args, **kwargs)
            jobs[1].state.params[-21:-1] = -100  # the biases of its hidden layer
            return jobs

    with pytest.warns(TrainingWarning, match="hidden layer 1 are dead"):
        quick(OneDead((20,), ensemble_size=3, max_iter=2, random_state=0), X, y)


def test_at_most_so_many_rows_are_looked_at(monkeypatch):
    from sklearn_relu.estimators import diagnosis

    seen, trace = [], diagnosis.trace
    monkeypatch.setattr(
        diagnosis,
        "trace",
        lambda layers, params, X: seen.append(len(X)) or trace(layers, params, X),
    )
    for n_rows, max_iter in ((50, 1), (5000, 1), (5000, 20), (5000, 400)):
        rows = np.random.RandomState(0).normal(size=(n_rows, 2))
        model = MLPClassifier((2,), max_iter=max_iter, batch_size=5000, n_iter_no_change=1000)
        silently(model.set_params(batch_size=n_rows, random_state=0), rows, rows[:, 0] > 0)
    assert seen[0] == 50
    assert seen[1] == 100
    assert 400 < seen[2] <= 500
    assert 1500 < seen[3] <= MOST_ROWS


class ExplodingSGD(SGD):
    """Sets a parameter to infinity in its third epoch of one batch."""

    def step(self, params, grads, state, learning_rate, n_weights, step_size=None):
        super().step(params, grads, state, learning_rate, n_weights)
        state["t"] = state.get("t", 0) + 1
        if state["t"] == 3:
            params[:] = np.inf


def test_a_diverged_fit_says_so():
    model = MLPClassifier(solver=ExplodingSGD(), batch_size=200, random_state=0)
    silently(model, X, y)
    assert finding(model, "diverged").figure == 3
    assert finding(model, "diverged").remedy == "Lower learning_rate_init (it is 0.001)."


def test_still_improving_and_overfitting_are_told_from_the_curves():
    few = slice(0, 30)
    noisy = rng.permutation(y)
    model = MLPClassifier((100,), learning_rate_init=0.01, max_iter=200, random_state=0)
    quick(model, X[few], noisy[few], X_val=X[100:], y_val=noisy[100:])
    assert "overfitting" in names(model)
    ratio = model.history_["validation_loss"][-1] / min(model.history_["validation_loss"])
    assert finding(model, "overfitting").figure == pytest.approx(ratio)
    quick(
        model.set_params(early_stopping=True), X[few], noisy[few], X_val=X[100:], y_val=noisy[100:]
    )
    assert "overfitting" not in names(model)

    model = quick(MLPClassifier(max_iter=40, random_state=0), X, y)
    assert names(model) == ["still improving"]
    losses = model.loss_curve_
    assert finding(model, "still improving").figure == pytest.approx(1 - losses[-1] / losses[-5])
    assert "in the last 4 of 40 epochs. Raise max_iter." in repr(verdict(model))


def test_repr_and_frame():
    model = silently(copy.deepcopy(DEAD), X, y)
    found = verdict(model)
    first, *lines = repr(found).splitlines()
    assert first == "Verdict: dead layer, constant predictor, worse than a constant"
    assert lines[0].startswith(
        "- 100 % of the units of hidden layer 1 are dead: 0 on every row. Lower"
    )
    assert found.to_frame()["name"].tolist() == first.removeprefix("Verdict: ").split(", ")
    good = quick(MLPClassifier(solver="lbfgs", max_iter=500, random_state=0), X, y)
    assert repr(verdict(good)) == "Verdict: nothing wrong was found"


def test_scikit_learn_s_own_network_has_a_verdict_from_its_curves():
    model = quick(make_pipeline(StandardScaler(), SklearnMLP(max_iter=20, random_state=0)), X, y)
    assert names(model) == ["still improving"]


def test_an_unfitted_model_is_refused():
    with pytest.raises(NotFittedError):
        verdict(MLPClassifier())
    with pytest.raises(NotFittedError):
        verdict(SklearnMLP())
