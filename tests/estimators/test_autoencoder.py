"""The autoencoder: codes, reconstructions, their scores, and what all networks do."""

import copy
import pickle
import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError, UndefinedMetricWarning
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.parallel import Parallel, delayed

import sklearn_relu
from sklearn_relu import (
    Autoencoder,
    MLPClassifier,
    MLPRegressor,
    activation_report,
    gradient_report,
    load,
    lockstep,
    save,
)
from sklearn_relu.inspection import HiddenLayer, prune, repair_dead_units, verdict
from sklearn_relu.losses import LogLoss, SquaredError
from sklearn_relu.scorers import n_parameters_scorer, reconstruction

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # Fits of a few epochs are worse than a constant, and say so.
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
]

RNG = np.random.RandomState(0)
X = RNG.uniform(size=(90, 3)) @ RNG.uniform(size=(3, 6)) / 3 + RNG.uniform(0, 0.01, (90, 6))
WEIGHT = RNG.uniform(0.5, 2, 90)
SMALL = {"hidden_layer_sizes": (5, 3), "batch_size": 16, "max_iter": 5, "random_state": 0}
CORRUPTIONS = [None, "masking", "gaussian", "salt_and_pepper"]
KINDS = [
    {},
    {"tied_weights": True},
    {"tied_weights": True, "corruption": "masking", "activation": "prelu"},
    {"corruption": "gaussian", "activation": ["elu", "crelu"], "dropout": 0.1},
    {"corruption": "salt_and_pepper", "activity_alpha": 0.01, "penalty": ["l1", "l2"]},
    {"loss": "log_loss", "tied_weights": True, "max_norm": 1.0},
    {"loss": "gaussian_nll", "activation": "maxout"},
    {"solver": "lbfgs", "tied_weights": True},
]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=str)


def fitted(**params):
    return Autoencoder(**SMALL | params).fit(X)


def assert_same_arrays(one, other):
    for name in ("coefs_", "intercepts_"):
        for ours, theirs in zip(getattr(one, name), getattr(other, name), strict=True):
            np.testing.assert_array_equal(ours, theirs)


# scikit-learn's contract

DRAWS = dict.fromkeys(
    (f"check_sample_weight_equivalence_on_{kind}_data" for kind in ("dense", "sparse")),
    "draws by row",
)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks(
    [
        Autoencoder(max_iter=40),
        Autoencoder((8, 4), tied_weights=True, corruption="masking", max_iter=10),
        Autoencoder((5,), "tanh", solver="lbfgs", max_iter=30),
    ],
    expected_failed_checks=lambda estimator: DRAWS if estimator.corruption else {},
)
def test_autoencoders_pass_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_the_output_is_a_frame_with_names_of_units():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abcdef"), index=np.arange(90) + 7)
    model = Autoencoder(**SMALL).set_output(transform="pandas").fit(frame)
    code = model.transform(frame)
    names = ["autoencoder0", "autoencoder1", "autoencoder2"]
    assert list(code.columns) == names == list(model.get_feature_names_out())
    assert code.index.equals(frame.index)
    np.testing.assert_array_equal(code, fitted().transform(X))
    np.testing.assert_array_equal(model.inverse_transform(code), model.reconstruct(frame))
    wide = fitted(activation=["relu", "crelu"])
    assert wide.transform(X).shape == (90, 6) == (90, len(wide.get_feature_names_out()))


def test_an_unfitted_one_says_so():
    model = Autoencoder()
    for method in ("transform", "inverse_transform", "reconstruct", "score", "score_samples"):
        with pytest.raises(NotFittedError):
            getattr(model, method)(X)
    with pytest.raises(NotFittedError):
        model.get_feature_names_out()


# Codes and reconstructions


