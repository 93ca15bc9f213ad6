"""Parameters, log, warnings and errors that scripts written for scikit-learn's MLP rely on."""

import inspect
import warnings

import numpy as np
import pytest
import sklearn.neural_network
import versions
from parity import SOLVERS, TASKS, assert_same, fit_pair, make_pair, make_task
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning, NotFittedError

import sklearn_relu

# Fits of a few epochs are worse than a constant, and say so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"
)

ESTIMATORS = ("MLPClassifier", "MLPRegressor")
ONE_OF_EACH = ("binary", "single-output")

ignore_max_iter = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("estimator", ESTIMATORS)
class TestSignature:
    def test_parameters_have_scikit_learns_names_defaults_kinds_and_places(self, estimator):
        ours = inspect.signature(getattr(sklearn_relu, estimator)).parameters
        theirs = inspect.signature(getattr(sklearn.neural_network, estimator)).parameters
        assert list(ours.values())[: len(theirs)] == list(theirs.values())

    def test_what_is_new_is_keyword_only(self, estimator):
        ours = inspect.signature(getattr(sklearn_relu, estimator)).parameters
        theirs = inspect.signature(getattr(sklearn.neural_network, estimator)).parameters
        new = [ours[name] for name in ours if name not in theirs]
        assert new
        assert {parameter.kind for parameter in new} == {inspect.Parameter.KEYWORD_ONLY}

    def test_methods_take_scikit_learns_arguments(self, estimator):
        ours = getattr(sklearn_relu, estimator)
        theirs = getattr(sklearn.neural_network, estimator)
        for name in dir(theirs):
            if name.startswith("_") or not callable(getattr(theirs, name)):
                continue
            if name.endswith("_request"):  # keyword-only, made from the methods' parameters
                wanted = set(inspect.signature(getattr(theirs, name)).parameters)
                assert wanted <= set(inspect.signature(getattr(ours, name)).parameters), name
            else:
                wanted = list(inspect.signature(getattr(theirs, name)).parameters)
                assert list(inspect.signature(getattr(ours, name)).parameters)[: len(wanted)] == (
                    wanted
                ), name


@ignore_max_iter
@versions.with_the_same_mlp
class TestVerbose:
    """The log of a fit, line by line."""

    @staticmethod
    def logs(capsys, task, **params):
        """What our estimator prints, and what scikit-learn's does."""
        task = make_task(task)
        printed = []
        for estimator in make_pair(task, **params):
            estimator.fit(task.X, task.y)
            printed.append(capsys.readouterr().out.splitlines())
        return printed

    @pytest.mark.parametrize("verbose", [True, 10])
    @pytest.mark.parametrize("solver", SOLVERS)
    @pytest.mark.parametrize("task", ONE_OF_EACH)
    def test_losses(self, capsys, task, solver, verbose):
        ours, theirs = self.logs(capsys, task, verbose=verbose, **SOLVERS[solver])
        assert len(ours) == 12
        assert theirs == ([] if solver == "lbfgs" else ours)

    def test_nothing_unless_asked(self, capsys):
        assert self.logs(capsys, "binary") == [[], []]

    @pytest.mark.parametrize("schedule", ["constant", "adaptive"])
    @pytest.mark.parametrize("early_stopping", [False, True])
    @pytest.mark.parametrize("task", ONE_OF_EACH)
    def test_plateaus_and_validation_scores(self, capsys, task, early_stopping, schedule):
        params = SOLVERS["sgd-nesterov"] | {"learning_rate": schedule, "tol": 2e-3}
        params |= {"n_iter_no_change": 2, "max_iter": 200, "early_stopping": early_stopping}
        ours, theirs = self.logs(capsys, task, verbose=True, **params)
        assert ours == theirs
        assert ours[-1].endswith("Stopping.")
        assert any("Setting learning rate to" in line for line in ours) == (schedule == "adaptive")

    def test_partial_fit(self, capsys):
        task = make_task("binary")
        printed = []
        for estimator in make_pair(task, verbose=True):
            for _ in range(2):
                estimator.partial_fit(task.X, task.y, **task.classes)
            printed.append(capsys.readouterr().out.splitlines())
        assert [line.partition(",")[0] for line in printed[0]] == ["Iteration 1"] * 2
        assert printed[0][0] == printed[1][0]


