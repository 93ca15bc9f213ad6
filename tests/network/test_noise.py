"""Dropout and input noise: what a step draws, and that predictions draw nothing."""

import numpy as np
import pytest
import scipy.sparse as sp
from helpers import GradientCheck
from sklearn.datasets import make_classification

from sklearn_relu import MLPClassifier
from sklearn_relu.activations import SELU, PReLU, ReLU, RReLU, Tanh
from sklearn_relu.losses import LogLoss
from sklearn_relu.network.noise import Dropout, add_noise, drop_sparse, noise_generator
from sklearn_relu.penalties import L2, ActivityL2

every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])
X, y = make_classification(200, 10, random_state=0)
SMALL = {"hidden_layer_sizes": (16, 8), "max_iter": 5, "random_state": 0}
NOISES = [
    {"dropout": 0.4},
    {"dropout": [0.5, 0.0]},
    {"input_dropout": 0.3},
    {"input_noise": 0.5},
    {"activation": "rrelu"},
    {"dropout": 0.2, "input_dropout": 0.2, "input_noise": 0.1, "activation": "selu"},
]
every_noise = pytest.mark.parametrize("noise", NOISES, ids=str)
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # Fits of a few epochs are worse than a constant, and say so.
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]


def generators(n=2):
    return [np.random.default_rng(seed) for seed in range(n)]


def dropped(rate, value, a):
    dropout = Dropout([rate] * len(a), value, np.full_like(a, np.nan), np.full_like(a, np.nan))
    dropout.forward(a, generators(len(a)))
    return dropout.out, dropout


@every_dtype
@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_dropout_drops_its_share_and_keeps_the_mean(rate, dtype):
    a = np.random.RandomState(0).normal(2, 1, (2, 400, 300)).astype(dtype)
    out, dropout = dropped(rate, 0.0, a)
    assert out.dtype == dtype
    zero = out == 0
    np.testing.assert_allclose(zero.mean(axis=(1, 2)), rate, atol=0.005)
    np.testing.assert_allclose(out[~zero], (a / (1 - rate))[~zero], rtol=1e-6)
    np.testing.assert_allclose(out.mean(axis=(1, 2)), 2, atol=0.02)
    grad = np.ones_like(a)
    dropout.backward(grad)
    assert np.array_equal(grad == 0, zero)
    np.testing.assert_allclose(grad[~zero], 1 / (1 - rate), rtol=1e-6)


@pytest.mark.parametrize("value", [0.0, -1.5])
def test_channels_are_dropped_with_all_their_places(value):
    a = np.random.RandomState(0).normal(2, 1, (2, 300, 6, 40))
    mask, out = np.full((2, 300, 1, 40), np.nan), np.full_like(a, np.nan)
    dropout = Dropout([0.25, 0.25], value, mask, out)
    dropout.forward(a, generators())
    lost = np.broadcast_to(dropout.mask == 0, a.shape)
    np.testing.assert_allclose(lost.mean(axis=(1, 2, 3)), 0.25, atol=0.01)
    assert np.ptp(out[lost]) == 0
    assert (out[~lost] != out[lost][0]).all()
    grad = np.ones_like(a)
    dropout.backward(grad)
    assert np.array_equal(grad == 0, lost)
    alone = Dropout([0.25], value, mask[1:].copy(), out[1:].copy())
    alone.forward(a[1:], generators()[1:])
    assert np.array_equal(alone.out, out[1:])


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.5])
def test_alpha_dropout_keeps_mean_0_and_variance_1(rate):
    a = np.random.RandomState(0).normal(size=(2, 400, 300))
    value = SELU().dropout_value
    np.testing.assert_allclose(value, -1.7580993408473766)
    out, dropout = dropped(rate, value, a)
    np.testing.assert_allclose(out.mean(axis=(1, 2)), 0, atol=0.01)
    np.testing.assert_allclose(out.var(axis=(1, 2)), 1, atol=0.01)
    # All that is dropped has one value, that of a unit at its lower bound.
    lost = dropout.mask == 0
    np.testing.assert_allclose(lost.mean(), rate, atol=0.005)
    assert np.ptp(out[lost]) == 0
    scale = dropout.mask[~lost][0]
    np.testing.assert_allclose(out[lost][0] - out[~lost][0], scale * (value - a[~lost][0]))