@every_kind
def test_a_reconstruction_is_the_decoded_code(kind):
    model = fitted(**kind)
    code = model.transform(X)
    assert code.shape == (90, len(model.get_feature_names_out()))
    decoded = model.inverse_transform(code)
    assert decoded.shape == X.shape
    np.testing.assert_allclose(decoded, model.reconstruct(X), rtol=1e-12)
    np.testing.assert_allclose(model.inverse_transform(sp.csr_array(code)), decoded, rtol=1e-12)


@pytest.mark.parametrize("tied", [False, True])
def test_arrays_are_those_of_the_formulas(tied):
    model = fitted(tied_weights=tied)
    weights = model.coefs_ if not tied else [*model.coefs_, *(c.T for c in model.coefs_[::-1])]
    assert [w.shape for w in weights] == [(6, 5), (5, 3), (3, 5), (5, 6)]
    assert len(model.coefs_) == (2 if tied else 4)
    a = X
    for i, (weight, bias) in enumerate(zip(weights, model.intercepts_, strict=True)):
        a = a @ weight + bias
        a = np.maximum(a, 0) if i < 3 else a
        if i == 1:
            np.testing.assert_allclose(model.transform(X), a, rtol=1e-12)
    np.testing.assert_allclose(model.reconstruct(X), a, rtol=1e-12)
    assert n_parameters_scorer(model) == sum(
        array.size for array in [*model.coefs_, *model.intercepts_]
    )


def test_an_untied_fit_is_that_of_a_regressor_to_its_inputs():
    ours = fitted()
    theirs = MLPRegressor(**SMALL | {"hidden_layer_sizes": (5, 3, 5)}).fit(X, X)
    assert_same_arrays(ours, theirs)


def test_sequences_are_mirrored():
    model = fitted(activation=["tanh", "relu"], dropout=[0.2, 0.0], penalty=["l1", None], alpha=2.0)
    stages = _stages(model)
    assert [repr(stage.layer.activation) for stage in stages] == [
        "Tanh()", "ReLU()", "Tanh()", "Identity()"
    ]  # fmt: skip
    assert [repr(stage.penalty) for stage in stages] == ["L1()", "None", "None", "L1()"]
    assert [stage.dropout for stage in stages] == [0.2, 0.0, 0.2, 0.0]
    assert [(coef == 0).any() for coef in model.coefs_] == [True, False, False, True]


def _stages(model):
    from sklearn_relu.estimators.parts import resolve_parts

    parts = resolve_parts(model)
    return model._stages(model.n_features_in_, parts, model.n_features_in_)


@pytest.mark.parametrize("size", [3, np.int64(3), [3], np.array([3]), (3,)])
def test_sizes_of_layers(size):
    model = Autoencoder(size, max_iter=2, random_state=0).fit(X)
    assert model.transform(X).shape == (90, 3)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("n_columns", [1, 2])
def test_few_rows_and_columns(tied, n_columns):
    rows = X[:2, :n_columns]
    model = Autoencoder((2,), tied_weights=tied, max_iter=3, random_state=0).fit(rows)
    assert model.reconstruct(rows[:1]).shape == (1, n_columns)
    assert model.transform(rows[:1]).shape == (1, 2)
    assert model.reconstruction_error(rows[:1], per_feature=True).shape == (1, n_columns)
    model.partial_fit(rows[:1])


def test_an_activity_penalty_is_on_the_code_alone():
    sparse, plain = fitted(activity_alpha=0.1, max_iter=60), fitted(max_iter=60)
    assert np.abs(sparse.transform(X)).sum() < 0.5 * np.abs(plain.transform(X)).sum()
    penalties = [stage.activity_penalty for stage in _stages(sparse)]
    assert [repr(each) for each in penalties] == ["None", "ActivityL1()", "None", "None"]
    assert all(stage.activity_penalty is None for stage in _stages(plain))
    kl = fitted(activation=["relu", "logistic"], activity_penalty="kl", activity_alpha=0.1)
    assert kl.transform(X).min() > 0