class TestWarnings:
    """The same category and the same words."""

    @staticmethod
    def heard(task, y=None, **params):
        """The warnings of our estimator's fit, and of scikit-learn's."""
        heard = []
        for estimator in make_pair(task, **params):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                estimator.fit(task.X, task.y if y is None else y)
            heard.append([(warning.category, str(warning.message)) for warning in caught])
        # That few epochs are worse than a constant only ours says.
        heard[0] = [each for each in heard[0] if each[0] is not sklearn_relu.TrainingWarning]
        return heard

    @pytest.mark.parametrize("solver", ["sgd", "adam"])
    @pytest.mark.parametrize("task", TASKS)
    def test_maximum_iterations(self, task, solver):
        ours, theirs = self.heard(make_task(task), solver=solver, max_iter=3)
        assert ours == theirs
        assert [category for category, _ in ours] == [ConvergenceWarning]
        assert "Maximum iterations (3) reached" in ours[0][1]

    @pytest.mark.parametrize("limit", [{"max_iter": 3}, {"max_fun": 3, "max_iter": 50}], ids=str)
    def test_lbfgs_did_not_converge(self, limit):
        ours, theirs = self.heard(make_task("binary"), solver="lbfgs", **limit)
        assert [category for category, _ in ours] == [ConvergenceWarning]
        # The last lines point to documentation, which may differ.
        kept = ours[0][1].partition("\nYou might also want to scale the data")[0]
        assert kept == theirs[0][1].partition("\nYou might also want to scale the data")[0]
        assert kept.startswith("lbfgs failed to converge after")

    @ignore_max_iter
    def test_batch_size_is_clipped(self):
        task = make_task("binary")
        ours, theirs = self.heard(task, batch_size=71, max_iter=2)
        assert ours[0] == theirs[0]
        assert ours[0][0] is UserWarning
        with pytest.warns(UserWarning, match="Got `batch_size` less than 1 or larger than"):
            ours, theirs = fit_pair(task, batch_size=71)
        assert_same(ours, theirs, task.X_new)

    @pytest.mark.parametrize("task", ONE_OF_EACH)
    def test_a_column_as_y(self, task):
        task = make_task(task)
        ours, theirs = self.heard(task, y=task.y[:, None], max_iter=2)
        assert ours == theirs
        assert ours[0][0] is DataConversionWarning

    def test_none_when_converged(self):
        limits = {"tol": 0.1, "n_iter_no_change": 1, "max_iter": 50}
        assert self.heard(make_task("binary"), **limits) == [[], []]


def fit(estimator, task):
    estimator.fit(task.X, task.y)


def partial_fit_without_classes(estimator, task):
    estimator.partial_fit(task.X, task.y)


def partial_fit(estimator, task):
    estimator.partial_fit(task.X, task.y, **task.classes)


def partial_fit_with_other_classes(estimator, task):
    partial_fit(estimator, task)
    estimator.partial_fit(task.X, task.y, classes=["no", "maybe", "yes"])


def partial_fit_with_unknown_labels(estimator, task):
    partial_fit(estimator, task)
    estimator.partial_fit(task.X, np.where(task.y == "no", "never", "yes"))


def fit_again_with_other_classes(estimator, task):
    fit(estimator, task)
    estimator.fit(task.X, np.where(task.y == "no", "never", "yes"))


def predict_unfitted(estimator, task):
    estimator.predict(task.X)


def predict_fewer_features(estimator, task):
    estimator.fit(task.X, task.y).predict(task.X[:, 1:])