def test_noise_has_its_standard_deviation_and_is_each_networks_own():
    x = np.zeros((2, 300, 50))
    out, alone = np.empty_like(x), np.empty_like(x[1:])
    add_noise(x, 0.3, generators(), out)
    np.testing.assert_allclose(out.std(axis=(1, 2)), 0.3, rtol=0.03)
    assert not np.array_equal(out[0], out[1])
    add_noise(x[1:], 0.3, generators()[1:], alone)
    assert np.array_equal(out[1:], alone)
    assert not x.any()


def test_dropout_draws_the_same_alone_and_in_a_stack():
    a = np.random.RandomState(0).normal(size=(3, 70, 700))
    out, _ = dropped(0.3, 0.0, a)
    mask, alone = np.empty_like(a[2:]), np.empty_like(a[2:])
    Dropout([0.3], 0.0, mask, alone).forward(a[2:], generators(3)[2:])
    assert np.array_equal(out[2:], alone)


def test_sparse_inputs_lose_stored_values_and_stay_sparse():
    matrix = sp.random_array((200, 100), density=0.2, format="csr", rng=0)
    before = matrix.copy()
    out = [matrix]
    drop_sparse([matrix], [0.4], generators(1), out)
    lost = out[0]
    assert (matrix != before).nnz == 0
    kept = lost.data != 0
    np.testing.assert_allclose(kept.mean(), 0.6, atol=0.03)
    np.testing.assert_allclose(lost.data[kept], matrix.data[kept] / 0.6)


def test_a_noise_generator_does_not_advance_the_one_it_comes_from():
    rng = np.random.RandomState(3)
    one, same = noise_generator(rng), noise_generator(rng)
    assert one.random() == same.random()
    assert rng.uniform() == np.random.RandomState(3).uniform()
    assert noise_generator(rng).random() != noise_generator(np.random.RandomState(4)).random()
    saved = one.bit_generator.state
    following = one.random(5)
    assert np.array_equal(noise_generator(rng, saved).random(5), following)


@pytest.mark.parametrize("activation", [ReLU(), Tanh(), PReLU(), SELU(), RReLU()], ids=repr)
def test_gradient_through_dropout_and_noise(activation):
    check = GradientCheck(
        [activation, activation],
        LogLoss(),
        L2(),
        ActivityL2(),
        weighted=True,
        dropout=[0.3, 0.6],
        input_dropout=0.2,
        input_noise=0.1,
    )
    assert check.relative_error() < 1e-9


@every_noise
def test_noise_changes_training_but_not_where_it_starts_and_never_predictions(noise):
    activation = noise.get("activation", "relu")
    quiet = MLPClassifier(**{**SMALL, "activation": activation, "shuffle": False})
    noisy = MLPClassifier(**{**SMALL, "shuffle": False, **noise})
    for model in (quiet, noisy):
        model.fit(X, y)
    if noise != {"activation": "rrelu"}:
        assert not np.array_equal(quiet.coefs_[0], noisy.coefs_[0])
    again = MLPClassifier(**{**SMALL, "shuffle": False, **noise}).fit(X, y)
    assert all(np.array_equal(a, b) for a, b in zip(noisy.coefs_, again.coefs_, strict=True))
    assert np.array_equal(noisy.predict_proba(X), noisy.predict_proba(X))
    np.testing.assert_allclose(
        noisy.predict_proba(X), np.vstack([noisy.predict_proba(row[None]) for row in X]), rtol=1e-9
    )


def test_rrelu_draws_in_training():
    one, other = (
        MLPClassifier(**SMALL, activation="rrelu", initialization="he_normal").set_params(
            learning_rate_init=1e-9, activation__lower=lower, activation__upper=upper
        )
        for lower, upper in ((0.1, 0.3), (0.2, 0.2))
    )
    # With the same mean slope, a hardly trained network predicts alike; its training losses differ.
    np.testing.assert_allclose(
        one.fit(X, y).predict_proba(X), other.fit(X, y).predict_proba(X), rtol=1e-5
    )
    assert not np.allclose(one.loss_curve_, other.loss_curve_, rtol=1e-4)


