"""scikit-learn's callbacks: tasks, progress bars and scores, requests to stop."""

import pickle

import numpy as np
import pytest
from helpers import assert_same_model
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_relu import MLPClassifier, MLPRegressor, lockstep
from sklearn_relu.optimizers import SGD

callback = pytest.importorskip("sklearn.callback", reason="scikit-learn has callbacks since 1.9")
CallbackSupportMixin, ProgressBar = callback.CallbackSupportMixin, callback.ProgressBar
ScoringMonitor = callback.ScoringMonitor

X, y = make_classification(90, 6, n_informative=4, n_classes=3, random_state=0)
X_r, y_r = make_regression(90, 6, random_state=0)
SMALL = {"hidden_layer_sizes": (6,), "batch_size": 32, "random_state": 3, "max_iter": 5}

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
]


class Recorder:
    """Notes each hook with the task's path and the epochs of the fitted estimator."""

    def __init__(self, stop_at=None):
        self.stop_at = stop_at
        self.events, self.data, self.models = [], [], []

    def setup(self, estimator, context):
        self.events.append(("setup", self.path(context), None))

    def teardown(self, estimator, context):
        self.events.append(("teardown", self.path(context), None))

    def on_fit_task_begin(self, estimator, context):
        self.events.append(("begin", self.path(context), None))

    def on_fit_task_end(
        self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None
    ):
        n_iter = None if fitted_estimator is None else fitted_estimator.n_iter_
        self.events.append(("end", self.path(context), n_iter))
        self.data.append((X, y, metadata))
        self.models.append(fitted_estimator)
        return n_iter is not None and n_iter == self.stop_at

    @staticmethod
    def path(context):
        own = f"{context.task_name} {context.task_id}"
        return own if context.parent is None else f"{Recorder.path(context.parent)}/{own}"

    def ends(self):
        return [(path, n_iter) for name, path, n_iter in self.events if name == "end"]


def epochs(n):
    return [(f"fit 0/epoch {i}", i + 1) for i in range(n)]


@pytest.mark.parametrize("params", [{}, {"ensemble_size": 3}, {"early_stopping": True}])
def test_each_epoch_of_a_fit_is_a_task(params):
    recorder = Recorder()
    model = MLPClassifier(**SMALL, **params).set_callbacks(recorder).fit(X, y)
    assert recorder.events[:3] == [
        ("setup", "fit 0", None),
        ("begin", "fit 0", None),
        ("begin", "fit 0/epoch 0", None),
    ]
    names = [(name, path) for name, path, _ in recorder.events[2:-2]]
    assert names == [(name, f"fit 0/epoch {i}") for i in range(5) for name in ("begin", "end")]
    assert recorder.ends() == [*epochs(5), ("fit 0", 5)]
    assert recorder.events[-1] == ("teardown", "fit 0", None)
    assert_same_model(model, MLPClassifier(**SMALL, **params).fit(X, y))


def test_tasks_are_of_all_networks_though_they_end_at_different_epochs():
    params = SMALL | {"max_iter": 60, "ensemble_size": 3, "early_stopping": True}
    recorder = Recorder()
    model = (
        MLPClassifier(**params, n_iter_no_change=4, learning_rate_init=0.03)
        .set_callbacks(recorder)
        .fit(X, y)
    )
    lengths = [len(curve) for curve in model.loss_curve_]
    assert len(set(lengths)) > 1  # else this test shows nothing
    assert recorder.ends() == [*epochs(max(lengths)), ("fit 0", max(lengths))]


def test_iterations_of_lbfgs_are_tasks_too():
    recorder = Recorder()
    model = MLPClassifier(**SMALL, solver="lbfgs").set_callbacks(recorder).fit(X, y)
    assert recorder.ends() == [*epochs(5), ("fit 0", 5)]
    recorder = Recorder()
    model.set_params(max_iter=1000, alpha=10.0).set_callbacks(recorder).fit(X, y)
    n_iter = model.n_iter_
    assert n_iter < 1000
    # One has begun that the solver did not need: it ends without a model.
    assert recorder.ends() == [*epochs(n_iter), (f"fit 0/epoch {n_iter}", None), ("fit 0", n_iter)]
    recorder = Recorder()
    MLPClassifier(**SMALL, solver="lbfgs", ensemble_size=2).set_callbacks(recorder).fit(X, y)
    expected = [(f"fit 0/epoch {i}", None if i < 5 else i - 4 if i > 9 else 5) for i in range(10)]
    assert recorder.ends() == [*expected, ("fit 0", 5)]


