"""Recurrent networks: how they start, what they learn, what is kept, and what is refused."""

import copy
import tracemalloc
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_validate

from sklearn_relu import RNNClassifier, RNNRegressor, TrainingWarning, lockstep
from sklearn_relu.activations import ACTIVATIONS
from sklearn_relu.initializers import INITIALIZERS, Constant
from sklearn_relu.losses import LOSSES
from sklearn_relu.optimizers import OPTIMIZERS
from sklearn_relu.penalties import PENALTIES

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
]

DRAW = np.random.default_rng(0)
LENGTHS = DRAW.integers(3, 10, 60)
SERIES = [DRAW.normal(size=(length, 2)) for length in LENGTHS]
Y = (np.array([each[:, 0].mean() for each in SERIES]) > 0).astype(int)
EQUAL = DRAW.normal(size=(60, 8))
SMALL = {"hidden_layer_sizes": 6, "max_iter": 3, "random_state": 0, "batch_size": 16}


def small(**params):
    return RNNClassifier(**SMALL | params)


def start(**params):
    """A network as it is before training, of 2 channels and 6 units."""
    return small(**{"max_iter": 1, "learning_rate_init": 1e-12} | params).fit(SERIES, Y)


def assert_same(one, other):
    for name in ("coefs_", "intercepts_"):
        for first, second in zip(getattr(one, name), getattr(other, name), strict=True):
            np.testing.assert_array_equal(first, second)


# How networks start


@pytest.mark.parametrize("activation", ["auto", "relu", "leaky_relu", "elu"])
def test_units_without_an_upper_bound_start_as_the_identity(activation):
    model = start(activation=activation, hidden_layer_sizes=(6, 5))
    for coef, intercept, n_inputs in zip(
        model.coefs_[:-1], model.intercepts_[:-1], (2, 6), strict=True
    ):
        np.testing.assert_allclose(coef[n_inputs:], np.eye(coef.shape[1]), atol=1e-9)
        assert 0 < np.abs(coef[:n_inputs]).max() < 0.005
        np.testing.assert_allclose(intercept, 0, atol=1e-9)
    assert np.abs(model.coefs_[-1]).max() > 0.1


@pytest.mark.parametrize(
    "params", [{"activation": "tanh"}, {"activation": "relu", "cell": "lstm"}, {"cell": "lstm"}]
)
def test_bounded_units_and_gates_start_orthogonal(params):
    model = start(**params)
    of_state = model.coefs_[0][2:]
    np.testing.assert_allclose(of_state @ of_state.T, np.eye(6), atol=1e-9)
    assert np.abs(model.coefs_[0][:2]).max() > 0.05
    expected = np.zeros(of_state.shape[1])
    if params.get("cell"):
        expected[6:12] = 1
    np.testing.assert_allclose(model.intercepts_[0], expected, atol=1e-9)


def test_all_starts_are_parameters():
    model = start(
        cell="lstm",
        forget_bias=0.5,
        bias_initialization=0.25,
        initialization=Constant(0.1),
        recurrent_initialization=Constant(0.2),
    )
    np.testing.assert_allclose(model.coefs_[0][:2], 0.1)
    np.testing.assert_allclose(model.coefs_[0][2:], 0.2)
    np.testing.assert_allclose(model.intercepts_[0], np.repeat([0.25, 0.75, 0.25, 0.25], 6))
    # Chosen by name, the start of the state leaves inputs to their usual one.
    assert np.abs(start(recurrent_initialization="identity").coefs_[0][:2]).max() > 0.05


@pytest.mark.parametrize("name", INITIALIZERS)
@pytest.mark.parametrize("parameter", ["initialization", "recurrent_initialization"])
def test_every_initializer_fills_or_refuses_in_words(parameter, name):
    needs_more = {"from_coefs"} | (
        {"lsuv", "unit_variance"} if parameter == "initialization" else set()
    )
    if name in needs_more:
        with pytest.raises(ValueError, match=r"all of which it fills|FromCoefs"):
            start(**{parameter: name})
        return
    assert np.isfinite(start(**{parameter: name}).predict_proba(SERIES)).all()


# What they learn with


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_trains_or_is_refused_by_name(name, cell):
    model = small(activation=name, cell=cell, hidden_layer_sizes=(6, 4))
    part = ACTIVATIONS[name]()
    if cell == "lstm" and (part.input_width(2), part.output_width(2)) != (2, 2):
        with pytest.raises(ValueError, match="Use another activation, or cell='rnn'"):
            model.fit(SERIES, Y)
        return
    model.fit(SERIES, Y)
    assert np.isfinite(model.predict_proba(SERIES)).all()
    if ACTIVATIONS[name]().parameter_shapes(6):
        assert model.activation_parameters_[0]


