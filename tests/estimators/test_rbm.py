"""The restricted Boltzmann machine as an estimator."""

import pickle
import tracemalloc
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn
import versions
from scipy.special import expit
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from sklearn_relu import RBM, LoadError, TrainingWarning, load, lockstep, save, to_onnx
from sklearn_relu.callbacks import Checkpoint
from sklearn_relu.network.units import HIDDEN, VISIBLE
from sklearn_relu.training.contrastive import _Epochs

DIGITS, LABELS = load_digits(return_X_y=True)
X = DIGITS[:120] / 16
Z = StandardScaler().fit_transform(DIGITS)[:120]
SMALL = {"n_components": 9, "n_iter": 3, "batch_size": 25, "random_state": 0}
KINDS = [(hidden, visible) for hidden in ("nrelu", "binary") for visible in ("binary", "gaussian")]
every_kind = pytest.mark.parametrize(("hidden", "visible"), KINDS)
either_way = pytest.mark.parametrize("persistent", [False, True])

pytestmark = pytest.mark.filterwarnings("ignore:visible='gaussian' is for columns")


def machine(hidden="nrelu", visible="binary", **more):
    rate = {"binary": 0.05, "gaussian": 0.01}[visible]
    return RBM(hidden=hidden, visible=visible, **SMALL | {"learning_rate": rate} | more)


def rows_for(model):
    return X if model.visible == "binary" else Z


def state_of(model):
    return {name: pickle.dumps(value) for name, value in vars(model).items()}


def assert_same_machine(one, other):
    for name in ("components_", "intercept_hidden_", "intercept_visible_", "h_samples_"):
        found, wanted = (getattr(each, name, None) for each in (one, other))
        assert (found is None) == (wanted is None)
        if found is not None:
            assert found.dtype == wanted.dtype
            np.testing.assert_array_equal(found, wanted)
    assert one.history_["reconstruction_error"][-1] == other.history_["reconstruction_error"][-1]


# Training.


@either_way
@every_kind
def test_calls_of_partial_fit_equal_the_epochs_of_a_fit(hidden, visible, persistent):
    model = machine(hidden, visible, persistent=persistent)
    rows = rows_for(model)
    whole = clone(model).fit(rows)
    for _ in range(3):
        model.partial_fit(rows)
    assert_same_machine(model, whole)
    assert model.n_iter_ == 1
    assert whole.n_iter_ == len(whole.history_["seconds"]) == 3


@every_kind
def test_a_machine_learns(hidden, visible):
    model = machine(hidden, visible, n_components=40, n_iter=40, batch_size=10)
    rows = rows_for(model)
    model.fit(rows)
    assert model.reconstruction_error(rows).mean() < 0.75 * rows.var(axis=0).mean()
    assert model.history_["reconstruction_error"][-1] < model.history_["reconstruction_error"][0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@either_way
def test_the_precision_is_that_of_the_data(dtype, persistent):
    model = machine(persistent=persistent).fit(X.astype(dtype))
    for name in ("components_", "intercept_hidden_", "intercept_visible_"):
        assert getattr(model, name).dtype == dtype
    for method in ("transform", "reconstruct", "gibbs", "reconstruction_error"):
        assert getattr(model, method)(X.astype(dtype)).dtype == dtype
    assert model.inverse_transform(np.ones((2, 9), dtype)).dtype == dtype
    assert model.partial_fit(X.astype(dtype)).components_.dtype == dtype


def test_dtype_says_another_precision():
    assert machine(dtype="float32").fit(X).components_.dtype == np.float32
    assert machine(dtype="float64").fit(X.astype(np.float32)).components_.dtype == np.float64
    assert machine().fit((X > 0.5).astype(np.int8)).components_.dtype == np.float64


@pytest.mark.parametrize("container", [sp.csr_array, sp.csr_matrix, sp.csc_array, sp.coo_array])
@either_way
def test_sparse_rows_are_dense_ones(container, persistent):
    rows = X * (X > 0.6)
    dense = machine(persistent=persistent).fit(rows)
    sparse = machine(persistent=persistent).fit(container(rows))
    assert_same_machine(sparse, dense)
    for method in ("transform", "reconstruct", "reconstruction_error", "gibbs"):
        found, wanted = (
            getattr(model, method)(each)
            for model, each in ((sparse, container(rows)), (dense, rows))
        )
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("shape", [(1, 64), (2, 1), (1, 1), (120, 1), (3, 64)])
@either_way
@every_kind
def test_a_few_rows_and_columns(hidden, visible, persistent, shape):
    rows = np.random.default_rng(0).random(shape)
    for n_components in (1, 4):
        model = machine(hidden, visible, persistent=persistent, n_components=n_components)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TrainingWarning)
            model.fit(rows)
        assert model.transform(rows).shape == (len(rows), n_components)
        assert model.reconstruct(rows).shape == rows.shape
        assert model.gibbs(rows).shape == rows.shape