def test_the_loss_that_is_shown_is_the_one_that_is_minimized():
    model = fitted(solver="lbfgs", alpha=0.5, activity_alpha=0.1, max_iter=50)
    errors = ((X - model.reconstruct(X)) ** 2).sum(axis=1)
    weights = sum((coef**2).sum() for coef in model.coefs_)
    expected = 0.5 * errors.mean() + 0.1 * model.transform(X).sum() / 90 + 0.5 * weights / 2 / 90
    assert model.loss_ == pytest.approx(expected)


def test_a_large_penalty_does_not_end_training_while_the_error_falls():
    model = Autoencoder((16,), activity_alpha=0.01, max_iter=300, random_state=0)
    assert model.fit(X * 10).score(X * 10) > 0.9


# Scores


@every_kind
def test_scores_and_errors_are_those_of_reconstructions(kind):
    model = fitted(**kind)
    given = model.reconstruct(X)
    error = model.reconstruction_error(X)
    np.testing.assert_allclose(error, ((X - given) ** 2).mean(axis=1), rtol=1e-9)
    by_feature = model.reconstruction_error(X, per_feature=True)
    np.testing.assert_allclose(by_feature, (X - given) ** 2, rtol=1e-9)
    options = {"multioutput": "variance_weighted"}
    assert model.score(X) == pytest.approx(r2_score(X, given, **options))
    weighted = r2_score(X, given, sample_weight=WEIGHT, **options)
    assert model.score(X, sample_weight=WEIGHT) == pytest.approx(weighted)
    assert reconstruction(model, X) == pytest.approx(model.score(X))
    assert model.score(sp.csr_array(X)) == pytest.approx(model.score(X))


def test_scores_of_samples_are_minus_their_losses():
    model = fitted()
    error = model.reconstruction_error(X)
    np.testing.assert_allclose(model.score_samples(X), -0.5 * 6 * error, rtol=1e-9)
    model = fitted(loss="log_loss")
    p = model.reconstruct(X)
    expected = (X * np.log(p) + (1 - X) * np.log(1 - p)).sum(axis=1)
    np.testing.assert_allclose(model.score_samples(X), expected, rtol=1e-9)
    held_out = Autoencoder(**SMALL, alpha=0.0).fit(X, X_val=X[:30])
    scores = held_out.score_samples(X[:30])
    assert held_out.history_["validation_loss"][-1] == pytest.approx(-scores.mean())


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_errors_have_the_names_of_a_frame(library):
    frames = pytest.importorskip(library)
    frame = frames.DataFrame({name: X[:, i] for i, name in enumerate("abcdef")})
    model = Autoencoder(**SMALL).fit(frame)
    errors = model.reconstruction_error(frame, per_feature=True)
    assert type(errors) is type(frame)
    assert list(errors.columns) == list("abcdef")
    np.testing.assert_array_equal(
        errors.to_numpy(), fitted().reconstruction_error(X, per_feature=True)
    )
    assert type(model.reconstruction_error(frame)) is np.ndarray


def test_rows_that_do_not_vary_have_no_share_of_variance():
    with pytest.warns(UndefinedMetricWarning, match="All rows are equal"):
        assert np.isnan(fitted().score(X[:1]))
    assert np.isnan(reconstruction(fitted(), np.repeat(X[:1], 3, axis=0)))


def test_the_mean_may_be_far_from_0():
    far = X + 1e6
    model = PCA(2).fit(far)
    expected = r2_score(
        far, model.inverse_transform(model.transform(far)), multioutput="variance_weighted"
    )
    assert reconstruction(model, far) == pytest.approx(expected, rel=1e-6)


def test_a_search_compares_it_with_pca():
    pipeline = make_pipeline(StandardScaler(), PCA(2))
    network = Autoencoder((3,), "identity", max_iter=30, learning_rate_init=0.01, random_state=0)
    search = GridSearchCV(
        pipeline, {"pca": [PCA(1), PCA(3), network]}, scoring=reconstruction, cv=3
    ).fit(X)
    scores = search.cv_results_["mean_test_score"]
    assert scores[1] > scores[0]
    assert 0.5 < scores[2] <= scores[1] + 1e-9
    with pytest.raises(TypeError, match=r"has no inverse_transform\. Use PCA"):
        reconstruction(MLPClassifierWithTransform(), X)