@pytest.mark.parametrize("solver", OPTIMIZERS)
def test_every_solver_trains(solver):
    params = {} if OPTIMIZERS[solver].takes_batches else {"gradient_clipping": None}
    model = small(solver=solver, cell="lstm", **params).fit(SERIES, Y)
    assert np.isfinite(model.loss_)


def test_a_full_batch_solver_says_that_it_cannot_clip():
    with pytest.raises(
        ValueError, match=r"cannot take gradient_clipping=1.0.*or set gradient_clipping=None"
    ):
        small(solver="lbfgs").fit(SERIES, Y)
    with pytest.raises(ValueError, match=r"recurrent_dropout=0\.2, which is random"):
        small(solver="lbfgs", gradient_clipping=None, recurrent_dropout=0.2).fit(SERIES, Y)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_every_penalty_trains(penalty):
    assert np.isfinite(small(penalty=penalty, cell="lstm").fit(SERIES, Y).loss_)


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_trains(loss):
    y = DRAW.uniform(0.1, 0.9, size=60)
    for model, targets in ((small(loss=loss), Y), (RNNRegressor(**SMALL, loss=loss), y)):
        if model._takes_loss(LOSSES[loss]):
            assert np.isfinite(model.fit(SERIES, targets).loss_)


def test_several_outputs_classes_weights_and_schedules():
    several = RNNRegressor(**SMALL, learning_rate="cosine").fit(SERIES, np.c_[Y, 1.0 - Y])
    assert several.predict(SERIES).shape == (60, 2)
    labels = small(class_weight="balanced").fit(SERIES, np.c_[Y, 1 - Y])
    assert labels.predict(SERIES).shape == (60, 2)
    weighted = small().fit(SERIES, Y, sample_weight=np.arange(60))
    assert weighted.score(SERIES, Y) >= 0


@pytest.mark.parametrize("summary", ["last", "mean", "max"])
@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_series_of_unequal_length_are_learned(cell, summary):
    model = small(
        cell=cell, summary=summary, learning_rate_init=0.02, max_iter=60, hidden_layer_sizes=12
    )
    assert model.fit(SERIES[:40], Y[:40]).score(SERIES[:40], Y[:40]) > 0.9


@pytest.mark.parametrize(
    ("params", "of"),
    [({}, lambda X: X.sum(axis=1)), ({"activation": "tanh"}, lambda X: X[:, 0])],
    ids=["the sum, which the identity keeps", "the first number, which orthogonal weights keep"],
)
def test_what_was_long_ago_can_be_learned(params, of):
    X = np.random.default_rng(0).normal(size=(300, 20))
    y = of(X)
    model = RNNRegressor(20, **params, learning_rate_init=0.003, max_iter=60, random_state=0)
    model = model.set_params(batch_size=32).fit(X[:250], y[:250])
    assert model.score(X[250:], y[250:]) > 0.8


def test_masks_of_states_without_a_bound_are_warned_of():
    with pytest.warns(TrainingWarning, match=r"recurrent_dropout=0\.3 divides .* by 0\.7 at each"):
        small(recurrent_dropout=0.3).fit(SERIES, Y)
    for params in ({"cell": "lstm"}, {"activation": "tanh"}):
        with warnings.catch_warnings(record=True) as caught:
            small(recurrent_dropout=0.3, **params).fit(SERIES, Y)
        assert not any("divides" in str(warning.message) for warning in caught)


def test_masks_are_drawn_from_the_network_s_generator():
    params = {"recurrent_dropout": 0.3, "dropout": 0.2, "input_dropout": 0.1}
    one, other = (small(**params).fit(SERIES, Y) for _ in range(2))
    assert_same(one, other)
    assert not np.array_equal(one.coefs_[0], small().fit(SERIES, Y).coefs_[0])
    first, again = one.predict_proba(SERIES), one.predict_proba(SERIES)
    np.testing.assert_array_equal(first, again)
    ensemble = small(**params, ensemble_size=2).fit(SERIES, Y)
    assert ensemble.coefs_[0].shape == (2, 8, 6)


def test_members_and_searches_train_in_lockstep_as_alone():
    grid = {"cell": ["rnn", "lstm"], "activation": ["relu", "tanh"]}
    search = GridSearchCV(small(), grid, cv=2)
    alone = clone(search).fit(EQUAL, Y)
    with lockstep():
        together = clone(search).fit(EQUAL, Y)
    for name in ("split0_test_score", "split1_test_score"):
        np.testing.assert_array_equal(alone.cv_results_[name], together.cv_results_[name])


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
@pytest.mark.parametrize("X", [EQUAL, SERIES], ids=["equal", "unequal"])
def test_several_layers_train_in_a_stack_as_alone(cell, X):
    model = small(hidden_layer_sizes=(6, 5), cell=cell, initialization="glorot_uniform")
    alone = cross_validate(model, X, Y, cv=3, return_estimator=True)["estimator"]
    with lockstep():
        together = cross_validate(model, X, Y, cv=3, return_estimator=True)["estimator"]
    for one, other in zip(alone, together, strict=True):
        assert_same(one, other)


