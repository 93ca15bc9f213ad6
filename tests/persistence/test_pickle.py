"""Copies and pickles, within a process and across processes of other threads and loops."""

import copy
import os
import pickle
import subprocess
import sys

import cloudpickle
import joblib
import numpy as np
import pytest
from models import CASES, FITS, SMALL, X, X_numbers, assert_same, estimator_for, numbers, y
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

import sklearn_relu
from sklearn_relu import MLPClassifier, MLPRegressor, load, save
from sklearn_relu.activations import LeakyReLU
from sklearn_relu.schedules import Schedule

pytestmark = [
    pytest.mark.filterwarnings("ignore", category=ConvergenceWarning),
    pytest.mark.filterwarnings("ignore", category=sklearn_relu.TrainingWarning),
]


def through_joblib(model, tmp_path):
    joblib.dump(model, tmp_path / "model.joblib")
    return joblib.load(tmp_path / "model.joblib")


WAYS = {
    "deepcopy": lambda model, _: copy.deepcopy(model),
    "pickle": lambda model, _: pickle.loads(pickle.dumps(model)),
    "oldest pickle": lambda model, _: pickle.loads(pickle.dumps(model, protocol=2)),
    "joblib": through_joblib,
    "cloudpickle": lambda model, _: cloudpickle.loads(cloudpickle.dumps(model)),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", FITS)
def test_fits_of_every_kind_come_back_apart_and_go_on_the_same(name, way, tmp_path):
    model, data = FITS[name]
    unfitted = WAYS[way](model, tmp_path)
    assert_same(unfitted, model)
    model = clone(model).fit(X, y, **data)
    found = WAYS[way](model, tmp_path)
    assert_same(found, model)
    assert not any(
        np.shares_memory(one, other) for one, other in zip(found.coefs_, model.coefs_, strict=True)
    )
    before = model.predict_proba(X)
    found.fit(X, y, **data)
    assert_same(model.predict_proba(X), before)
    assert_same(model.fit(X, y, **data).coefs_, found.coefs_)


@pytest.mark.parametrize(("parameter", "part"), CASES, ids=lambda case: str(case)[:40])
def test_a_model_with_any_part_is_pickled(parameter, part):
    model = estimator_for(parameter, part)
    data = (X, y)
    if isinstance(model, MLPRegressor):
        data = X_numbers, np.exp(numbers / np.abs(numbers).max()) / 3
    model.fit(*data)
    for found in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert_same(found, model)
        assert found.predict(data[0]).tobytes() == model.predict(data[0]).tobytes()


def test_cloudpickle_takes_functions_and_classes_of_a_script():
    class Halving(Schedule):
        def rate(self, initial, progress):
            return initial / 2**progress.epoch

    for rate in (Halving(), lambda progress: 0.01 / (1 + progress.epoch)):
        model = MLPClassifier(**SMALL, solver="sgd", learning_rate=rate).fit(X, y)
        found = cloudpickle.loads(cloudpickle.dumps(model))
        assert_same(found.predict_proba(X), model.predict_proba(X))
        assert_same(found.fit(X, y).coefs_, model.coefs_)


def test_copies_hold_their_own_parts():
    model = MLPClassifier(**SMALL, activation=LeakyReLU(0.2)).fit(X, y)
    copied = copy.deepcopy(model)
    copied.activation.negative_slope = 0.9
    assert model.activation.negative_slope == 0.2


THREADS = """
import sys, joblib, numpy as np, threadpoolctl, scipy.linalg
threadpoolctl.threadpool_limits(int(sys.argv[2]), "blas")  # more than there are processors, too
pools = threadpoolctl.ThreadpoolController().select(user_api="blas").info()
assert {str(pool["num_threads"]) for pool in pools} == {sys.argv[2]}, pools
import warnings; warnings.simplefilter("ignore")
"""

FIT = """
from sklearn.datasets import load_digits
from sklearn_relu import MLPClassifier, save
X, y = load_digits(return_X_y=True)
model = MLPClassifier((64, 32), max_iter=3, ensemble_size=2, warm_start=True, random_state=0)
model.fit(X / 16, y)
joblib.dump(model, sys.argv[1] + "/model.joblib")
save(model, sys.argv[1] + "/model.relu")
np.save(sys.argv[1] + "/expected.npy", model.predict_proba(X / 16))
"""

PREDICT = """
sys.modules["numba"] = None
from sklearn.datasets import load_digits
import sklearn_relu
from sklearn_relu.kernels import fused
X, y = load_digits(return_X_y=True)
assert fused.loops() is None
expected = np.load(sys.argv[1] + "/expected.npy")
fits = []
loaded = joblib.load(sys.argv[1] + "/model.joblib")
for model in (loaded, sklearn_relu.load(sys.argv[1] + "/model.relu")):
    found = model.predict_proba(X / 16)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    fits.append(model.fit(X / 16, y).predict_proba(X / 16))
np.testing.assert_array_equal(*fits)
print("same")
"""


def in_a_process(code, folder, n_threads):
    command = [sys.executable, "-c", THREADS + code, str(folder), str(n_threads)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.slow
def test_a_model_fitted_under_one_thread_and_compiled_loops_is_the_same_under_other_ones(tmp_path):
    fitted = in_a_process(FIT, tmp_path, 1)
    assert fitted.returncode == 0, fitted.stderr
    predicted = in_a_process(PREDICT, tmp_path, 2)
    assert predicted.stdout == "same\n", predicted.stderr


def test_a_file_that_several_threads_save_is_one_of_theirs(tmp_path):
    """Eight threads write to one path: each read finds one of the models, never a mixture."""
    models = [MLPClassifier((k,), max_iter=1, random_state=0).fit(X, y) for k in range(1, 9)]
    path = tmp_path / "model.relu"
    save(models[0], path)

    def write_and_read(model):
        for _ in range(5):
            save(model, path)
            assert load(path).coefs_[0].shape[1] in range(1, 9)

    joblib.Parallel(n_jobs=8, backend="threading")(
        joblib.delayed(write_and_read)(model) for model in models
    )
    assert os.listdir(tmp_path) == ["model.relu"]
