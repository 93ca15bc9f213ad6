"""What docs/reproducibility.md promises, where no other test holds it."""

import json
import os
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import make_classification

from sklearn_relu import MLPClassifier
from sklearn_relu.kernels.threads import LARGE_PRODUCT

X, y = make_classification(80, 6, random_state=0)
SMALL = {"hidden_layer_sizes": (8,), "max_iter": 5}
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # Fits of a few epochs are worse than a constant, and say so.
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]


def coefs(params=None, X=X, **more):
    return MLPClassifier(**SMALL | {"random_state": 0} | (params or {}) | more).fit(X, y).coefs_


def differences(some, others):
    return max(np.abs(a - b).max() for a, b in zip(some, others, strict=True))


@pytest.mark.parametrize(
    "params",
    [
        *({"solver": solver} for solver in ("sgd", "adam", "lbfgs")),
        *({"early_stopping": True}, {"dropout": 0.3}, {"activation": "rrelu"}),
        *({"ensemble_size": 2}, {"dtype": "float32"}),
    ],
    ids=str,
)
def test_the_same_seed_gives_the_same_bits(params):
    assert differences(coefs(params), coefs(params)) == 0
    assert differences(coefs(params), coefs(params, random_state=1)) > 0


def test_a_generator_is_advanced_by_a_fit_and_a_number_is_not():
    rng = np.random.RandomState(0)
    first, second = coefs(random_state=rng), coefs(random_state=rng)
    assert differences(first, coefs(random_state=0)) == 0
    assert differences(first, second) > 0
    assert differences(coefs(random_state=None), coefs(random_state=None)) > 0


def test_more_networks_leave_those_before_them_as_they_are():
    two, three = coefs(ensemble_size=2), coefs(ensemble_size=3)
    assert differences(two, [each[:2] for each in three]) == 0


def test_what_only_looks_at_training_does_not_change_it():
    plain = coefs()
    model = MLPClassifier(**SMALL, random_state=0, verbose=True, warm_start=True)
    model.set_params(time_limit=1000).fit(X, y, X_val=X, y_val=y)
    assert differences(plain, model.coefs_) == 0


def test_float32_starts_from_the_numbers_of_float64_rounded():
    still = {"solver": "sgd", "learning_rate_init": 1e-30, "alpha": 0}
    double, single = coefs(still), coefs(still, dtype="float32")
    assert differences([each.astype(np.float32) for each in double], single) == 0
    assert 0 < differences(coefs(), coefs(dtype="float32")) < 1e-4


def test_sparse_inputs_give_the_same_but_for_rounding():
    assert differences(coefs(), coefs(X=sp.csr_array(X))) < 1e-10


FIT = """
import json, sys, warnings
if "without numba" in sys.argv:
    sys.modules["numba"] = None
import numpy as np
from sklearn_relu import MLPClassifier
warnings.simplefilter("ignore")
n_rows, n_features, n_units = map(int, sys.argv[1:4])
rng = np.random.RandomState(0)
X = rng.normal(size=(n_rows, n_features))
y = (X[:, 0] > 0).astype(int)
model = MLPClassifier((n_units,), max_iter=3, batch_size=n_rows, random_state=0).fit(X, y)
print(json.dumps(model.intercepts_[0].tolist() + model.coefs_[1].ravel().tolist()))
"""


@cache
def in_a_process(*args, threads=1, hash_seed="random"):
    args = [sys.executable, "-c", FIT, *map(str, args)]
    settings = {"OPENBLAS_NUM_THREADS": str(threads), "PYTHONHASHSEED": hash_seed}
    environment = os.environ | settings
    done = subprocess.run(args, capture_output=True, text=True, check=True, env=environment)
    return np.array(json.loads(done.stdout))


SMALL_SHAPE, LARGE_SHAPE = (200, 20, 30), (500, 200, 200)


@pytest.mark.slow
def test_the_number_of_threads_counts_for_large_products_only_and_there_for_rounding_only():
    assert np.prod(SMALL_SHAPE) < LARGE_PRODUCT <= np.prod(LARGE_SHAPE)
    for shape, tolerance in ((SMALL_SHAPE, 0), (LARGE_SHAPE, 1e-9)):
        one, two = (in_a_process(*shape, threads=n) for n in (1, 2))
        np.testing.assert_allclose(one, two, rtol=0, atol=tolerance)


@pytest.mark.slow
def test_compiled_loops_change_rounding_only():
    pytest.importorskip("numba")
    compiled, plain = (in_a_process(*SMALL_SHAPE, *args) for args in ((), ("without numba",)))
    np.testing.assert_allclose(compiled, plain, rtol=0, atol=1e-9)


def test_a_seed_means_the_same_in_every_process():
    one, two = (in_a_process(*SMALL_SHAPE, hash_seed=seed) for seed in ("random", "1"))
    np.testing.assert_array_equal(one, two)