def test_a_call_of_partial_fit_is_a_fit_of_one_epoch():
    recorder = Recorder()
    model = MLPClassifier(**SMALL).set_callbacks(recorder)
    for _ in range(2):
        model.partial_fit(X, y, classes=[0, 1, 2])
    call = [("partial_fit 0/epoch 0", 1), ("partial_fit 0", 1)]
    assert recorder.ends() == 2 * call
    with pytest.raises(ValueError, match="classes"):
        model.partial_fit(X, y, classes=[0, 1])
    assert recorder.events[-1][0] == "teardown"


@pytest.mark.parametrize("warm_start", [False, True])
def test_a_refit_is_seen_without_what_the_last_fit_left(warm_start):
    recorder = Recorder()
    model = MLPClassifier(**SMALL, warm_start=warm_start).set_callbacks(recorder).fit(X, y)
    model.set_params(solver="lbfgs", early_stopping=True).fit(X, y)
    seen = recorder.models[-1]
    assert seen.loss_ == model.loss_
    assert getattr(seen, "loss_curve_", None) is None
    assert len(seen.history_["loss"]) == (10 if warm_start else 5)
    seen.set_params(solver="adam", early_stopping=False).partial_fit(X, y)


@pytest.mark.parametrize("params", [{}, {"early_stopping": True}, {"ensemble_size": 2}])
def test_the_fitted_estimator_is_the_model_that_a_shorter_fit_gives(params):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abcdef"))
    recorder = Recorder()
    weight = np.arange(1.0, 91.0)
    model = MLPClassifier(**SMALL, **params).set_callbacks(recorder)
    model.fit(frame, y, sample_weight=weight)
    for n, seen in enumerate(recorder.models[:-1], start=1):
        short = MLPClassifier(**(SMALL | {"max_iter": n}), **params).fit(X, y, weight)
        assert_same_model(seen, short)
        np.testing.assert_array_equal(seen.predict_proba(frame), short.predict_proba(X))
    for given, targets, metadata in recorder.data:
        assert given is frame
        assert targets is y
        assert metadata["sample_weight"] is weight


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("params", [{}, {"early_stopping": True}])
def test_a_request_to_stop_is_honoured_and_the_fit_keeps_what_it_has(solver, params, recwarn):
    recorder = Recorder(stop_at=3)
    model = MLPClassifier(**SMALL, solver=solver, **params).set_callbacks(recorder).fit(X, y)
    short = MLPClassifier(**(SMALL | {"max_iter": 3}), solver=solver, **params).fit(X, y)
    assert model.n_iter_ == 3
    assert model.history_["loss"] == short.history_["loss"]
    for coef, other in zip(model.coefs_, short.coefs_, strict=True):
        np.testing.assert_array_equal(coef, other)
    assert recorder.ends() == [*epochs(3), ("fit 0", 3)]


def test_a_request_stops_all_networks_of_an_ensemble():
    recorder = Recorder(stop_at=2)
    model = MLPClassifier(**SMALL, ensemble_size=3).set_callbacks(recorder).fit(X, y)
    assert [len(curve) for curve in model.loss_curve_] == [2, 2, 2]
    # Under lbfgs networks come one after the other, and it is the present one.
    recorder = Recorder(stop_at=1)
    recorder.on_fit_task_end = lambda estimator, context: context.parent is not None
    model = MLPClassifier(**SMALL, ensemble_size=2, solver="lbfgs").set_callbacks(recorder)
    assert [len(curve) for curve in model.fit(X, y).history_["loss"]] == [1, 1]


class Patience:
    """The rule of the parameters tol and n_iter_no_change, as a callback."""

    def __init__(self, tol, patience, column, sign):
        self.tol, self.patience, self.column, self.sign = tol, patience, column, sign

    def setup(self, estimator, context):
        self.best, self.n_stale = -np.inf, 0

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        score = self.sign * fitted_estimator.history_[self.column][-1]
        improves = score > self.best + self.tol if self.sign < 0 else score >= self.best + self.tol
        self.n_stale = 0 if improves or self.best == -np.inf else self.n_stale + 1
        self.best = max(self.best, score)
        return self.n_stale > self.patience