def test_batches_may_be_larger_than_the_data_and_of_other_sizes_later():
    model = machine(batch_size=500, persistent=True).fit(X)
    assert model.h_samples_.shape == (500, 9)
    model.set_params(batch_size=7).partial_fit(X)
    assert model.h_samples_.shape == (500, 9)
    model.set_params(persistent=False).partial_fit(X)
    assert not hasattr(model, "h_samples_")
    model.set_params(persistent=True).partial_fit(X)
    assert model.h_samples_.shape == (7, 9)


def test_random_state():
    one, other = (machine().fit(X) for _ in range(2))
    assert_same_machine(one, other)
    assert (machine(random_state=1).fit(X).components_ != one.components_).any()
    rng = np.random.RandomState(0)
    first, second = (machine(random_state=rng).fit(X).components_ for _ in range(2))
    assert (first != second).any()


SCALARS = {
    "n_components": (5, np.int16),
    "learning_rate": (0.5, np.float64),
    "batch_size": (7, np.int64),
    "n_iter": (2, np.int64),
    "n_gibbs": (2, np.uint8),
    "persistent": (True, np.bool_),
    "momentum": (0.25, np.float64),
    "weight_decay": (0.25, np.float64),
    "time_limit": (1000.0, np.float32),
    "random_state": (3, np.int64),
    "hidden": ("binary", np.str_),
}


@pytest.mark.parametrize("name", SCALARS)
def test_numpy_scalars_mean_pythons_numbers(name):
    value, kind = SCALARS[name]
    rows = X.astype(np.float32)
    one, other = (
        machine(**{name: each}).fit(rows).partial_fit(rows) for each in (value, kind(value))
    )
    assert_same_machine(other, one)


def test_inputs_are_not_changed_and_may_be_read_only():
    rows = X.copy()
    rows.flags.writeable = False
    model = machine().fit(rows)
    for method in ("transform", "reconstruct", "gibbs", "reconstruction_error", "partial_fit"):
        getattr(model, method)(rows)
    np.testing.assert_array_equal(rows, X)
    for name in ("components_", "intercept_hidden_", "intercept_visible_"):
        getattr(model, name).flags.writeable = False
    model.partial_fit(rows).transform(rows)


def test_memory_above_the_data_is_bounded_by_the_batch():
    rows = np.random.default_rng(0).random((30_000, 50)).astype(np.float32)
    model = machine(n_iter=1, batch_size=100).fit(rows[:1000])
    for method, most in (("fit", 3e6), ("transform", 30_000 * 9 * 4 + 6e6)):
        tracemalloc.start()
        try:
            getattr(model, method)(rows)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < most, method  # X has 6 MB


# Methods.


@every_kind
def test_methods_are_their_formulas(hidden, visible):
    model = machine(hidden, visible)
    rows = rows_for(model)
    model.fit(rows)
    sums = rows @ model.components_.T + model.intercept_hidden_
    h = np.maximum(sums, 0) if hidden == "nrelu" else expit(sums)
    np.testing.assert_allclose(model.transform(rows), h, rtol=1e-9, atol=1e-12)
    v = h @ model.components_ + model.intercept_visible_
    v = expit(v) if visible == "binary" else v
    np.testing.assert_allclose(model.inverse_transform(h), v, rtol=1e-9)
    np.testing.assert_allclose(model.reconstruct(rows), v, rtol=1e-9)
    squares = (rows - v) ** 2
    np.testing.assert_allclose(model.reconstruction_error(rows, per_feature=True), squares)
    np.testing.assert_allclose(model.reconstruction_error(rows), squares.mean(axis=1))
    assert ((model.transform(rows) == 0).any()) == (hidden == "nrelu")


