"""The detector of outliers: thresholds, labels, and what all networks do."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse as sp
import versions
from sklearn.base import clone, is_outlier_detector
from sklearn.datasets import load_breast_cancer, make_blobs
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import NotFittedError
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.parallel import Parallel, delayed

from sklearn_relu import Autoencoder, AutoencoderDetector, load, lockstep, save
from sklearn_relu.callbacks import Checkpoint
from sklearn_relu.estimators.fences import offset_of_fence, offset_of_share

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # Fits of a few epochs are worse than a constant, and say so.
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
]

RNG = np.random.RandomState(0)
X = RNG.uniform(size=(90, 3)) @ RNG.uniform(size=(3, 6)) / 3 + RNG.uniform(0, 0.01, (90, 6))
X[::30] = RNG.uniform(size=(3, 6))
WEIGHT = RNG.randint(0, 3, 90).astype(float)
SMALL = {"hidden_layer_sizes": (5, 3), "batch_size": 16, "max_iter": 5, "random_state": 0}
KINDS = [
    {},
    {"contamination": 0.1},
    {"corruption": None, "tied_weights": True, "dtype": "float32"},
    {"corruption": None, "solver": "lbfgs"},
    {"corruption": "gaussian", "loss": "log_loss", "contamination": np.float32(0.25)},
    {"corruption": "salt_and_pepper", "loss": "gaussian_nll", "activation": "maxout"},
    {"loss": "absolute_error", "early_stopping": True, "dropout": 0.1},
]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=str)


def fitted(**params):
    return AutoencoderDetector(**SMALL | params).fit(X)


def assert_same(one, other):
    assert one.offset_ == other.offset_
    np.testing.assert_array_equal(one.score_samples(X), other.score_samples(X))


# scikit-learn's contract

DRAWS = dict.fromkeys(
    (f"check_sample_weight_equivalence_on_{kind}_data" for kind in ("dense", "sparse")),
    "draws by row",
)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks(
    [
        AutoencoderDetector(),
        AutoencoderDetector(
            (8, 4), corruption=None, tied_weights=True, contamination=0.2, max_iter=20
        ),
        AutoencoderDetector((5,), "tanh", corruption=None, solver="lbfgs", max_iter=30),
    ],
    expected_failed_checks=lambda estimator: DRAWS if estimator.corruption else {},
)
def test_detectors_pass_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_it_is_a_detector_of_outliers():
    assert is_outlier_detector(AutoencoderDetector())
    with pytest.raises(NotFittedError):
        AutoencoderDetector().predict(X)


@every_kind
def test_labels_are_signs_of_scores_above_the_threshold(kind):
    model = fitted(**kind)
    scores, decision = model.score_samples(X), model.decision_function(X)
    assert type(model.offset_) is float
    assert decision.dtype == scores.dtype == np.dtype(kind.get("dtype", "float64"))
    np.testing.assert_array_equal(decision, scores - model.offset_)
    label = model.predict(X)
    assert label.dtype.kind == "i"
    np.testing.assert_array_equal(label, np.where(decision < 0, -1, 1))
    np.testing.assert_array_equal(AutoencoderDetector(**SMALL | kind).fit_predict(X), label)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scores_have_the_dtype_of_the_rows(dtype):
    rows = X.astype(dtype)
    model = AutoencoderDetector(**SMALL).fit(rows)
    assert model.score_samples(rows).dtype == model.decision_function(rows).dtype == dtype


def test_the_network_is_that_of_an_autoencoder():
    ours = fitted(contamination=0.2)
    theirs = Autoencoder(**SMALL, corruption="masking", corruption_level=0.5).fit(X)
    np.testing.assert_array_equal(ours.score_samples(X), theirs.score_samples(X))
    np.testing.assert_array_equal(ours.transform(X), theirs.transform(X))
    assert ours.score(X) == theirs.score(X)
    np.testing.assert_array_equal(
        ours.reconstruction_error(X, per_feature=True),
        theirs.reconstruction_error(X, per_feature=True),
    )


# Thresholds


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n_rows", [1, 2, 3, 90, 101])
@pytest.mark.parametrize("share", [0.01, 0.1, np.float32(0.2), 1 / 3, 0.5])
def test_a_share_of_the_rows_is_below_its_threshold(dtype, n_rows, share):
    scores = RNG.normal(size=n_rows).astype(dtype)
    offset = offset_of_share(scores, None, float(share))
    assert (scores < offset).sum() == int(n_rows * share + 1e-6)
    assert (scores <= offset).any()


@pytest.mark.parametrize(
    "threshold", [offset_of_fence, lambda *scores: offset_of_share(*scores, 0.15)]
)
def test_a_row_of_weight_2_is_two_rows(threshold):
    scores, weight = -RNG.chisquare(3, 60), RNG.randint(1, 4, 60)
    assert threshold(scores, weight) == threshold(np.repeat(scores, weight), None)
    assert threshold(scores, 0.3 * weight) == threshold(scores, weight)


@pytest.mark.parametrize("degrees", [1, 3, 10, 100])
def test_few_sums_of_squares_are_beyond_the_fence(degrees):
    """Of normal values 0.35 % are beyond the upper one of Tukey's two fences."""
    scores = -np.random.RandomState(0).chisquare(degrees, 100_000)
    assert 0.0005 < (scores < offset_of_fence(scores, None)).mean() < 0.006
    assert (4 * scores < offset_of_fence(4 * scores, None)).mean() == (
        scores < offset_of_fence(scores, None)
    ).mean()