@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_callback_that_stops_by_the_parameters_rule_gives_the_parameters_model(early_stopping):
    rule = {"tol": 0.01, "n_iter_no_change": 3}
    params = SMALL | {"max_iter": 60, "early_stopping": early_stopping}
    by_parameter = MLPClassifier(**(params | rule)).fit(X, y)
    column, sign = ("validation_score", 1) if early_stopping else ("loss", -1)
    callback = Patience(0.01, 3, column, sign)
    by_callback = MLPClassifier(**params, tol=0, n_iter_no_change=np.inf).set_callbacks(callback)
    by_callback.fit(X, y)
    assert by_parameter.n_iter_ < 60
    assert by_callback.n_iter_ == by_parameter.n_iter_
    assert_same_model(by_callback, by_parameter)
    np.testing.assert_array_equal(by_callback.predict_proba(X), by_parameter.predict_proba(X))
    fitted = [
        {name for name in vars(model) if name.endswith("_")}
        for model in (by_callback, by_parameter)
    ]
    assert fitted[0] == fitted[1]


class Failing(Recorder):
    """Raises in the third epoch."""

    def on_fit_task_end(self, estimator, context):
        if context.task_id == 2:
            raise RuntimeError("the tracking server is gone")


@pytest.mark.parametrize("fitted", [False, True])
def test_what_a_callback_raises_ends_the_fit_and_leaves_the_estimator_as_it_was(fitted):
    model = MLPClassifier(**SMALL)
    if fitted:
        model.fit(X, y)
    model.set_callbacks(Failing())
    before = {name: pickle.dumps(value) for name, value in vars(model).items()}
    before.pop("_skl_callbacks")
    with pytest.raises(RuntimeError, match="tracking server"):
        model.fit(X, y)
    after = {name: pickle.dumps(value) for name, value in vars(model).items()}
    after.pop("_skl_callbacks")
    assert after == before


def test_nothing_of_a_fits_tasks_stays_on_the_estimator():
    model = MLPClassifier(**SMALL).set_callbacks(Recorder()).fit(X, y)
    plain = MLPClassifier(**SMALL).fit(X, y)
    assert vars(model).keys() - vars(plain).keys() == {"_skl_callbacks"}


def test_scores_are_monitored_in_every_epoch():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X_r, columns=list("abcdef"))
    monitor = ScoringMonitor(scoring=["r2", "neg_mean_absolute_error"])
    model = MLPRegressor(**SMALL).set_callbacks(monitor)
    model.fit(frame, y_r, sample_weight=np.arange(1.0, 91.0))
    data = monitor.get_logs().data
    assert [row["task_id_path"] for row in data] == [(0,), *((0, i) for i in range(5))]
    assert data[0]["r2"] == data[-1]["r2"] == model.score(frame, y_r, np.arange(1.0, 91.0))
    assert len({row["r2"] for row in data}) == 5


def _search(n_jobs, monitor):
    network = MLPClassifier(**SMALL).set_callbacks(monitor)
    model = make_pipeline(StandardScaler(), network)
    grid = {"mlpclassifier__alpha": [1e-4, 1.0]}
    search = GridSearchCV(model, grid, cv=2, n_jobs=n_jobs)
    return search.set_callbacks(ProgressBar(max_propagation_depth=None))


@pytest.mark.parametrize("how", ["one process", "two processes", "lockstep"])
@pytest.mark.slow
def test_bars_and_scores_of_a_search_over_a_pipeline(how, capsys):
    """Two candidates, two folds and the refit: five fits of five epochs."""
    monitor = ScoringMonitor(scoring="accuracy")
    search = _search(2 if how == "two processes" else 1, monitor)
    if how == "lockstep":
        with lockstep() as stacks:
            search.fit(X, y)
        assert stacks.sizes == [4]
    else:
        search.fit(X, y)
    data = monitor.get_logs().data
    assert len(data) == 5 * (5 + 1)
    assert {row["estimator_name"] for row in data} == {"MLPClassifier"}
    by_fit = {}
    for row in data:
        if row["task_name"] == "epoch":
            by_fit.setdefault(row["parent_task_id_path"], []).append(row["accuracy"])
    assert sorted(map(len, by_fit.values())) == [5] * 5
    plain = clone(search).set_callbacks()
    plain.estimator.steps[-1][1].set_callbacks()
    plain.fit(X, y)
    np.testing.assert_array_equal(
        plain.cv_results_["mean_test_score"], search.cv_results_["mean_test_score"]
    )
    alone = plain.best_estimator_.predict_proba(X)
    np.testing.assert_array_equal(search.best_estimator_.predict_proba(X), alone)
    bars = capsys.readouterr().out
    assert bars.count("MLPClassifier") == 5
    assert "100%" in bars