def test_results_do_not_depend_on_how_many_rows_are_looked_at_together():
    model = machine(hidden="binary").fit(X)
    methods = ("transform", "reconstruct", "reconstruction_error", "score_samples")
    whole = {name: getattr(model, name)(X) for name in methods}
    with sklearn.config_context(working_memory=0.01):
        for name in methods:
            np.testing.assert_allclose(getattr(model, name)(X), whole[name], rtol=1e-12)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_errors_by_feature_of_a_frame_are_a_frame(library):
    frames = pytest.importorskip(library)
    names = [f"pixel {i}" for i in range(64)]
    frame = frames.DataFrame(dict(zip(names, X.T, strict=True)))
    model = machine().fit(frame)
    assert model.feature_names_in_.tolist() == names
    found = model.reconstruction_error(frame, per_feature=True)
    assert type(found) is type(frame)
    assert list(found.columns) == names
    np.testing.assert_array_equal(
        np.asarray(found), machine().fit(X).reconstruction_error(X, per_feature=True)
    )
    assert isinstance(model.reconstruction_error(frame), np.ndarray)
    out = model.set_output(transform=library).transform(frame)
    assert list(out.columns) == [f"rbm{i}" for i in range(9)]
    np.testing.assert_array_equal(model.inverse_transform(out), model.reconstruct(frame))


@every_kind
def test_gibbs_goes_on_with_its_generator(hidden, visible):
    model = machine(hidden, visible)
    rows = rows_for(model)
    model.fit(rows)
    again = pickle.loads(pickle.dumps(model))
    first, second = model.gibbs(rows), model.gibbs(rows)
    assert (first != second).any()
    np.testing.assert_array_equal(again.gibbs(rows), first)
    if visible == "binary":
        assert set(np.unique(first)) <= {0, 1}
    # One-step samples have the mean of what they are drawn from.
    many = np.repeat(rows[:1], 4000, axis=0)
    drawn = model.gibbs(many)
    assert np.abs(drawn.mean(axis=0) - model.gibbs(many).mean(axis=0)).max() < 0.15


def test_score_samples_is_there_for_binary_units_only():
    assert hasattr(machine("binary", "binary"), "score_samples")
    for hidden, visible in KINDS[:-2] + KINDS[-1:]:
        model = machine(hidden, visible)
        with pytest.raises(AttributeError) as caught:
            model.score_samples(X)
        assert "binary units only" in str(caught.value.__cause__ or caught.value)
    model = machine().fit(X).set_params(hidden="binary")
    assert not hasattr(model, "score_samples")  # the fitted machine is what counts


def test_score_samples_of_sparse_rows():
    model = machine("binary").fit(X)
    rows = (X > 0.5).astype(float)
    found = model.score_samples(sp.csr_array(rows))
    np.testing.assert_allclose(found, model.score_samples(rows), rtol=1e-10)


# Mistakes.

BAD = [
    ({}, X * 16, r"X must be in \[0, 1\] for visible='binary'.* from 0 to 16.*MinMaxScaler"),
    ({}, X - 0.5, r"goes from -0.5 to 0.5.*visible='gaussian'"),
    ({}, sp.csr_array(X * 2), r"X must be in \[0, 1\]"),
    ({}, np.full((9, 3), 0.5), "X must not be constant: all of its 9 rows are the same"),
    ({"visible": "gaussian"}, np.zeros((9, 3)), "X must not be constant"),
    ({}, sp.csr_array((9, 3)), "X must not be constant"),
    ({}, np.where(X[3, 3] == X, np.nan, X), "NaN"),
    ({}, np.array([["a", "b"], ["c", "d"]]), "Input X contains text|string"),
    ({}, X[:, 0], "2D array"),
    ({"hidden": "nrelus"}, X, r"'hidden' parameter of RBM must be .* Did you mean 'nrelu'\?"),
    ({"visible": "gausian"}, X, r"'visible' parameter .* Did you mean 'gaussian'\?"),
    ({"hidden": "gaussian"}, X, "'hidden' parameter"),
    ({"hidden": None}, X, "'hidden' parameter"),
    ({"n_components": 0}, X, "'n_components' parameter"),
    ({"n_components": 2.5}, X, "'n_components' parameter"),
    ({"learning_rate": 0.0}, X, "'learning_rate' parameter"),
    ({"batch_size": 0}, X, "'batch_size' parameter"),
    ({"n_iter": 0}, X, "'n_iter' parameter"),
    ({"n_gibbs": 0}, X, "'n_gibbs' parameter"),
    ({"momentum": 1.0}, X, "'momentum' parameter"),
    ({"weight_decay": -1.0}, X, "'weight_decay' parameter"),
    ({"time_limit": 0}, X, "'time_limit' parameter"),
    ({"dtype": "float16"}, X, "'dtype' parameter"),
]


