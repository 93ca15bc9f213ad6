"""Numerical embeddings: their contract, their formulas, and fits with them."""

import itertools
import pickle
import warnings

import numpy as np
import pytest

from sklearn_relu import TabularMLPClassifier, TabularMLPRegressor
from sklearn_relu.embeddings import EMBEDDINGS, PBLD, Periodic, PiecewiseLinear, piecewise
from sklearn_relu.testing import check_part

# Fits of a few epochs are worse than a constant, and say so.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 4))
X[:, 3] = RNG.integers(0, 3, 120)
y = np.abs(X[:, 0]) + X[:, 3]

SMALL = {"hidden_layer_sizes": (6,), "max_iter": 4, "ensemble_size": 2, "random_state": 0}

PARTS = [
    *(cls() for cls in EMBEDDINGS.values()),
    PBLD(1, 2),
    Periodic(1, 1),
    PiecewiseLinear(1, 1),
    PiecewiseLinear(n_bins=200),
]

every_name = pytest.mark.parametrize("name", EMBEDDINGS)
dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def drawn(part, n_columns, rows, dtype=np.float64):
    """Parameters of one network that has seen some rows."""
    params = {
        name: np.full((1, *shape), np.nan, dtype)
        for name, (_, shape) in part.parameter_shapes(n_columns).items()
    }
    part.init_parameters(params, np.random.RandomState(0))
    part.init_from_rows(params, rows.astype(dtype))
    return params


def embedded(part, x, params):
    """The embedded columns of one network."""
    memory = {name: np.empty((1, len(x), n)) for name, n in part.memory(x.shape[1]).items()}
    out = np.empty((1, len(x), x.shape[1] * part.width))
    part.forward(x[None], out, params, memory)
    return out[0]


@pytest.mark.parametrize("part", PARTS, ids=repr)
def test_every_embedding_keeps_the_contract_of_its_family(part):
    check_part(part)


def test_periodic_is_the_formula_of_the_paper():
    part = Periodic(n_frequencies=3, n_outputs=2, frequency_scale=0.5)
    params = drawn(part, 4, X)
    found = embedded(part, X, params).reshape(-1, 4, 2)
    mix, offset = params["mix"].reshape(4, 2, 6), params["offset"].reshape(4, 2)
    for j in range(4):
        angles = 2 * np.pi * X[:, j : j + 1] * params["frequency"][0, j]
        waves = np.hstack([np.sin(angles), np.cos(angles)])
        expected = np.maximum(waves @ mix[j].T + offset[j], 0)
        np.testing.assert_allclose(found[:, j], expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("n_bins", [1, 2, 5, 300])
def test_piecewise_linear_is_the_formula_of_the_paper(n_bins):
    part = PiecewiseLinear(n_bins=n_bins, n_outputs=2)
    params = drawn(part, 4, X)
    found = embedded(part, X, params).reshape(-1, 4, 2)
    mix, offset = params["mix"].reshape(4, 2, n_bins), params["offset"].reshape(4, 2)
    for j in range(4):
        ends = np.quantile(X[:, j], np.linspace(0, 1, n_bins + 1))
        encoded = np.zeros((len(X), n_bins))
        for t, (low, high) in enumerate(itertools.pairwise(ends)):
            if high - low > piecewise.LEAST_WIDTH:
                encoded[:, t] = np.clip((X[:, j] - low) / (high - low), 0, 1)
        expected = encoded @ mix[j].T + offset[j]
        np.testing.assert_allclose(found[:, j], expected, rtol=1e-9, atol=1e-11)


def test_outputs_beyond_the_outermost_ends_are_constant():
    part = PiecewiseLinear(n_bins=4, n_outputs=3)
    params = drawn(part, 4, X)
    ends = np.array([X.min(axis=0), X.max(axis=0)])
    far = np.array([ends[0] - 100, ends[1] + 100])
    np.testing.assert_allclose(embedded(part, far, params), embedded(part, ends, params))


@dtypes
def test_a_constant_column_says_nothing_and_two_values_are_told_apart(dtype):
    part = PiecewiseLinear(n_bins=7, n_outputs=2)
    rows = np.column_stack([np.full(50, 0.3), np.arange(50) % 2, np.arange(50) == 7])
    params = drawn(part, 3, rows, dtype)
    assert all(np.isfinite(values).all() for values in params.values())
    out = embedded(part, rows.astype(dtype), params).reshape(-1, 3, 2)
    np.testing.assert_allclose(out[:, 0], np.tile(params["offset"][0, 0, :2], (50, 1)), rtol=1e-6)
    assert (np.abs(out[0, 1] - out[1, 1]) > 1e-3).all()
    assert (np.abs(out[0, 2] - out[7, 2]) > 1e-3).all()


def test_bins_of_a_large_table_are_of_rows_from_all_of_it():
    n = 3 * piecewise.N_ROWS + 7
    rows = np.sort(RNG.normal(size=n))[:, None]
    part = PiecewiseLinear(n_bins=4)
    low = drawn(part, 1, rows)["low"][0, 0]
    np.testing.assert_allclose(low[1:], np.quantile(rows, [0.25, 0.5, 0.75]), atol=1e-3)
    assert low[0] == rows.min()


@dtypes
@pytest.mark.parametrize("initialization", ["auto", "he_normal", "lsuv", "unit_variance"])
def test_bins_are_those_of_the_training_rows_after_the_fit(initialization, dtype):
    model = TabularMLPRegressor(
        **SMALL,
        numerical_embedding=PiecewiseLinear(n_bins=4),
        initialization=initialization,
        bias_initialization="fan_in_uniform",
        dtype=np.dtype(dtype).name,
        alpha=1.0,
        max_norm=0.1,
    ).fit(X, y)
    rows = model.encoder_.transform(X)[:, : model.encoder_.n_scaled_out_]
    low = np.quantile(rows, [0, 0.25, 0.5, 0.75], axis=0).T.ravel()
    for network in model.intercepts_[0]:
        np.testing.assert_allclose(network, low, atol=1e-6)
    assert (model.coefs_[0][0] != model.coefs_[0][1]).any()


def test_a_warm_start_keeps_its_bins():
    model = TabularMLPRegressor(**SMALL, numerical_embedding="piecewise_linear", warm_start=True)
    before = [bins.copy() for bins in model.fit(X, y).intercepts_[:2]]
    after = model.set_params(max_iter=6).fit(X, y).intercepts_[:2]
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)