class MLPClassifierWithTransform(MLPClassifier):
    """Has one of the two methods."""

    def transform(self, X):
        """Do nothing."""
        return X


# Corruption


@pytest.mark.parametrize("corruption", CORRUPTIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_corruption_changes_what_is_learned_and_no_start(corruption, dtype):
    params = SMALL | {"corruption": corruption, "corruption_level": 0.2}
    one, two = (Autoencoder(**params).fit(X.astype(dtype)) for _ in range(2))
    assert_same_arrays(one, two)
    assert one.coefs_[0].dtype == dtype
    plain = Autoencoder(**SMALL).fit(X.astype(dtype))
    assert (corruption is None) == (one.coefs_[0] == plain.coefs_[0]).all()
    none = Autoencoder(**params | {"corruption_level": 0}).fit(X.astype(dtype))
    assert_same_arrays(none, plain)
    assert hasattr(one, "feature_range_") == (corruption == "salt_and_pepper")


def test_predictions_draw_nothing():
    model = fitted(corruption="gaussian")
    np.testing.assert_array_equal(model.transform(X), model.transform(X))


def test_the_range_is_of_all_rows_that_count():
    weight = (np.arange(90) < 45).astype(float)
    model = Autoencoder(**SMALL, corruption="salt_and_pepper")
    model.fit(X, sample_weight=weight)
    expected = [X[:45].min(axis=0), X[:45].max(axis=0)]
    np.testing.assert_array_equal(model.feature_range_, expected)
    stream = clone(model).partial_fit(X[:20])
    stream.partial_fit(X[20:45])
    np.testing.assert_array_equal(stream.feature_range_, expected)
    assert not hasattr(stream.set_params(corruption=None).fit(X), "feature_range_")


def test_denoising_beats_the_noise():
    draw = np.random.default_rng(0)
    noisy = X + draw.normal(0, 0.1, X.shape)
    model = Autoencoder(
        (16,), corruption="gaussian", corruption_level=0.1, learning_rate_init=0.01, random_state=0
    ).fit(X)
    assert ((model.reconstruct(noisy) - X) ** 2).mean() < 0.7 * ((noisy - X) ** 2).mean()


# Data


@every_kind
def test_sparse_rows_are_the_same(kind):
    if kind.get("corruption") in ("gaussian", "salt_and_pepper"):
        with pytest.raises(ValueError, match="corruption='masking'"):
            Autoencoder(**SMALL | kind).fit(sp.csr_array(X))
        return
    holes = np.where(X > 0.3, X, 0)
    dense = Autoencoder(**SMALL | kind).fit(holes)
    sparse = Autoencoder(**SMALL | kind).fit(sp.csr_array(holes))
    if kind.get("corruption"):  # draws for stored values only
        assert sparse.coefs_[0].shape == dense.coefs_[0].shape
        return
    for one, other in zip(dense.coefs_, sparse.coefs_, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-10)
    rows = sp.csr_array(holes)
    for method in ("transform", "reconstruct", "reconstruction_error", "score_samples"):
        found = getattr(sparse, method)(rows)
        np.testing.assert_allclose(found, getattr(sparse, method)(holes), rtol=1e-9)


@pytest.mark.parametrize("layout", [np.asarray, sp.csr_array, np.asfortranarray])
def test_a_row_of_weight_0_is_not_there(layout):
    weight = np.append(np.ones(80), np.zeros(10))
    rows = X.copy()
    rows[80:] = 1e30  # outside of the domain of the loss, and would overflow
    params = SMALL | {"batch_size": 90, "shuffle": False, "loss": "log_loss"}
    with_them = Autoencoder(**params, tied_weights=True).fit(layout(rows), sample_weight=weight)
    without = Autoencoder(**params | {"batch_size": 80}, tied_weights=True).fit(layout(X[:80]))
    for one, other in zip(with_them.coefs_, without.coefs_, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)
    early = Autoencoder(**params | {"batch_size": 9}, early_stopping=True).fit(
        layout(rows), sample_weight=weight
    )
    assert np.isfinite(early.validation_scores_).all()


def test_x_is_read_only_and_not_changed():
    rows = X.copy()
    rows.flags.writeable = False
    model = Autoencoder(**SMALL, corruption="masking").fit(rows)
    model.partial_fit(rows)
    np.testing.assert_array_equal(rows, X)


class KeepsData:
    """Notes what the jobs of a fit hold."""

    def __init__(self, monkeypatch):
        from sklearn_relu.estimators import base

        train = base.train_fit
        self.jobs = []

        def noting(jobs):
            self.jobs += jobs
            train(jobs)

        monkeypatch.setattr(base, "train_fit", noting)


@pytest.mark.parametrize("layout", [np.asarray, sp.csr_array])
@pytest.mark.parametrize("loss", ["squared_error", "log_loss"])
def test_x_is_not_copied_as_targets(layout, loss, monkeypatch):
    noted, rows = KeepsData(monkeypatch), layout(X)
    Autoencoder(**SMALL, loss=loss).fit(rows)
    (job,) = noted.jobs
    assert job.reconstructs
    assert job.X is job.y
    if layout is np.asarray:
        assert job.X is rows


@pytest.mark.parametrize("layout", [np.asarray, sp.csr_array])
@pytest.mark.parametrize("params", [{}, {"corruption": "masking"}, {"tied_weights": True}], ids=str)
def test_a_fit_holds_no_more_than_batches_beside_x(layout, params):
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(30_000, 100)).astype(np.float32)
    if layout is sp.csr_array:
        rows[draw.random(rows.shape) < 0.9] = 0
    rows = layout(rows)
    model = Autoencoder((4,), max_iter=1, batch_size=100, random_state=0, **params)
    model.fit(rows[:200])  # whatever is made once
    with sklearn.config_context(working_memory=1):
        tracemalloc.start()
        model.fit(rows)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        model.score(rows)
        scored = tracemalloc.get_traced_memory()[1] - before
        tracemalloc.stop()
    assert peak < 0.5 * 30_000 * 100 * 4  # 12 MB dense; the diagnosis looks at 2,000 rows
    assert scored < 0.5 * 30_000 * 100 * 4


