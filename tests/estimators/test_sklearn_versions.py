"""What is there under every version of scikit-learn, and what says that it needs a newer one."""

import subprocess
import sys

import numpy as np
import pytest
import sklearn
import versions
from sklearn.datasets import load_iris

from sklearn_relu import MLPClassifier, MLPRegressor, compare, sklearn_private
from sklearn_relu.callbacks import Checkpoint

X, y = load_iris(return_X_y=True)
SMALL = {"hidden_layer_sizes": (4,), "max_iter": 5, "random_state": 0}

# Fits of a few epochs are worse than a constant, and say so.
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]


def test_whether_there_are_callbacks_is_a_matter_of_the_version():
    assert (versions.Version("1.9") <= versions.SKLEARN) == sklearn_private.HAS_CALLBACKS


@pytest.fixture(params=["installed", "as if it were old"])
def without_callbacks(request, monkeypatch):
    """scikit-learn before 1.9: the one that is installed, or as if it were."""
    if request.param == "installed":
        if sklearn_private.HAS_CALLBACKS:
            pytest.skip("the scikit-learn that is installed has callbacks")
        return
    monkeypatch.setattr(sklearn_private, "HAS_CALLBACKS", False)
    monkeypatch.setattr(sklearn, "__version__", "1.8.0")


NEEDS = r"needs scikit-learn >= 1\.9, which calls callbacks; got 1\.[78]\.\d"


@pytest.mark.usefixtures("without_callbacks")
class TestWithoutCallbacks:
    def test_resume_says_that_it_needs_them(self, tmp_path):
        with pytest.raises(ImportError, match=NEEDS):
            Checkpoint(tmp_path / "stream").resume(MLPRegressor())

    def test_a_search_with_callbacks_says_so_before_the_first_fit(self, tmp_path):
        with pytest.raises(ImportError, match=f"compare with callbacks {NEEDS}"):
            compare(X, y, callbacks=[Checkpoint(tmp_path / "fit")])

    @pytest.mark.parametrize("Estimator", [MLPClassifier, MLPRegressor])
    @pytest.mark.parametrize("method", ["fit", "partial_fit"])
    def test_a_model_that_brings_some_says_so_and_stays_as_it_was(self, Estimator, method):
        """It was pickled under a newer scikit-learn."""
        model = Estimator(**SMALL).fit(X, y)
        model._skl_callbacks = [Checkpoint("fit.ckpt")]
        before = dict(vars(model))
        with pytest.raises(ImportError, match=f"An estimator with callbacks .*{NEEDS}"):
            getattr(model, method)(X, y)
        assert vars(model) == before

    def test_fits_need_none(self):
        model = MLPClassifier(**SMALL).fit(X, y)
        streamed = MLPClassifier(**SMALL | {"max_iter": 1})
        for _ in range(5):
            streamed.partial_fit(X, y, classes=[0, 1, 2])
        assert len(model.loss_curve_) == len(streamed.loss_curve_) == 5


OLD = """
import importlib, sys
import sklearn_relu
from sklearn_relu import sklearn_private
sys.modules["sklearn.callback"] = None
importlib.reload(sklearn_private)
assert not sklearn_private.HAS_CALLBACKS
model = sklearn_private.CallbackSupportMixin()
assert model.set_callbacks() is model
try:
    model.set_callbacks(1, 2)
except ImportError as error:
    assert "set_callbacks needs scikit-learn >= 1.9" in str(error)
else:
    raise AssertionError("no error")
"""


def test_without_the_module_of_callbacks_setting_them_says_what_it_needs():
    done = subprocess.run([sys.executable, "-c", OLD], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(sklearn_private.HAS_CALLBACKS, reason="scikit-learn has callbacks")
@pytest.mark.parametrize("Estimator", [MLPClassifier, MLPRegressor])
def test_setting_callbacks_says_that_it_needs_a_newer_scikit_learn(Estimator, tmp_path):
    model = Estimator()
    with pytest.raises(ImportError, match=f"set_callbacks {NEEDS}"):
        model.set_callbacks(Checkpoint(tmp_path / "fit"))
    assert model.set_callbacks() is model


def test_weights_of_which_none_counts_are_an_error_in_every_version():
    """scikit-learn checks it from 1.9 on."""
    for Estimator in (MLPClassifier, MLPRegressor):
        with pytest.raises(ValueError, match="at least one non-zero number"):
            Estimator(**SMALL).fit(X, y, sample_weight=np.zeros(len(X)))