@every_name
@dtypes
def test_a_network_is_the_same_in_a_fit_of_its_own_and_with_others(name, dtype):
    """Networks of an ensemble start from seeds that the first generator draws."""
    params = {
        "hidden_layer_sizes": (6,),
        "max_iter": 3,
        "validation": None,
        "batch_size": 32,
        "numerical_embedding": name,
        "dtype": np.dtype(dtype).name,
    }
    stack = TabularMLPRegressor(**params, ensemble_size=3, random_state=0).fit(X, y)
    seeds = np.random.RandomState(0).randint(np.iinfo(np.int32).max, size=3)
    for i, seed in enumerate(seeds):
        alone = TabularMLPRegressor(**params, ensemble_size=1, random_state=int(seed)).fit(X, y)
        for one, other in zip(alone.coefs_, stack.coefs_, strict=True):
            np.testing.assert_array_equal(one, other[i])


@every_name
@pytest.mark.parametrize("cls", [TabularMLPClassifier, TabularMLPRegressor])
def test_fits_of_tables_with_holes_and_constant_columns(cls, name):
    table = np.column_stack([X, np.full(len(X), 7.0), np.where(X[:, 0] > 1, np.nan, X[:, 0])])
    targets = (y > 1).astype(int) if cls is TabularMLPClassifier else y
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        model = cls(**SMALL, numerical_embedding=name).fit(table, targets)
        found = model.predict(table)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(table), found)


@every_name
@pytest.mark.parametrize("seed", [0, 1])
def test_no_network_dies_of_an_embedding(name, seed):
    rows = np.random.default_rng(seed).normal(size=(400, 2))
    model = TabularMLPRegressor(
        numerical_embedding=name, max_iter=40, validation=None, random_state=seed
    ).fit(rows, np.sin(3 * rows[:, 0]))
    assert max(losses[-1] for losses in model.history_["loss"]) < 0.2


def test_networks_learn_what_bins_are_for():
    rows = np.random.default_rng(0).normal(size=(600, 2))
    steps = np.floor(3 * rows[:, 0]) % 2
    scores = {
        name: TabularMLPRegressor(
            (16,),
            numerical_embedding=name,
            validation=None,
            ensemble_size=1,
            learning_rate="cosine_log",
            max_iter=30,
            random_state=0,
        )
        .fit(rows[:400], steps[:400])
        .score(rows[400:], steps[400:])
        for name in ("piecewise_linear", None)
    }
    assert scores["piecewise_linear"] > scores[None] + 0.2
