"""A fit sets everything or nothing: bad input, divergence, interruption."""

import re

import numpy as np
import pytest
from sklearn.datasets import make_classification, make_regression
from sklearn.exceptions import ConvergenceWarning

from sklearn_relu import MLPClassifier, MLPRegressor
from sklearn_relu.optimizers import SGD, Adam

X, y = make_classification(60, 5, random_state=0)
X_r, y_r = make_regression(60, 5, random_state=0)
SMALL = {"hidden_layer_sizes": (4,), "max_iter": 3, "random_state": 0, "tol": 0}

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # Fits of a few epochs are worse than a constant, and say so.
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]


def state_of(estimator):
    """Everything an estimator holds, arrays as bytes."""
    import pickle

    return {name: pickle.dumps(value) for name, value in vars(estimator).items()}


def with_value(array, value):
    array = array.astype(float)
    array[3, 2] = value
    return array


BAD_CLASSIFIER = [
    ({}, {"X": with_value(X, np.nan)}, "NaN"),
    ({}, {"X": with_value(X, np.inf)}, "infinity"),
    ({}, {"X": X[:, 0]}, "2D array"),
    ({}, {"y": y[:-1]}, "inconsistent numbers of samples"),
    ({}, {"sample_weight": -np.ones(60)}, "Negative values"),
    ({}, {"sample_weight": np.zeros(60)}, "all weights|zero"),
    ({}, {"sample_weight": np.ones(59)}, "sample_weight"),
    ({"hidden_layer_sizes": (10.0,)}, {}, r"hidden_layer_sizes must hold .* whole number"),
    ({"hidden_layer_sizes": (True,)}, {}, "hidden_layer_sizes must hold"),
    ({"hidden_layer_sizes": (5, -1)}, {}, "hidden_layer_sizes must be > 0"),
    ({"activation": "rellu"}, {}, r"activation must be one of .* got 'rellu'. Did you mean 'relu'"),
    ({"activation": ["relu", "tanh"]}, {}, "2 of them for 1 hidden layers"),
    ({"activation": ["rellu"]}, {}, "Did you mean 'relu'"),
    ({"solver": "adm"}, {}, "solver must be one of .* Did you mean 'adam'"),
    ({"initialization": "he"}, {}, "initialization must be one of"),
    ({"bias_initialization": "zeroes"}, {}, "bias_initialization must be one of"),
    ({"penalty": "l3"}, {}, "penalty must be one of"),
    ({"activity_penalty": "l3"}, {}, "activity_penalty must be one of"),
    ({"learning_rate": "adaptve"}, {}, "Did you mean 'adaptive'"),
    ({"loss": "squared_error"}, {}, "is not for MLPClassifier; use one of .*log_loss"),
    ({"solver": "lbfgs", "penalty": "l1"}, {}, r"not smooth\. Use one of the solvers .*adam"),
    ({"solver": Adam(beta_1=2)}, {}, "beta_1"),
    ({"bias_initialization": np.nan}, {}, "bias_initialization"),
    ({"bias_initialization": np.inf}, {}, "bias_initialization"),
    ({"early_stopping": True}, {"y": np.r_[2, y[1:]]}, "class 2 has 1"),
    ({"early_stopping": True, "validation_fraction": 0.01}, {}, "validation set is too small"),
    (
        {"early_stopping": True, "validation_fraction": 0.04},
        {"y": np.arange(60) % 5},
        "at least one of each of the 5 classes",
    ),
]


@pytest.mark.parametrize(("params", "data", "message"), BAD_CLASSIFIER)
@pytest.mark.parametrize("fitted", [False, True])
def test_bad_input_is_refused_and_leaves_the_estimator_as_it_was(params, data, message, fitted):
    model = MLPClassifier(**SMALL)
    if fitted:
        model.fit(X, y)
    model.set_params(**params)
    before = state_of(model)
    with pytest.raises(ValueError, match=message):
        model.fit(**({"X": X, "y": y} | data))
    assert state_of(model) == before


def test_the_regressor_refuses_what_its_loss_cannot_take():
    with pytest.raises(ValueError, match="targets >= 0; the smallest in y is"):
        MLPRegressor("poisson").fit(X_r, y_r)
    with pytest.raises(ValueError, match="is not for MLPRegressor; use one of"):
        MLPRegressor("hinge").fit(X_r, y_r)


@pytest.mark.parametrize("changes", [{"hidden_layer_sizes": (5,)}, {"ensemble_size": 2}])
def test_a_warm_start_of_another_shape_is_refused(changes):
    model = MLPClassifier(warm_start=True, **SMALL).fit(X, y)
    model.set_params(**changes)
    before = state_of(model)
    with pytest.raises(ValueError, match="its shape has changed"):
        model.fit(X, y)
    assert state_of(model) == before


def test_a_refit_forgets_all_of_the_fit_before():
    names = [f"x{i}" for i in range(5)]
    pd = pytest.importorskip("pandas")
    model = MLPClassifier(early_stopping=True, warm_start=True, **SMALL)
    model.fit(pd.DataFrame(X, columns=names), y)
    model.set_params(warm_start=False, early_stopping=False).fit(X, y)
    fresh = MLPClassifier(**SMALL).fit(X, y)
    assert set(vars(model)) == set(vars(fresh))
    assert not hasattr(model, "feature_names_in_")
    lbfgs = model.set_params(solver="lbfgs").fit(X, y)
    assert not hasattr(lbfgs, "loss_curve_")


NON_FINITE = (
    "Solver produced non-finite parameter weights. The input data may contain large values and "
    "need to be preprocessed."
)