@pytest.mark.parametrize(("params", "rows", "message"), BAD)
@pytest.mark.parametrize("fitted", [False, True])
def test_bad_input_is_refused_and_leaves_the_estimator_as_it_was(params, rows, message, fitted):
    model = machine()
    if fitted:
        model.fit(X)
    model.set_params(**params)
    before = state_of(model)
    with pytest.raises(ValueError, match=message):
        model.fit(rows)
    assert state_of(model) == before


@pytest.mark.parametrize(
    "change", [{"n_components": 8}, {"hidden": "binary"}, {"visible": "gaussian"}]
)
def test_partial_fit_refuses_another_machine(change):
    model = machine().partial_fit(X).set_params(**change)
    before = state_of(model)
    (name,) = change
    with pytest.raises(ValueError, match=f"{name} is now .* Set it back, or begin anew with fit"):
        model.partial_fit(X)
    assert state_of(model) == before
    model.transform(X)  # with the units of the fit
    model.set_params(visible="binary").fit(X)


def test_what_is_asked_of_a_fitted_machine():
    with pytest.raises(NotFittedError):
        machine().transform(X)
    model = machine().fit(X)
    with pytest.raises(ValueError, match=r"values of 9 hidden units.* X has 64 columns"):
        model.inverse_transform(X)
    with pytest.raises(ValueError, match="features"):
        model.transform(X[:, :5])
    assert model.transform(2 * X).shape == (120, 9)  # rows to come may go beyond the range


@pytest.mark.parametrize("name", ["components_", "intercept_hidden_", "intercept_visible_"])
def test_assigned_arrays_are_used_or_refused(name):
    model = machine().fit(X)
    before = model.reconstruct(X)
    setattr(model, name, getattr(model, name) + 0.5)
    assert np.abs(model.reconstruct(X) - before).max() > 1e-3
    model.partial_fit(X)
    for wrong in (np.ones(3), np.ones((9, 9)), np.float64(1.0), [1.0]):
        setattr(model, name, wrong)
        with pytest.raises(ValueError, match="must be an array of shape"):
            model.reconstruct(X)


def test_outputs_that_overflow_are_an_error():
    model = machine(visible="gaussian").fit(Z)
    model.components_ *= 1e4
    with pytest.raises(ValueError, match="not finite for 1 of 120 rows"):
        model.transform(np.where(np.arange(120)[:, None] == 7, 1e308, Z))


# Warnings, and fits that do not come to their end.