def fit_fewer_labels(estimator, task):
    estimator.fit(task.X, task.y[1:])


def get_partial_fit(estimator, task):
    _ = estimator.partial_fit


CLASSIFIER_ERRORS = [
    (partial_fit_without_classes, {}, ValueError, "classes must be passed on the first call"),
    (partial_fit_with_other_classes, {}, ValueError, "is not the same as on last call to partial"),
    (partial_fit_with_unknown_labels, {}, ValueError, "`y` has classes not in `self.classes_`"),
    (
        fit_again_with_other_classes,
        {"warm_start": True},
        ValueError,
        "warm_start can only be used where `y` has the same classes",
    ),
    (get_partial_fit, {"solver": "lbfgs"}, AttributeError, "has no attribute 'partial_fit'"),
]

ERRORS = [
    (fit, {"hidden_layer_sizes": (5, 0)}, ValueError, "hidden_layer_sizes must be > 0, got"),
    (fit, {"hidden_layer_sizes": [-1]}, ValueError, "hidden_layer_sizes must be > 0, got"),
    (fit, {"hidden_layer_sizes": 0}, ValueError, "The 'hidden_layer_sizes' parameter of"),
    (fit, {"alpha": -1.0}, ValueError, "The 'alpha' parameter of"),
    (fit, {"momentum": 1.5}, ValueError, "The 'momentum' parameter of"),
    (fit, {"shuffle": "yes"}, ValueError, "The 'shuffle' parameter of"),
    (fit, {"n_iter_no_change": 0}, ValueError, "The 'n_iter_no_change' parameter of"),
    (
        partial_fit,
        {"early_stopping": True},
        ValueError,
        "partial_fit does not support early_stopping=True",
    ),
    (predict_unfitted, {}, NotFittedError, "instance is not fitted yet"),
    (predict_fewer_features, {}, ValueError, "X has 4 features, but"),
    (fit_fewer_labels, {}, ValueError, "inconsistent numbers of samples"),
]


def assert_both_raise(task, action, params, error, words):
    for estimator in make_pair(make_task(task), **params):
        with pytest.raises(error, match=words):
            action(estimator, make_task(task))


def case_id(value):
    return value.__name__ if callable(value) else None


@ignore_max_iter
class TestErrors:
    """The same type, and the words that a script or a search engine may look for."""

    @pytest.mark.parametrize("task", ONE_OF_EACH)
    @pytest.mark.parametrize(("action", "params", "error", "words"), ERRORS, ids=case_id)
    def test_of_both_estimators(self, task, action, params, error, words):
        assert_both_raise(task, action, params, error, words)

    @pytest.mark.parametrize(("action", "params", "error", "words"), CLASSIFIER_ERRORS, ids=case_id)
    def test_of_the_classifier(self, action, params, error, words):
        assert_both_raise("binary", action, params, error, words)

    def test_a_validation_set_of_one(self):
        params = {"early_stopping": True, "validation_fraction": 0.01}
        words = "The validation set is too small. Increase 'validation_fraction' or the size"
        assert_both_raise("single-output", fit, params, ValueError, words)

    @pytest.mark.filterwarnings("ignore::RuntimeWarning")
    @pytest.mark.parametrize("task", ["single-output", "poisson"])
    def test_parameters_that_are_not_finite(self, task):
        params = {"solver": "sgd", "learning_rate_init": 1e200, "hidden_layer_sizes": (6, 6)}
        words = (
            "Solver produced non-finite parameter weights. The input data may contain large "
            "values and need to be preprocessed."
        )
        assert_both_raise(task, fit, params, ValueError, words)

    @pytest.mark.parametrize(
        "params",
        [{"activation": "rellu"}, {"solver": "adamm"}, {"learning_rate": "cosin"}],
        ids=str,
    )
    @pytest.mark.parametrize("task", ONE_OF_EACH)
    def test_unknown_names(self, task, params):
        assert_both_raise(task, fit, params, ValueError, next(iter(params)))