def test_the_fence_is_tukeys():
    rows = np.concatenate([X, 20 * X[:2]])
    model = AutoencoderDetector(**SMALL).fit(rows)
    roots = np.cbrt(-model.score_samples(rows))
    lower, upper = np.quantile(roots, [0.25, 0.75], method="averaged_inverted_cdf")
    fence = upper + 1.5 * (upper - lower)
    np.testing.assert_allclose(np.cbrt(-model.offset_), fence, rtol=1e-3)
    np.testing.assert_array_equal(model.predict(rows) == -1, roots > fence)
    assert (model.predict(rows[-2:]) == -1).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("level", [-5.0, -0.1, 0.0, 2.0])
def test_of_rows_that_are_alike_none_is_beyond_the_fence(dtype, level):
    scores = np.full(20, level, dtype)
    scores *= 1 + np.finfo(dtype).eps * np.arange(20, dtype=dtype)
    offset = offset_of_fence(scores, None)
    assert (scores >= offset).all()
    assert np.isfinite(offset)


@pytest.mark.parametrize("contamination", ["auto", 0.1])
@pytest.mark.parametrize("layout", [np.asarray, sp.csr_array])
def test_a_row_of_weight_0_is_not_there(contamination, layout):
    rows = X.copy()
    rows[WEIGHT == 0] = 1e30
    params = SMALL | {"contamination": contamination, "corruption": None, "batch_size": 90}
    weight = np.sign(WEIGHT)
    model = AutoencoderDetector(**params).fit(layout(rows), sample_weight=weight)
    label = model.predict(layout(X[WEIGHT > 0]))
    if contamination != "auto":
        assert (label == -1).sum() == int(0.1 * weight.sum())
    scores = model.score_samples(layout(X[WEIGHT > 0]))
    expected = offset_of_fence(scores, None)
    if contamination != "auto":
        expected = offset_of_share(scores, None, 0.1)
    np.testing.assert_allclose(model.offset_, expected, rtol=1e-12)


def test_contamination_changes_the_threshold_alone():
    models = [fitted(contamination=value) for value in ("auto", 0.1, 0.5)]
    for model in models[1:]:
        np.testing.assert_array_equal(model.score_samples(X), models[0].score_samples(X))
    flagged = [(model.predict(X) == -1).sum() for model in models]
    assert flagged[1:] == [9, 45]


def test_held_out_rows_of_early_stopping_count():
    model = fitted(early_stopping=True, validation_fraction=0.5, contamination=0.1)
    assert (model.predict(X) == -1).sum() == 9
    model = AutoencoderDetector(**SMALL, early_stopping=True, contamination=0.1)
    model.fit(X[:60], X_val=X[60:])
    assert (model.predict(X[:60]) == -1).sum() == 6


# Rows of any kind


def containers():
    pd = pytest.importorskip("pandas")
    pl = pytest.importorskip("polars")
    read_only = np.asfortranarray(X)
    read_only.flags.writeable = False
    return {
        "list": X.tolist(),
        "pandas": pd.DataFrame(X, columns=list("abcdef")),
        "polars": pl.DataFrame(X, schema=list("abcdef")),
        "read-only": read_only,
        "csr": sp.csr_array(X),
        "csc": sp.csc_matrix(X),
    }