@pytest.mark.filterwarnings("default:visible='gaussian' is for columns")
def test_columns_that_are_not_standardized_are_said():
    model = machine(visible="gaussian", learning_rate=1e-4)
    for rows in (DIGITS[:120], Z / 5, Z + 2):
        with pytest.warns(TrainingWarning, match="far from it. Column 1?[0-9] is the first"):
            model.fit(rows)
    constant = np.column_stack([Z[:, 2:5], np.zeros(120)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(constant)
        model.fit(DIGITS[:9])  # of few rows nobody can say
        machine().fit(X)


@pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning")
def test_a_fit_that_diverges_at_once_raises_and_leaves_the_estimator_as_it_was():
    model = machine(visible="gaussian", learning_rate=1e6)
    for fitted in (False, True):
        if fitted:
            model.set_params(learning_rate=0.01).fit(Z).set_params(learning_rate=1e6)
        before = state_of(model)
        for method in ("fit", "partial_fit"):
            with pytest.raises(ValueError, match=r"in epoch 1, with learning_rate=1e\+06\. Lower"):
                getattr(model, method)(Z.astype(np.float32))
            assert state_of(model) == before


def stopping_after(n_epochs, monkeypatch, what):
    """From so many epochs on, in the middle of the next one: something goes wrong."""
    step, left = _Epochs._step, [n_epochs * 5 + 2]

    def until(self, rows):
        left[0] -= 1
        return step(self, rows) if left[0] >= 0 else what(self)

    monkeypatch.setattr(_Epochs, "_step", until)


def explode(epochs):
    epochs.params[0, 0] = np.inf
    return 0.0


def interrupt(epochs):
    raise KeyboardInterrupt


def test_a_later_divergence_goes_back_to_the_last_finite_epoch(monkeypatch):
    expected = machine(n_iter=2).fit(X)
    stopping_after(2, monkeypatch, explode)
    with pytest.warns(ConvergenceWarning, match="in epoch 3.*went back to its last finite epoch"):
        model = machine(n_iter=9).fit(X)
    assert model.n_iter_ == 2
    assert_same_machine(model, expected)


@pytest.mark.parametrize("fitted", [False, True])
def test_an_interrupted_fit_keeps_its_last_complete_epoch(monkeypatch, fitted):
    expected = machine(n_iter=2).fit(X)
    model = machine(n_iter=9)
    if fitted:
        model.set_params(persistent=True).fit(X[:50]).set_params(persistent=False)
    stopping_after(2, monkeypatch, interrupt)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X)
    assert model.n_iter_ == 2
    assert_same_machine(model, expected)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_one_interrupted_in_its_first_epoch_leaves_the_estimator_as_it_was(monkeypatch, method):
    model = machine().partial_fit(X)
    before = state_of(model)
    stopping_after(0, monkeypatch, interrupt)
    with pytest.raises(KeyboardInterrupt):
        getattr(model, method)(X)
    assert state_of(model) == before


def test_weights_that_grow_without_end_are_said():
    model = RBM(256, hidden="binary", visible="gaussian", n_iter=10, random_state=0)
    rows = StandardScaler().fit_transform(DIGITS[:200, [10, 11, 12, 18, 19, 20, 26, 27, 28, 36]])
    with pytest.warns(TrainingWarning, match="more than twice that of the mean row"):
        model.fit(rows)


def test_dead_units_are_said():
    with pytest.warns(TrainingWarning, match=r"\d+% of the hidden units are dead.* train on 1 - X"):
        machine(learning_rate=5.0, n_iter=20).fit(1 - X)


def test_a_time_limit():
    with pytest.warns(ConvergenceWarning, match="stopped after 1e-09 seconds"):
        model = machine(time_limit=1e-9).fit(X)
    assert model.n_iter_ == 1


def test_verbose_prints_a_line_for_each_epoch(capsys):
    model = machine(verbose=True).fit(X)
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        f"Iteration {i}, reconstruction error = {error:.8f}"
        for i, error in enumerate(model.history_["reconstruction_error"], start=1)
    ]


# Callbacks.


class Recorder:
    """Notes tasks, with the epochs of the fitted estimator."""

    def __init__(self, stop_at=None, fail_at=None):
        self.stop_at, self.fail_at, self.ends, self.begins = stop_at, fail_at, [], []

    def setup(self, estimator, context):
        self.begins.append("setup")

    def teardown(self, estimator, context):
        self.begins.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.begins.append(f"{context.task_name} {context.task_id}")

    def on_fit_task_end(self, estimator, context, *, X=None, fitted_estimator=None):
        n_iter = fitted_estimator.n_iter_
        self.ends.append((f"{context.task_name} {context.task_id}", n_iter))
        assert fitted_estimator.transform(X).shape == (120, 9)
        if n_iter == self.fail_at:
            raise RuntimeError("the tracking server is gone")
        return n_iter == self.stop_at


@versions.with_callbacks
def test_each_epoch_is_a_task():
    recorder = Recorder()
    model = machine().set_callbacks(recorder).fit(X)
    epochs = [f"epoch {i}" for i in range(3)]
    assert recorder.begins == ["setup", "fit 0", *epochs, "teardown"]
    ends = [(name, i + 1) for i, name in enumerate(epochs)]
    assert recorder.ends == [*ends, ("fit 0", 3)]
    assert_same_machine(model, machine().fit(X))
    recorder = Recorder()
    model.set_callbacks(recorder).partial_fit(X)
    assert recorder.ends == [("epoch 0", 1), ("partial_fit 0", 1)]