# Training


@every_kind
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_lockstep_gives_the_same_bits(kind, dtype):
    model = Autoencoder(**SMALL | kind, dtype=dtype)
    grid = {"alpha": [0.0, 0.1], "random_state": [0, 1]}
    alone = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X)
    with lockstep() as stacks:
        together = GridSearchCV(model, grid, cv=2, error_score="raise", n_jobs=2).fit(X)
    np.testing.assert_array_equal(
        alone.cv_results_["mean_test_score"], together.cv_results_["mean_test_score"]
    )
    assert_same_arrays(alone.best_estimator_, together.best_estimator_)
    if kind.get("solver") != "lbfgs" and kind.get("corruption") != "salt_and_pepper":
        assert max(stacks.sizes) > 1


def test_inputs_and_targets_train_apart_in_lockstep():
    """A regressor's targets are other memory, also where all else is equal."""
    params = SMALL | {"loss": "absolute_error"}
    encoders = [Autoencoder(**params), Autoencoder(**params, learning_rate_init=0.01)]
    regressor = MLPRegressor(**params | {"hidden_layer_sizes": (5, 3, 5)})

    def fit_all():
        tasks = [delayed(clone(model).fit)(X) for model in encoders]
        return Parallel()([*tasks, delayed(clone(regressor).fit)(X, X)])

    alone = fit_all()
    with lockstep() as stacks:
        together = fit_all()
    assert sorted(stacks.sizes) == [1, 2]
    for one, other in zip(alone, together, strict=True):
        assert_same_arrays(one, other)
    assert_same_arrays(alone[0], alone[2])