def test_a_progress_bar_of_a_fit_that_stops_early_is_full(capsys):
    model = MLPClassifier(**SMALL).set_callbacks(ProgressBar(), Recorder(stop_at=2)).fit(X, y)
    assert model.n_iter_ == 2
    assert "MLPClassifier - fit" in (bar := capsys.readouterr().out)
    assert "100%" in bar


FAILURES_OF_A_SEARCH = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.FitFailedWarning",
    "ignore:One or more of the test scores are non-finite",
)


@FAILURES_OF_A_SEARCH
def test_within_lockstep_a_callbacks_error_is_its_own_fits():
    """The stack goes on; scikit-learn reports one fit that failed."""
    recorders = [Recorder() for _ in range(3)]
    failing = Failing()

    class Choosing(MLPClassifier):
        """Its callback depends on alpha, as no parameter of scikit-learn could say."""

        def fit(self, X, y):
            self.set_callbacks(failing if self.alpha == 1.0 else recorders[int(self.alpha)])
            return super().fit(X, y)

    search = GridSearchCV(
        Choosing(**SMALL),
        {"alpha": [0.0, 1.0, 2.0]},
        cv=[(np.arange(60), np.arange(60, 90))],
        refit=False,
    )
    with lockstep() as stacks:
        search.fit(X, y)
    assert stacks.sizes == [3]
    assert np.isnan(search.cv_results_["mean_test_score"]).tolist() == [False, True, False]
    for recorder in (recorders[0], recorders[2]):
        assert len(recorder.ends()) == 5 + 1


class Refusing(SGD):
    """Fails in its third epoch where the learning rate is 0.5."""

    def init_state(self, params):
        return super().init_state(params) | {"t": np.zeros((len(params), 1))}

    def begin_step(self, state, learning_rate):
        state["t"] += 1
        if (state["t"] > 6).any() and (learning_rate == 0.5).any():
            raise RuntimeError("this rate is refused")
        super().begin_step(state, learning_rate)


@FAILURES_OF_A_SEARCH
def test_a_fit_whose_stack_failed_sees_its_tasks_again():
    recorder = Recorder()
    model = MLPClassifier(**SMALL, solver=Refusing()).set_callbacks(recorder)
    grid = {"learning_rate_init": [0.001, 0.5]}
    split = [(np.arange(90), np.arange(9))]
    with lockstep():
        search = GridSearchCV(model, grid, cv=split, refit=False).fit(X, y)
    assert np.isnan(search.cv_results_["mean_test_score"]).tolist() == [False, True]
    good = [(path, n) for path, n in recorder.ends() if "/fit 0" in path]
    numbers = [n for _, n in good]
    assert numbers == [1, 2, 1, 2, 3, 4, 5, 5]
    assert len({path for path, _ in good}) == 5 + 1


def test_cross_validation_without_contexts_works_too():
    recorder = Recorder()
    model = MLPClassifier(**SMALL).set_callbacks(recorder)
    scores = cross_val_score(model, X, y, cv=2)
    np.testing.assert_array_equal(scores, cross_val_score(clone(model).set_callbacks(), X, y, cv=2))
    assert len(recorder.ends()) == 2 * (5 + 1)


def test_a_fitted_model_with_callbacks_pickles_and_clones():
    monitor = ScoringMonitor(scoring="accuracy")
    model = MLPClassifier(**SMALL).set_callbacks(monitor).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    clone(model).fit(X, y)
    assert len(monitor.get_logs(select="all")) == 2


def test_scikit_learns_own_mlp_takes_no_callbacks():
    """Named in docs/differences.md."""
    from sklearn import neural_network

    assert not hasattr(neural_network.MLPClassifier, "set_callbacks")
    assert isinstance(MLPClassifier(), CallbackSupportMixin)
    assert isinstance(MLPRegressor(), CallbackSupportMixin)