@pytest.mark.filterwarnings("error::UserWarning")
@pytest.mark.parametrize("name", ["list", "pandas", "polars", "read-only", "csr", "csc"])
@pytest.mark.parametrize("corruption", [None, "masking"])
def test_containers_of_the_same_rows_give_the_same(name, corruption):
    rows = containers()[name]
    model = AutoencoderDetector(**SMALL, corruption=corruption).fit(rows)
    expected = fitted(corruption=corruption)
    if name.startswith("cs") and corruption:  # of a sparse X only what it stores is masked
        assert np.isfinite(model.offset_)
        return
    np.testing.assert_allclose(model.offset_, expected.offset_, rtol=1e-9)
    np.testing.assert_array_equal(model.predict(rows), expected.predict(X))


@pytest.mark.parametrize("n_rows", [2, 3, 10])
@pytest.mark.parametrize("n_columns", [1, 2, 50])
@pytest.mark.parametrize("contamination", ["auto", 0.5])
def test_few_rows_and_columns(n_rows, n_columns, contamination):
    rows = np.random.RandomState(1).normal(size=(n_rows, n_columns))
    model = AutoencoderDetector(max_iter=3, contamination=contamination, random_state=0).fit(rows)
    assert np.isfinite(model.offset_)
    label = model.predict(rows)
    assert (label == 1).any()
    if contamination == 0.5:
        assert (label == -1).sum() == n_rows // 2
    assert model.predict(rows[:1]).shape == (1,)


def test_constant_columns():
    rows = X.copy()
    rows[:, [1, 4]] = 3.0
    model = AutoencoderDetector(**SMALL).fit(rows)
    assert np.isfinite(model.decision_function(rows)).all()


def test_many_equal_rows_are_no_outliers():
    rows = np.concatenate([np.tile(X[1], (80, 1)), X])
    label = fitted().fit(rows).predict(rows)
    assert (label[:80] == 1).all()
    model = AutoencoderDetector(**SMALL).fit(rows)
    assert (model.predict(rows[:1]) == 1).all()


# What all networks do


def test_a_stream_has_the_threshold_of_its_last_rows():
    model = AutoencoderDetector(**SMALL, contamination=0.1)
    for start in (0, 30, 60):
        rows = X[start : start + 30]
        assert (model.partial_fit(rows).predict(rows) == -1).sum() == 3
    model = AutoencoderDetector((5, 3), random_state=0)
    assert (model.partial_fit(X).partial_fit(X[:1]).predict(X[:1]) == 1).all()


def test_parameters_may_change_between_calls():
    model = fitted(warm_start=True)
    before = model.n_iter_
    model.set_params(contamination=0.2, max_iter=2).fit(X)
    assert (model.n_iter_, before) == (2, 5)
    assert (model.predict(X) == -1).sum() == 18
    model.set_params(contamination="auto", corruption=None).fit(X)
    scores = model.score_samples(X)
    assert model.offset_ == offset_of_fence(scores, None)


@every_kind
def test_lockstep_gives_the_same_bits(kind):
    def several():
        models = [AutoencoderDetector(**SMALL | kind, alpha=alpha) for alpha in (0.0, 0.1)]
        return Parallel()(delayed(model.fit)(X) for model in models)

    alone = several()
    with lockstep():
        together = several()
    for one, other in zip(alone, together, strict=True):
        assert_same(one, other)


@every_kind
def test_models_come_back_from_files(kind, tmp_path):
    model = fitted(**kind)
    save(model, tmp_path / "detector.relu")
    assert_same(load(tmp_path / "detector.relu"), model)
    assert_same(pickle.loads(pickle.dumps(model)), model)


def test_a_new_interpreter_predicts_the_same(tmp_path):
    model = fitted()
    save(model, tmp_path / "detector.relu")
    np.save(tmp_path / "rows.npy", X)
    code = (
        "import sys, numpy as np, sklearn_relu\n"
        "model = sklearn_relu.load(sys.argv[1] + '/detector.relu')\n"
        "rows = np.load(sys.argv[1] + '/rows.npy')\n"
        "np.save(sys.argv[1] + '/found.npy', model.decision_function(rows))"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, timeout=300)
    found = np.load(tmp_path / "found.npy")
    np.testing.assert_array_equal(found, model.decision_function(X))


def test_skops_keeps_it():
    skops_io = pytest.importorskip("skops.io")
    from sklearn_relu import SKOPS_TRUSTED_TYPES

    model = fitted()
    assert_same(skops_io.loads(skops_io.dumps(model), trusted=SKOPS_TRUSTED_TYPES), model)