@every_kind
def test_a_warm_start_goes_on(kind):
    if kind.get("solver") == "lbfgs":
        pytest.skip("has no epochs")
    whole = Autoencoder(**SMALL | kind | {"max_iter": 6}).fit(X)
    parts = Autoencoder(**SMALL | kind | {"max_iter": 2}, warm_start=True)
    for _ in range(3):
        parts.fit(X)
    assert_same_arrays(whole, parts)
    stream = Autoencoder(**SMALL | kind)
    for _ in range(6):
        stream.partial_fit(X)
    assert_same_arrays(whole, stream)


def test_a_warm_start_does_not_go_on_untied():
    model = fitted(tied_weights=True, warm_start=True)
    with pytest.raises(ValueError, match="its shape has changed"):
        model.set_params(tied_weights=False).fit(X)
    with pytest.raises(ValueError, match="its shape has changed"):
        fitted(warm_start=True).set_params(tied_weights=True).fit(X)
    model.set_params(tied_weights=False, warm_start=False)
    assert len(model.transform(X)) == 90  # a parameter that is set later changes no prediction
    assert len(model.fit(X).coefs_) == 4


def minus_error(estimator, X, y):
    return -estimator.reconstruction_error(X).mean()


@pytest.mark.parametrize("metric", ["score", "loss", minus_error])
def test_held_out_rows_decide_on_stopping(metric):
    params = SMALL | {"max_iter": 30, "early_stopping": True, "early_stopping_metric": metric}
    model = Autoencoder(**params).fit(X)
    assert model.best_validation_score_ == max(model.validation_scores_)
    given = Autoencoder(**params).fit(X[:60], X_val=X[60:], sample_weight_val=WEIGHT[60:])
    if metric == "score":
        best = given.score(X[60:], sample_weight=WEIGHT[60:])
        assert given.best_validation_score_ == pytest.approx(best)
    sparse = Autoencoder(**params).fit(sp.csr_array(X[:60]), X_val=sp.csr_array(X[60:]))
    assert np.isfinite(sparse.best_validation_score_)


@every_kind
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_models_come_back_from_files_and_go_on(kind, dtype, tmp_path):
    rows = X.astype(dtype)
    model = Autoencoder(**SMALL | kind, warm_start=True).fit(rows)
    save(model, tmp_path / "model.relu")
    for found in (load(tmp_path / "model.relu"), pickle.loads(pickle.dumps(model))):
        assert_same_arrays(found, model)
        np.testing.assert_array_equal(found.transform(rows), model.transform(rows))
        np.testing.assert_array_equal(found.reconstruct(rows), model.reconstruct(rows))
        assert str(verdict(found)) == str(verdict(model))
        assert_same_arrays(found.fit(rows), copy.deepcopy(model).fit(rows))


@pytest.mark.parametrize("kind", KINDS[:6], ids=str)
def test_a_fit_that_fails_leaves_all_as_it_was(kind):
    model = fitted(**kind)
    before = pickle.dumps(model)
    with pytest.raises(ValueError, match="X is constant"):
        model.fit(np.ones((5, 6)))
    assert pickle.dumps(model) == before


def test_arrays_may_be_assigned():
    model = fitted(tied_weights=True)
    model.coefs_ = [2 * coef for coef in model.coefs_]
    a = X
    for weight, bias in zip(model.coefs_, model.intercepts_, strict=False):
        a = np.maximum(a @ weight + bias, 0)
    np.testing.assert_allclose(model.transform(X), a)
    model.coefs_ = model.coefs_[:1]
    with pytest.raises(ValueError, match="coefs_ must have 2 entries"):
        model.transform(X)


NUMBERS = {
    "corruption_level": (0.3, {"corruption": "masking"}),
    "activity_alpha": (0.3, {}),
    "tied_weights": (True, {}),
    "alpha": (0.3, {}),
    "learning_rate_init": (0.013, {}),
    "max_norm": (0.7, {}),
    "dropout": (0.3, {}),
}