@every_noise
@pytest.mark.parametrize("ensemble_size", [1, 3])
def test_noise_goes_on_exactly_where_training_was_left(noise, ensemble_size):
    params = {**SMALL, **noise, "ensemble_size": ensemble_size, "warm_start": True}
    at_once = MLPClassifier(**{**params, "max_iter": 6}).fit(X, y)
    in_parts = MLPClassifier(**{**params, "max_iter": 2})
    for _ in range(3):
        in_parts.fit(X, y)
    for one, other in zip(at_once.coefs_, in_parts.coefs_, strict=True):
        assert np.array_equal(one, other)


def test_networks_of_an_ensemble_drop_other_units():
    model = MLPClassifier(**SMALL, dropout=0.5, ensemble_size=2, initialization="ones")
    model.set_params(shuffle=False, batch_size=200).fit(X, y)
    assert not np.array_equal(model.coefs_[0][0], model.coefs_[0][1])


def test_dropout_regularizes():
    rng = np.random.RandomState(0)
    data, labels = rng.normal(size=(80, 40)), rng.randint(0, 2, 80)
    params = {"hidden_layer_sizes": (64,), "max_iter": 150, "random_state": 0, "tol": 0}
    plain, drop = (
        MLPClassifier(**params, dropout=rate, n_iter_no_change=1000).fit(data, labels)
        for rate in (0.0, 0.6)
    )
    confidence = [abs(model.predict_proba(data)[:, 1] - 0.5).mean() for model in (plain, drop)]
    assert confidence[1] < confidence[0]
    assert drop.loss_ > 3 * plain.loss_


def test_sparse_inputs_take_input_dropout_and_refuse_noise():
    sparse = sp.csr_array(np.where(X > 0, X, 0))
    model = MLPClassifier(**SMALL, input_dropout=0.2).fit(sparse, y)
    quiet = MLPClassifier(**SMALL).fit(sparse, y)
    assert not np.array_equal(model.coefs_[0], quiet.coefs_[0])
    with pytest.raises(ValueError, match=r"input_noise=0.1 .* sparse.*input_dropout"):
        MLPClassifier(**SMALL, input_noise=0.1).fit(sparse, y)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"dropout": 1.0}, "'dropout' parameter of MLPClassifier must be"),
        ({"dropout": -0.1}, "'dropout' parameter of MLPClassifier must be"),
        ({"dropout": [0.2]}, r"sequence with one for each; got 1 of them for 2 hidden layers"),
        ({"dropout": [0.2, 1.0]}, r"shares of units to drop, in \[0, 1\); got \[0.2, 1.0\]"),
        ({"dropout": [0.2, "a"]}, "shares of units to drop"),
        ({"input_dropout": 1.5}, "'input_dropout' parameter"),
        ({"input_noise": -1}, "'input_noise' parameter"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_by_name(params, message):
    with pytest.raises(ValueError, match=message):
        MLPClassifier(**SMALL).set_params(**params).fit(X, y)


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"dropout": 0.1}, "dropout=0.1"),
        ({"input_dropout": 0.1}, "input_dropout=0.1"),
        ({"input_noise": 0.1}, "input_noise=0.1"),
        ({"activation": "rrelu"}, "activation='rrelu'"),
        ({"max_norm": 1.0}, "max_norm=1.0"),
        ({"gradient_clipping": 1.0}, "gradient_clipping=1.0"),
        ({"penalty": "l1"}, "penalty='l1'"),
        ({"penalty": ["l2", "l1", None]}, r"penalty=\['l2', 'l1', None\]"),
    ],
    ids=str,
)
def test_lbfgs_refuses_what_it_cannot_minimize_and_says_who_can(params, name):
    with pytest.raises(ValueError, match=f"solver='lbfgs' .*cannot take {name}.*adam.*sgd"):
        MLPClassifier(**SMALL, solver="lbfgs").set_params(**params).fit(X, y)