def test_onnx_gives_the_reconstruction_of_which_the_score_is_a_line():
    onnxruntime = pytest.importorskip("onnxruntime", "1.21")  # which knows operators of opset 22
    pytest.importorskip("skl2onnx")
    from sklearn_relu import to_onnx

    model = fitted()
    session = onnxruntime.InferenceSession(to_onnx(model, X).SerializeToString())
    (name,) = (each.name for each in session.get_inputs())
    code, reconstruction = session.run(["code", "reconstruction"], {name: X})
    np.testing.assert_allclose(code, model.transform(X), atol=1e-12)
    scores = -0.5 * np.square(X - reconstruction).sum(axis=1)
    np.testing.assert_allclose(scores, model.score_samples(X), rtol=1e-9)


class Stops:
    """Raises an error after some epochs."""

    def __init__(self, n_epochs, error):
        self.left = n_epochs
        self.error = error

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        self.left -= 1
        if self.left == 0:
            raise self.error


@versions.with_callbacks
def test_an_interrupted_fit_has_the_threshold_of_its_last_epoch(tmp_path):
    path = tmp_path / "fit.ckpt"
    model = AutoencoderDetector(**SMALL)
    interrupted = clone(model).set_callbacks(Checkpoint(path), Stops(3, KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        interrupted.fit(X)
    assert_same(interrupted, fitted(max_iter=3))
    assert_same(clone(model).set_callbacks(Checkpoint(path)).fit(X), model.fit(X))


@versions.with_callbacks
def test_a_fit_that_fails_leaves_all_as_it_was():
    model = fitted()
    before = dict(vars(model))
    for error in (RuntimeError("no"), ValueError("no")):
        model.set_callbacks(Stops(2, error))
        with pytest.raises(type(error)):
            model.set_params(contamination=0.1).fit(X[:50])
        assert model.offset_ == before["offset_"]
        assert all(model.coefs_[i] is before["coefs_"][i] for i in range(4))


@pytest.mark.parametrize("value", [0.0, 0.51, -0.1, "all", None])
def test_a_contamination_that_is_none(value):
    with pytest.raises(ValueError, match="'contamination' parameter of AutoencoderDetector must"):
        fitted(contamination=value)


def test_an_ensemble_is_refused_by_name():
    with pytest.raises(ValueError, match="ensemble_size=2 is refused: an autoencoder is one"):
        AutoencoderDetector().set_params(ensemble_size=2)


# Whether it finds outliers


def test_it_finds_what_hangs_together_otherwise():
    """Rows far off, and rows with usual values of which only the combination is unusual."""
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(300, 2)) @ draw.normal(size=(2, 8)) + 0.1 * draw.normal(size=(300, 8))
    shuffled = draw.permuted(rows, axis=0)[:100]  # each column by itself
    scaler = StandardScaler().fit(rows)
    model = AutoencoderDetector(random_state=0).fit(scaler.transform(rows))
    both = scaler.transform(np.concatenate([rows, shuffled]))
    is_usual = np.repeat([True, False], [300, 100])
    by_columns = roc_auc_score(is_usual, -np.square(both).sum(axis=1))
    assert roc_auc_score(is_usual, model.score_samples(both)) > by_columns + 0.2
    rows = scaler.transform(rows)
    assert (model.predict(10 * rows[:10]) == -1).mean() > 0.8
    assert (model.predict(rows) == -1).mean() < 0.05


@pytest.mark.slow
def test_it_ranks_tumours_about_as_a_forest_does():
    data, benign = load_breast_cancer(return_X_y=True)
    inside, outside = np.flatnonzero(benign), np.flatnonzero(benign == 0)
    rows = np.concatenate([inside, outside[:20]])
    scaled = StandardScaler().fit_transform(data[rows])
    aucs = [
        roc_auc_score(benign[rows], model.fit(scaled).score_samples(scaled))
        for model in (AutoencoderDetector(random_state=0), IsolationForest(random_state=0))
    ]
    assert aucs[0] > 0.85
    assert aucs[0] > aucs[1] - 0.05


def test_blobs_have_few_outliers_by_default():
    rows, _ = make_blobs(300, n_features=5, random_state=0)
    scaled = StandardScaler().fit_transform(rows)
    model = AutoencoderDetector(random_state=0).fit(scaled)
    assert 0 <= (model.predict(scaled) == -1).mean() < 0.05