@pytest.mark.parametrize("corruption", ["masking", "gaussian", "salt_and_pepper"])
@pytest.mark.parametrize("name", NUMBERS)
def test_numpy_scalars_are_numbers(name, corruption):
    value, around = NUMBERS[name]
    around = around and {"corruption": corruption}
    rows = X.astype(np.float32)
    for kind in (np.bool_,) if value is True else (np.float64, np.float32, np.float16):
        given = kind(value)
        one = Autoencoder(**SMALL, **around, **{name: given}).fit(rows)
        other = Autoencoder(**SMALL, **around, **{name: type(value)(given)}).fit(rows)
        assert getattr(one, name) is given
        assert one.coefs_[0].dtype == one.transform(rows).dtype == np.float32
        assert_same_arrays(one, other)


# Inspection


@every_kind
def test_reports_see_all_layers(kind):
    model = fitted(**kind)
    report = activation_report(model, X)
    np.testing.assert_allclose(
        (model.transform(X) == 0).mean(), report.layer_sparsity[1], atol=1e-12
    )
    assert len(report.layer_sparsity) == 3
    assert len(gradient_report(model, X, None, initial=True).weight_norms) == 4
    dense, sparse = (gradient_report(model, rows, None) for rows in (X, sp.csr_array(X)))
    np.testing.assert_allclose(dense.weight_norms, sparse.weight_norms, rtol=1e-9)
    code = HiddenLayer(model, layer=1).fit_transform(X)
    np.testing.assert_allclose(code, model.transform(X), rtol=1e-12)


def test_what_changes_units_one_by_one_is_refused():
    with pytest.raises(ValueError, match="decoder mirrors its encoder"):
        prune(fitted(), X)
    for change in (prune, repair_dead_units):
        with pytest.raises(ValueError, match="tied weights are one array"):
            change(fitted(tied_weights=True), X)
    model = fitted()
    model.intercepts_[0][:2] = -100.0
    before = model.reconstruct(X)
    assert repair_dead_units(model, X, random_state=0).n_repaired[0] >= 2
    np.testing.assert_array_equal(model.reconstruct(X), before)


# Mistakes