def test_equal_series_as_an_array_are_those_of_a_list():
    model = small().fit(EQUAL, Y)
    assert_same(small().fit(list(EQUAL), Y), model)
    assert_same(small().fit(EQUAL[:, :, None], Y), model)


# What is kept


def test_a_stream_equals_a_fit():
    stream = small(shuffle=False, batch_size=60)
    for _ in range(3):
        stream.partial_fit(SERIES, Y, classes=[0, 1])
    assert_same(stream, small(shuffle=False, batch_size=60).fit(SERIES, Y))


def test_streams_may_grow_longer():
    model = small().partial_fit([each[:3] for each in SERIES], Y, classes=[0, 1])
    model.partial_fit(SERIES, Y)
    assert model.predict_proba(SERIES).shape == (60, 2)


def test_a_warm_start_goes_on(tmp_path):
    whole = small(max_iter=6, warm_start=True).fit(SERIES, Y)
    parts = small(warm_start=True)
    parts.fit(SERIES, Y).fit(SERIES, Y)
    assert_same(whole, parts)


def test_a_fitted_network_does_not_follow_its_parameters():
    model = small(cell="lstm", summary="mean", gate_activation="hard_sigmoid").fit(SERIES, Y)
    before = model.predict_proba(SERIES)
    model.set_params(cell="rnn", summary="max", gate_activation="logistic", channels_first=True)
    np.testing.assert_array_equal(model.predict_proba(SERIES), before)
    gates = ACTIVATIONS["hard_sigmoid"]()
    model = small(cell="lstm", gate_activation=gates).fit(SERIES, Y)
    assert model._gates[0] is not gates


def test_assigned_weights_count():
    model = small().fit(SERIES, Y)
    before = model.predict_proba(SERIES)
    model.coefs_[0] = 2 * model.coefs_[0]
    assert not np.array_equal(model.predict_proba(SERIES), before)
    model.coefs_[0] = model.coefs_[0][:-1]
    with pytest.raises(ValueError, match=r"coefs_\[0\] must be an array of shape \(8, 6\)"):
        model.predict_proba(SERIES)


def test_predictions_take_bounded_memory():
    model = small(dtype="float32").fit(EQUAL, Y)
    X = DRAW.normal(size=(20_000, 8)).astype(np.float32)
    model.predict_proba(X[:10])
    tracemalloc.start()
    model.predict_proba(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 * 2**20


def test_long_series_are_read_some_at_a_time():
    model = small(activation="tanh", dtype="float32").fit(EQUAL, Y)
    X = DRAW.normal(size=(40, 20_000, 1)).astype(np.float32)
    tracemalloc.start()
    proba = model.predict_proba(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60 * 2**20
    assert np.isfinite(proba).all()


# What is refused


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"hidden_layer_sizes": ()}, "at least one recurrent layer"),
        ({"cell": "gru"}, "cell"),
        ({"summary": "first"}, "summary"),
        ({"recurrent_dropout": 1.0}, "recurrent_dropout"),
        ({"forget_bias": np.inf}, "forget_bias"),
        ({"gate_activation": "sigmod"}, "gate_activation.*sigmoid"),
        ({"gate_activation": "prelu", "cell": "lstm"}, "gate_activation=.*learns parameters"),
        ({"recurrent_initialization": "eye"}, "recurrent_initialization.*identity"),
        ({"initialization": "lsuv"}, "all of which it fills"),
    ],
    ids=str,
)
def test_wrong_parameters_are_named(params, message):
    with pytest.raises(ValueError, match=message):
        small(**params).fit(SERIES, Y)


def test_nested_parameters_reach_the_parts():
    model = small(gate_activation="logistic").set_params(
        recurrent_initialization="orthogonal", recurrent_initialization__gain=0.5
    )
    of_state = model.set_params(max_iter=1, learning_rate_init=1e-12).fit(SERIES, Y).coefs_[0][2:]
    np.testing.assert_allclose(of_state @ of_state.T, 0.25 * np.eye(6), atol=1e-9)


def test_an_exploding_network_goes_back_and_warns():
    model = RNNRegressor(20, learning_rate_init=100, max_iter=5, random_state=0, solver="sgd")
    X = 1e3 * DRAW.normal(size=(50, 200))
    with pytest.warns(ConvergenceWarning, match="went back to its last finite epoch"):
        model.fit(X, X[:, 0])
    assert len(model.loss_curve_) == 1
    assert all(np.isfinite(coef).all() for coef in model.coefs_)


def test_copies_are_apart():
    model = small().fit(SERIES, Y)
    other = copy.deepcopy(model)
    other.partial_fit(SERIES, Y)
    assert not np.array_equal(model.coefs_[0], other.coefs_[0])