@pytest.mark.parametrize("solver", ["sgd", "lbfgs"])
@pytest.mark.parametrize("fitted", [False, True])
def test_a_fit_that_diverges_at_once_raises_and_leaves_the_estimator_as_it_was(solver, fitted):
    model = MLPRegressor(solver=solver, **SMALL)
    if fitted:
        model.fit(X_r, y_r)
    before = state_of(model)
    with pytest.raises(ValueError, match=re.escape(NON_FINITE)) as caught:
        model.fit(X_r, y_r * 1e200)
    assert "epoch 1" in str(caught.value)
    assert "StandardScaler" in str(caught.value)
    for hint in ("learning_rate_init=0.001", "lower learning_rate_init"):
        assert (hint in str(caught.value)) == (solver == "sgd")
    assert state_of(model) == before


class ExplodingSGD(SGD):
    """Sets a parameter to infinity in its third epoch (two batches each)."""

    def step(self, params, grads, state, learning_rate, n_weights, step_size=None):
        super().step(params, grads, state, learning_rate, n_weights)
        state.setdefault("t", np.zeros((len(params), 1)))
        state["t"] += 1
        params[:, 0] = np.where(state["t"][:, 0] == 5, np.inf, params[:, 0])

    def init_state(self, params):
        return super().init_state(params) | {"t": np.zeros((len(params), 1))}


EXPLODING = {"solver": ExplodingSGD(), "batch_size": 30, "tol": 0, "random_state": 0}


@pytest.mark.parametrize("activation", ["relu", "logistic"])  # inf hides behind a sigmoid
def test_a_later_divergence_goes_back_to_the_last_finite_epoch(activation):
    model = MLPClassifier((4,), activation, **EXPLODING, penalty=None)
    with pytest.warns(ConvergenceWarning, match=re.escape(NON_FINITE) + ".*epoch 3.*last finite"):
        model.fit(X, y)
    with pytest.warns(ConvergenceWarning, match="Maximum iterations"):
        two = MLPClassifier((4,), activation, **EXPLODING, penalty=None, max_iter=2).fit(X, y)
    assert model.n_iter_ == 2
    assert model.loss_curve_ == two.loss_curve_
    for coef, other in zip(model.coefs_, two.coefs_, strict=True):
        np.testing.assert_array_equal(coef, other)


def test_a_later_divergence_goes_back_to_the_best_epoch_by_validation_score():
    model = MLPClassifier((4,), early_stopping=True, validation_fraction=0.2, **EXPLODING)
    with pytest.warns(ConvergenceWarning, match="back to its best epoch"):
        model.fit(X, y)
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert len(model.validation_scores_) == model.n_iter_ == 2
    assert all(np.isfinite(coef).all() for coef in model.coefs_)


def test_parameters_that_stop_being_finite_in_a_call_of_partial_fit_leave_all_as_it_was():
    model = MLPClassifier((4,), **EXPLODING)
    for _ in range(2):
        model.partial_fit(X, y, classes=[0, 1])
    before = state_of(model)
    with pytest.raises(ValueError, match="epoch 1"):
        model.partial_fit(X, y)
    assert state_of(model) == before


class InterruptedSGD(SGD):
    """Raises KeyboardInterrupt in the middle of an epoch, as Ctrl-C does."""

    steps_left = 0

    def step(self, *args):
        type(self).steps_left -= 1
        if self.steps_left < 0:
            raise KeyboardInterrupt
        super().step(*args)


@pytest.mark.parametrize("early_stopping", [False, True])
def test_an_interrupted_fit_keeps_its_last_complete_epoch(early_stopping):
    params = SMALL | {"batch_size": 10, "early_stopping": early_stopping}
    model = MLPClassifier(**params, solver=InterruptedSGD())
    InterruptedSGD.steps_left = 2 * 6 + 1  # 60 rows, or 54 beside the validation set
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    expected = MLPClassifier(**(params | {"max_iter": 2}), solver=SGD()).fit(X, y)
    assert model.n_iter_ == 2
    assert model.loss_curve_ == expected.loss_curve_
    np.testing.assert_array_equal(model.predict_proba(X), expected.predict_proba(X))


def test_a_fit_interrupted_in_its_first_epoch_leaves_the_estimator_as_it_was():
    model = MLPClassifier(**SMALL, solver=InterruptedSGD())
    InterruptedSGD.steps_left = 0
    before = state_of(model)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    assert state_of(model) == before


def test_an_interrupted_lbfgs_keeps_its_last_iteration(monkeypatch):
    from sklearn_relu.network.stack import NetworkStack

    objective, calls = NetworkStack.objective, []

    def interrupted(self, *args):
        calls.append(1)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return objective(self, *args)

    monkeypatch.setattr(NetworkStack, "objective", interrupted)
    model = MLPClassifier(**(SMALL | {"max_iter": 50}), solver="lbfgs")
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    assert 1 <= model.n_iter_ < 6
    assert model.loss_ < 0.7
    assert np.isfinite(model.predict_proba(X)).all()


@pytest.mark.parametrize(
    "params", [{"batch_size": -5}, {"batch_size": 2.5}, {"activation": 3}, {"dtype": "float16"}]
)
def test_every_call_of_partial_fit_checks_the_parameters(params):
    model = MLPClassifier(**SMALL).partial_fit(X, y, classes=[0, 1])
    model.set_params(**params)
    before = state_of(model)
    with pytest.raises(ValueError, match=next(iter(params))):
        model.partial_fit(X, y)
    assert state_of(model) == before


def test_inputs_are_not_changed():
    copies = X.copy(), y.copy(), np.ones(60)
    weight = np.ones(60)
    for array in (X, y, weight):
        array.flags.writeable = False
    MLPClassifier(early_stopping=True, **SMALL).fit(X, y, sample_weight=weight)
    for array, copy in zip((X, y, weight), copies, strict=True):
        np.testing.assert_array_equal(array, copy)
        array.flags.writeable = True