@versions.with_callbacks
def test_a_callback_may_stop_a_fit_or_fail():
    model = machine().set_callbacks(Recorder(stop_at=2)).fit(X)
    assert model.n_iter_ == 2
    assert_same_machine(model, machine(n_iter=2).fit(X))
    before = model.components_
    with pytest.raises(RuntimeError, match="tracking server"):
        model.set_callbacks(Recorder(fail_at=1)).fit(X)
    assert model.components_ is before
    assert model.n_iter_ == 2


@versions.with_callbacks
def test_a_progress_bar(capsys):
    from sklearn.callback import ProgressBar

    machine().set_callbacks(ProgressBar()).fit(X)
    assert "RBM - fit" in (bar := capsys.readouterr().out)
    assert "100%" in bar


@versions.with_callbacks
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_a_checkpoint_is_refused_by_name(method, tmp_path):
    model = machine().set_callbacks(Checkpoint(tmp_path / "rbm.ckpt"))
    with pytest.raises(ValueError, match="Checkpoint keeps the training of networks; RBM is none"):
        getattr(model, method)(X)
    assert not list(tmp_path.iterdir())


# Elsewhere.


@either_way
def test_a_saved_machine_comes_back_and_goes_on_the_same(tmp_path, persistent):
    model = machine("binary", persistent=persistent)
    for fitted in (model, clone(model).fit(X), clone(model).partial_fit(X)):
        save(fitted, tmp_path / "rbm.relu")
        found = load(tmp_path / "rbm.relu")
        assert state_of(found).keys() == state_of(fitted).keys()
        if fitted is not model:
            np.testing.assert_array_equal(found.transform(X), fitted.transform(X))
            np.testing.assert_array_equal(found.gibbs(X), fitted.gibbs(X))
        for each in (found, fitted):
            each.partial_fit(X)
        assert_same_machine(found, fitted)


def test_a_file_whose_arrays_do_not_fit_is_refused(tmp_path):
    changes = {
        "components_": np.ones((8, 64)),
        "intercept_visible_": np.ones(63),
        "h_samples_": np.ones((5, 8)),
        "_velocity": np.ones((1, 7)),
        "_hidden": "nothing",
        "_noise_state": {},
    }
    for name, value in changes.items():
        model = machine(persistent=True).partial_fit(X)
        setattr(model, name, value)
        save(model, tmp_path / "forged.relu")
        with pytest.raises(LoadError, match="no model of sklearn_relu"):
            load(tmp_path / "forged.relu")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@every_kind
def test_onnx_has_the_means_of_the_hidden_units(hidden, visible, dtype):
    ort = pytest.importorskip("onnxruntime")
    pytest.importorskip("skl2onnx")
    model = make_pipeline(StandardScaler(), machine(hidden, visible))
    rows = Z.astype(dtype)
    if visible == "binary":
        model, rows = machine(hidden, visible), X.astype(dtype)
    model.fit(rows)
    session = ort.InferenceSession(to_onnx(model, rows).SerializeToString())
    (found,) = session.run(None, {"X": rows})
    assert found.dtype == dtype
    np.testing.assert_allclose(found, model.transform(rows), rtol=1e-4, atol=1e-5)


@every_kind
def test_the_expression_of_units_is_their_mean(hidden, visible):
    model = machine(hidden, visible)
    z = np.linspace(-5, 5, 11)[None, None]
    for units in (HIDDEN[model.hidden], VISIBLE[model.visible]):
        mean = np.empty_like(z)
        units.mean(z, mean)
        np.testing.assert_allclose(units.expression(z), mean, rtol=1e-12)


def test_a_search_in_lockstep_gives_what_it_gives_alone():
    model = make_pipeline(MinMaxScaler(), RBM(**SMALL), LogisticRegression(max_iter=300))
    grid = {"rbm__hidden": ["nrelu", "binary"], "rbm__learning_rate": [0.05, 0.2]}
    search = GridSearchCV(model, grid, cv=2)
    alone = clone(search).fit(DIGITS[:200], LABELS[:200])
    with lockstep():
        together = clone(search).fit(DIGITS[:200], LABELS[:200])
    for name in ("mean_test_score", "params"):
        assert list(alone.cv_results_[name]) == list(together.cv_results_[name])


def test_a_refit_forgets_all_of_the_fit_before():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=[f"p{i}" for i in range(64)])
    model = machine(persistent=True).partial_fit(frame)
    model.set_params(persistent=False).fit(X)
    assert set(vars(model)) == set(vars(machine().fit(X)))