MISTAKES = {
    "width of a code": (
        lambda: fitted().inverse_transform(X),
        "inverse_transform takes codes of 3 columns.*X has 6. Pass what transform gave",
    ),
    "negative under log_loss": (
        lambda: fitted(loss="log_loss").fit(-X),
        r"loss=LogLoss\(\) needs an X with values in \[0, 1\]; the smallest is -.*MinMaxScaler",
    ),
    "large under log_loss": (
        lambda: fitted(loss="log_loss").fit(3 * X),
        r"needs an X with values in \[0, 1\]; the largest is .*MinMaxScaler",
    ),
    "large and sparse under log_loss": (
        lambda: fitted(loss="log_loss").fit(sp.csr_array(3 + X)),
        r"needs an X with values in \[0, 1\]; the largest is .*MinMaxScaler",
    ),
    "held-out rows under log_loss": (
        lambda: Autoencoder(**SMALL, loss="log_loss").fit(X, X_val=-X),
        r"In X_val or sample_weight_val: loss=LogLoss\(\) needs an X",
    ),
    "a loss that fills zeros": (
        lambda: Autoencoder(**SMALL, loss=LogLoss(0.1)).fit(sp.csr_array(X)),
        "changes its targets, which would fill every value of a sparse X.*X.toarray",
    ),
    "a loss for classes": (
        lambda: Autoencoder(**SMALL, loss="hinge").fit(X),
        "loss='hinge' is not for Autoencoder; use one of",
    ),
    "tied maxout": (
        lambda: Autoencoder(**SMALL, activation="maxout", tied_weights=True).fit(X),
        r"tied_weights=True needs activations that give as many values as they sum; Maxout\(\)",
    ),
    "tied crelu": (
        lambda: Autoencoder(**SMALL, activation=["relu", "crelu"], tied_weights=True).fit(X),
        "tied_weights=True needs activations.*Use tied_weights=False, or another activation",
    ),
    "tied variances": (
        lambda: Autoencoder(**SMALL, loss="gaussian_nll", tied_weights=True).fit(X),
        "tied_weights=True needs a loss with one raw output.*has 2. Use tied_weights=False",
    ),
    "constant": (lambda: fitted().fit(np.ones((5, 6))), "X is constant: all rows are equal"),
    "one row": (lambda: fitted().fit(X[:1]), r"X is constant.*n_samples=1"),
    "constant and sparse": (
        lambda: fitted().fit(sp.csr_array(np.ones((5, 6)))),
        "X is constant: all rows are equal",
    ),
    "constant where it counts": (
        lambda: fitted().fit(X, sample_weight=np.eye(90)[3]),
        "X is constant: all rows are equal",
    ),
    "a whole share": (
        lambda: fitted(corruption="masking", corruption_level=1.0),
        "corruption_level=1.0 must be below 1.*corruption='gaussian'",
    ),
    "an unknown corruption": (
        lambda: fitted(corruption="dropout"),
        "'corruption' parameter of Autoencoder must be",
    ),
    "corruption and lbfgs": (
        lambda: fitted(corruption="masking", solver="lbfgs"),
        "solver='lbfgs' minimizes one smooth function.*cannot take corruption='masking'",
    ),
    "noise and zeros": (
        lambda: Autoencoder(**SMALL, corruption="gaussian").fit(sp.csr_array(X)),
        "corruption='gaussian' would fill every value of a sparse X. Use corruption='masking'",
    ),
    "no code": (lambda: fitted(hidden_layer_sizes=()), "must have a layer for the code"),
    "penalties of all layers": (
        lambda: fitted(penalty=["l1"] * 3),
        "penalty must be one for all layers of the encoder or a sequence.*3 of them for 2",
    ),
    "activity penalties": (
        lambda: fitted(activity_penalty=["l1", "l1"]),
        "activity_penalty is for the code alone",
    ),
    "an ensemble": (
        lambda: Autoencoder().set_params(ensemble_size=2),
        "ensemble_size=2 is refused: an autoencoder is one network",
    ),
    "weights of no rows": (
        lambda: Autoencoder(**SMALL).fit(X, sample_weight_val=WEIGHT),
        "sample_weight_val belongs to X_val",
    ),
    "a stream that stops early": (
        lambda: Autoencoder(early_stopping=True).partial_fit(X),
        "partial_fit does not support early_stopping=True",
    ),
    "columns of another fit": (lambda: fitted().transform(X[:, :2]), "expecting 6 features"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_an_error_says_what_to_do(name):
    call, message = MISTAKES[name]
    with pytest.raises(ValueError, match=f"(?s){message}"):
        call()


def test_an_ensemble_is_refused_by_name():
    with pytest.raises(TypeError, match="ensemble_size"):
        Autoencoder(ensemble_size=2)
    model = Autoencoder(**SMALL)
    model.ensemble_size = 2
    with pytest.raises(ValueError, match="ensemble_size=2 is refused"):
        model.fit(X)


@pytest.mark.filterwarnings("default::sklearn_relu.TrainingWarning")
def test_a_useless_fit_says_so():
    with pytest.warns(sklearn_relu.TrainingWarning, match="worse than a constant.*best constant"):
        Autoencoder((1,), max_iter=1, random_state=0).fit(X + 3)


def test_losses_are_parts_too():
    named, part = fitted(loss="squared_error"), fitted(loss=SquaredError())
    assert_same_arrays(named, part)
    scaled = make_pipeline(MinMaxScaler(clip=True), Autoencoder(**SMALL, loss="log_loss"))
    assert scaled.fit(3 * X - 1).inverse_transform(scaled.transform(X)).shape == X.shape
