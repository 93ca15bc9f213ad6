"""The networks for tables: tables as they are, folds, budgets, and what all networks do."""

import pickle

import numpy as np
import pytest
from helpers import slow
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import parametrize_with_checks
from threadpoolctl import threadpool_limits

from sklearn_relu import (
    TabularMLPClassifier,
    TabularMLPRegressor,
    TrainingWarning,
    activation_report,
    load,
    lockstep,
    save,
)
from sklearn_relu.embeddings import PBLD
from sklearn_relu.estimators.budget import N_FOLDS, n_cycles, of_data
from sklearn_relu.inspection import verdict
from sklearn_relu.schedules import CosineLog

pd = pytest.importorskip("pandas")

BOTH = [TabularMLPClassifier, TabularMLPRegressor]
SMALL = {"hidden_layer_sizes": (16,), "max_iter": 8, "random_state": 0}
N = 240

# Fits of a few epochs are worse than a constant, and say so.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning")


def table():
    """Numbers with holes, categories, booleans, dates; and numbers that hang on some of them."""
    draw = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "number": draw.normal(size=N),
            "few": draw.choice(["x", "y", "z"], N),
            "two": draw.integers(0, 2, N).astype(bool),
            "date": pd.date_range("2020-01-01", periods=N),
            "many": pd.Series(draw.choice([f"level {i}" for i in range(15)], N), dtype="category"),
        }
    )
    y = X["number"] + (X["few"] == "x") + 0.1 * draw.normal(size=N)
    X.loc[::7, "number"] = np.nan
    X.loc[::11, "few"] = None
    return X, y.to_numpy()


X, numbers = table()
labels = np.where(numbers > 0.3, "high", "low")


def fitted(cls, **params):
    y = labels if cls is TabularMLPClassifier else numbers
    return cls(**SMALL | params).fit(X, y)


EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": "weights count in the loss, not in the encoder"
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks(
    [cls(hidden_layer_sizes=(8,), max_iter=25, ensemble_size=2, dtype="float64") for cls in BOTH],
    expected_failed_checks=lambda estimator: EXPECTED,
)
def test_small_networks_pass_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize("cls", [slow(cls) for cls in BOTH])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_the_defaults_pass_them_too(cls):
    from sklearn.utils.estimator_checks import check_estimator

    check_estimator(cls(), expected_failed_checks=EXPECTED)


@pytest.mark.parametrize("cls", BOTH)
def test_a_table_is_taken_as_it_is(cls):
    model = fitted(cls, max_iter=40, hidden_layer_sizes=(64, 64))
    assert model.score(X, labels if cls is TabularMLPClassifier else numbers) > 0.8
    assert model.n_features_in_ == 5
    assert model.feature_names_in_.tolist() == list(X.columns)
    unseen = X[:4].assign(few="new", many="other", number=np.nan)
    assert len(model.predict(unseen)) == 4
    with pytest.raises(ValueError, match="feature"):
        model.predict(X[["number", "few"]])


def test_probabilities_and_labels_are_those_of_classes():
    model = fitted(TabularMLPClassifier)
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1, rtol=1e-6)
    assert set(model.predict(X)) <= {"high", "low"}


@pytest.mark.parametrize("n_targets", [1, 2])
def test_predictions_stay_in_the_range_of_the_targets_in_float64(n_targets):
    y = np.column_stack([numbers, -10 * numbers])[:, :n_targets].squeeze()
    model = TabularMLPRegressor(**SMALL).fit(X, y)
    far = X.assign(number=1e9)
    predicted = model.predict(far)
    assert predicted.dtype == np.float64
    assert (predicted >= y.min(axis=0)).all()
    assert (predicted <= y.max(axis=0)).all()


@pytest.mark.parametrize("loss", ["absolute_error", "quantile", "poisson", "gaussian_nll"])
def test_other_losses(loss):
    y = np.abs(numbers).round() if loss == "poisson" else numbers
    model = TabularMLPRegressor(**SMALL, loss=loss).fit(X, y)
    assert np.isfinite(model.predict(X)).all()
    if loss == "gaussian_nll":
        _, std = model.predict(X, return_std=True)
        assert (std > 0).all()


def test_several_labels():
    y = np.column_stack([numbers > 0, numbers > 1])
    model = TabularMLPClassifier(**SMALL | {"max_iter": 40}).fit(X, y)
    assert model.predict(X).shape == (N, 2)
    assert (model.predict(X) == y).mean() > 0.8


@pytest.mark.parametrize("n_rows", [1, 2, 3, 5])
@pytest.mark.parametrize("cls", BOTH)
def test_a_few_rows(cls, n_rows):
    y = np.arange(n_rows) if cls is TabularMLPClassifier else numbers[:n_rows]
    model = cls(**SMALL).fit(X[:n_rows], y)
    assert len(model.predict(X)) == N
    assert model.validation_scores_ is None


def test_a_class_with_one_member_and_columns_that_are_constant():
    y = np.concatenate([["only"], labels[1:]])
    model = TabularMLPClassifier(**SMALL).fit(X.assign(same=1.0, alike="a", none=np.nan), y)
    assert set(model.classes_) == {"only", "high", "low"}
    assert model.validation_scores_ is None
    with pytest.raises(ValueError, match=r"validation='folds' needs a row for each of 8 folds"):
        TabularMLPClassifier(**SMALL, validation="folds").fit(X, y)


@pytest.mark.parametrize("cls", BOTH)
def test_a_table_without_a_value(cls):
    y = labels if cls is TabularMLPClassifier else numbers
    empty = pd.DataFrame({"a": [None] * N, "b": [None] * N}, dtype=object)
    with pytest.raises(ValueError, match="No column of X has a value: all 2 are missing"):
        cls(**SMALL).fit(empty, y)


@pytest.mark.parametrize("cls", BOTH)
def test_rows_without_weight_are_none_to_hold_out(cls):
    weight = np.zeros(N)
    weight[:7] = 1
    y = labels if cls is TabularMLPClassifier else numbers
    assert cls(**SMALL).fit(X, y, sample_weight=weight).validation_scores_ is None
    with pytest.raises(ValueError, match=r"validation='folds' needs a row for each of 8 folds"):
        cls(**SMALL, validation="folds").fit(X, y, sample_weight=weight)


@pytest.mark.parametrize("seed", range(5))
def test_folds_are_of_rows_that_count(seed):
    weight = np.zeros(N)
    weight[np.random.RandomState(seed).permutation(N)[:10]] = 1
    model = TabularMLPRegressor(**SMALL).fit(X, numbers, sample_weight=weight)
    assert np.isfinite(model.validation_scores_).all()
    counting = numbers[weight > 0]
    np.testing.assert_array_equal(model.target_range_.ravel(), [counting.min(), counting.max()])


@pytest.mark.parametrize("n_networks", [1, 2, 4, 18])
def test_pairs_hold_out_a_fold_and_what_they_are_together_decides(n_networks):
    seen = []

    def brier(estimator, X, y):
        score = -np.mean((estimator.predict_proba(X)[:, 0] - (y == "high")) ** 2)
        seen.append((score, hash(X.tobytes())))
        return score

    model = fitted(TabularMLPClassifier, ensemble_size=n_networks, early_stopping_metric=brier)
    n_folds = min(max(n_networks // 2, 1), N_FOLDS)
    best = -np.inf
    for epoch in range(1, 9):
        alone, seen = seen[:n_networks], seen[n_networks:]
        folds = list(dict.fromkeys(fold for _, fold in alone))
        assert len(folds) == n_folds
        if epoch in CosineLog(n_cycles=3).cycle_ends(8):
            scores = []
            for fold in folds:
                score = alone[0][0]
                if n_networks > 1:
                    score, rows = seen.pop(0)
                    assert rows == fold
                    assert score >= np.mean([one for one, other in alone if other == fold])
                scores.append(score)
            best = max(best, np.mean(scores))
    assert not seen
    assert model.best_validation_score_ == pytest.approx(best)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_epoch_that_is_kept_is_the_best_one():
    long = fitted(TabularMLPRegressor, ensemble_size=1, max_iter=30, learning_rate="constant")
    best = int(np.argmax(long.validation_scores_)) + 1
    assert 1 < best < 30
    short = fitted(TabularMLPRegressor, ensemble_size=1, max_iter=best, learning_rate="constant")
    for one, other in zip(long.coefs_, short.coefs_, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("metric", ["loss", "score", "brier", "neg_log_loss", "roc_auc"])
def test_any_metric_decides_on_the_epoch(metric):
    model = fitted(TabularMLPClassifier, early_stopping_metric=metric, ensemble_size=2)
    assert np.isfinite(model.best_validation_score_)
    if metric == "loss":
        losses = np.array(model.history_["validation_loss"])
        np.testing.assert_allclose(model.validation_scores_, -losses, rtol=1e-12)


def test_the_brier_score_is_scikit_learns():
    from sklearn.metrics import brier_score_loss

    model = TabularMLPClassifier(**SMALL).fit(X, labels, X_val=X[:50], y_val=labels[:50])
    last = clone(model).set_params(validation=None, max_iter=8).fit(X, labels)
    scores = np.array(model.validation_scores_)[:, -1]
    for i, score in enumerate(scores):
        one = pickle.loads(pickle.dumps(last))
        one.coefs_ = [coef[i] for coef in last.coefs_]
        one.intercepts_ = [bias[i] for bias in last.intercepts_]
        one.activation_parameters_ = [
            {name: array[i] for name, array in layer.items()}
            for layer in last.activation_parameters_
        ]
        expected = brier_score_loss(labels[:50] == "low", one.predict_proba(X[:50])[:, 1])
        assert -score == pytest.approx(expected, rel=1e-5)


def test_held_out_rows_of_ones_own():
    model = TabularMLPRegressor(**SMALL).fit(X[40:], numbers[40:], X_val=X[:40], y_val=numbers[:40])
    assert np.isfinite(model.best_validation_score_)
    assert len(model.validation_scores_) == 8


@pytest.mark.parametrize("cls", BOTH)
def test_a_fit_to_its_end_says_nothing(cls, recwarn):
    fitted(cls, max_iter=30, validation=None)
    assert not [each for each in recwarn if issubclass(each.category, ConvergenceWarning)]


def test_the_budget_goes_by_rows_and_inputs_and_effort():
    small, large = of_data(500, 84, 1.0), of_data(100_000, 84, 1.0)
    assert small.max_iter == 240
    assert small.ensemble_size == N_FOLDS == 8
    assert large.max_iter == 18
    assert large.ensemble_size == 4
    assert of_data(500, 84, 0.25).max_iter == 60
    assert of_data(500, 84, 0.25).ensemble_size == 4
    assert of_data(1_000_000, 84, 1.0).max_iter == 7
    middle = [of_data(5000, n, 1.0).max_iter for n in (1, 84, 424, 10_000)]
    assert middle == [68, 68, 34, 18]
    assert -(-500 // small.batch_size) * small.batch_size - 500 < 8
    quick = TabularMLPClassifier(effort=0.02, random_state=0).fit(X, labels)
    assert quick.n_iter_ <= 8
    assert quick.coefs_[0].shape[0] == 4


@pytest.mark.parametrize(
    ("n_epochs", "cycles"),
    [(1, 1), (2, 1), (3, 2), (6, 2), (7, 3), (8, 3), (30, 4), (31, 5), (400, 5)],
)
def test_each_cycle_has_an_epoch(n_epochs, cycles):
    assert n_cycles(n_epochs) == cycles
    ends = CosineLog(cycles).cycle_ends(n_epochs)
    assert len(ends) == cycles
    assert all(
        abs(end - n_epochs * (2**i - 1) / (2**cycles - 1)) < 0.5 for i, end in enumerate(ends, 1)
    )


def test_cycles_are_as_many_as_the_epochs_that_the_budget_gives():
    by_itself = TabularMLPRegressor(effort=0.033, random_state=0).fit(X, numbers)
    assert by_itself.n_iter_ == 8
    by_hand = TabularMLPRegressor(
        effort=0.033, max_iter=8, learning_rate=CosineLog(n_cycles=3), random_state=0
    ).fit(X, numbers)
    np.testing.assert_array_equal(by_itself.predict(X), by_hand.predict(X))


def test_numbers_take_the_place_of_auto():
    model = fitted(TabularMLPClassifier, ensemble_size=3, batch_size=50)
    assert model.coefs_[0].shape[0] == 3
    assert model.n_iter_ == 8


@pytest.mark.parametrize("n_networks", [1, 2, 5])
def test_results_do_not_depend_on_the_number_of_threads(n_networks):
    wide = np.random.default_rng(0).normal(size=(1000, 6))
    y = wide[:, 0] > 0
    found = []
    for n_threads in (1, 2, 3):
        with threadpool_limits(n_threads, user_api="blas"):
            model = TabularMLPClassifier(
                max_iter=3, ensemble_size=n_networks, dropout=0.1, random_state=0
            )
            found.append(model.fit(wide, y).predict_proba(wide))
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


@pytest.mark.parametrize("cls", BOTH)
def test_a_model_comes_back_from_a_file_and_a_pickle(cls, tmp_path):
    model = fitted(cls)
    save(model, tmp_path / "model.relu")
    for other in (load(tmp_path / "model.relu"), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(other.predict(X), model.predict(X))


def test_a_search_over_parts_is_the_same_in_lockstep():
    grid = {"activation": ["relu", "mish"], "numerical_embedding": ["pbld", None]}
    search = GridSearchCV(TabularMLPClassifier(**SMALL, ensemble_size=2), grid, cv=2)
    alone = clone(search).fit(X, labels).cv_results_["mean_test_score"]
    with lockstep():
        together = search.fit(X, labels).cv_results_["mean_test_score"]
    np.testing.assert_array_equal(alone, together)


def test_names_become_parts_with_parameters():
    model = TabularMLPClassifier().set_params(
        activation__activation="mish", solver__weight_decay=0.5, numerical_embedding__n_outputs=3
    )
    assert (
        model.numerical_embedding == PBLD(n_outputs=3) or model.numerical_embedding.n_outputs == 3
    )
    assert model.solver.beta_2 == 0.95
    assert model.activation.activation == "mish"


def test_many_columns_of_numbers_are_not_embedded():
    wide = np.random.default_rng(0).normal(size=(60, 70))
    model = TabularMLPRegressor(**SMALL).fit(wide, wide[:, 0])
    assert model.coefs_[0].shape[-1] == 70  # the scale
    narrow = TabularMLPRegressor(**SMALL).fit(wide[:, :10], wide[:, 0])
    assert narrow.coefs_[0].shape[-2:] == (10, 16)  # the frequencies


def test_there_is_no_partial_fit_and_no_solver_without_epochs():
    assert not hasattr(TabularMLPClassifier(), "partial_fit")
    with pytest.raises(ValueError, match=r"solver='lbfgs' has no epochs"):
        TabularMLPClassifier(**SMALL, solver="lbfgs").fit(X, labels)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_reports_and_verdicts_look_inside():
    model = fitted(TabularMLPClassifier)
    report = activation_report(model, X)
    assert "hidden" in repr(report) or "network" in repr(report)
    assert "overfitting" not in repr(verdict(model))


@pytest.mark.parametrize("effort", ["slow", 0, -1.0])
def test_an_effort_that_is_none(effort):
    with pytest.raises(ValueError, match="effort"):
        TabularMLPClassifier(**SMALL, effort=effort).fit(X, labels)


def test_a_part_that_changes_later_changes_no_predictions():
    embedding = PBLD()
    model = TabularMLPRegressor(**SMALL, numerical_embedding=embedding).fit(X, numbers)
    before = model.predict(X)
    embedding.n_outputs = 2
    np.testing.assert_array_equal(model.predict(X), before)


@pytest.mark.parametrize("validation", ["folds", None])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_warm_start_goes_on_where_a_fit_was_interrupted(validation):
    params = SMALL | {"max_iter": 20, "warm_start": True, "validation": validation}
    whole = TabularMLPRegressor(**params).fit(X, numbers)
    cut = TabularMLPRegressor(**params, time_limit=1e-9).fit(X, numbers)
    assert cut.n_iter_ == 1
    cut.set_params(time_limit=None).fit(X, numbers)
    assert cut.history_["loss"] == whole.history_["loss"]
    np.testing.assert_array_equal(cut.predict(X), whole.predict(X))
    if validation is None:  # a fit that had come to its end takes as many again
        assert cut.fit(X, numbers).n_iter_ == 20


def test_categories_that_change_under_a_warm_start_are_refused():
    model = fitted(TabularMLPRegressor, warm_start=True)
    model.set_params(categorical_features=["number"])
    with pytest.raises(ValueError, match=r"changed from 'from_dtype' to \['number'\]. Set warm_"):
        model.fit(X, numbers)


@pytest.mark.filterwarnings("default::sklearn_relu.TrainingWarning")
def test_nobody_is_told_to_scale_what_is_scaled():
    with pytest.warns(TrainingWarning, match="worse than a constant") as caught:
        model = fitted(TabularMLPRegressor, max_iter=1)
    assert "StandardScaler" not in str(caught[0].message)
    assert "scaled" not in str(verdict(model))


def test_training_ends_after_a_cycle_that_makes_it_clearly_worse():
    noise = np.random.default_rng(1).normal(size=(N, 8))
    model = TabularMLPRegressor(
        hidden_layer_sizes=(64,), max_iter=100, ensemble_size=1, random_state=0
    ).fit(noise, noise[::-1, 0])
    n_epochs = model.n_iter_
    ends = CosineLog(n_cycles=5).cycle_ends(100)
    assert ends == (3, 10, 23, 48, 100)
    assert n_epochs in ends[2:-1]  # after a cycle that made it clearly worse
    scores = np.array([model.validation_scores_[end - 1] for end in ends if end <= n_epochs])
    assert scores[-1] < scores.max() * 1.05
    assert model.best_validation_score_ == scores.max()


def fitted_by_scores(scores):
    """A network of 31 epochs, in cycles that end with 1, 3, 7, 15 and 31, with these scores; the
    least of them after other epochs."""
    scripted = iter([scores.get(epoch, min(scores.values())) for epoch in range(1, 32)])
    return TabularMLPClassifier(
        **SMALL | {"max_iter": 31, "ensemble_size": 1},
        early_stopping_metric=lambda estimator, X, y: next(scripted),
    ).fit(X, labels)


@pytest.mark.parametrize(
    ("scores", "n_epochs"),
    [
        ({1: -1.0, 3: -0.9, 7: -0.93, 15: -0.94, 31: -0.9}, 31),  # a little worse, twice
        ({1: -1.0, 3: -0.9, 7: -0.95}, 7),
        ({1: -0.9, 3: -2.0, 7: -0.94, 15: -0.96}, 15),  # the second cycle is too short to tell
        ({1: 0.7, 3: 0.8, 7: 0.5, 15: 0.2, 31: 0.1}, 31),  # no loss
        ({1: -1.0, 2: -0.1, 3: -0.9, 5: -9.0, 7: -0.83, 15: -0.83, 31: -0.83}, 31),  # not at ends
    ],
)
def test_a_cycle_that_is_the_last(scores, n_epochs):
    assert fitted_by_scores(scores).n_iter_ == n_epochs


@pytest.mark.parametrize(
    ("scores", "kept"),
    [
        ({1: -1.0, 3: -0.9, 7: -0.91, 15: -0.94, 31: -0.99}, 15),
        ({1: -1.0, 3: -0.9, 7: -0.8, 15: -0.75, 31: -0.7}, 31),
        ({1: -1.0, 3: -0.9, 7: -0.96}, 3),
        ({1: 0.7, 3: 0.81, 7: 0.8, 15: 0.8, 31: 0.8}, 3),  # no loss has no slack
    ],
)
def test_the_last_cycle_that_is_about_as_good_as_the_best_is_kept(scores, kept):
    model = fitted_by_scores(scores)
    assert model.best_validation_score_ == max(scores.values())
    by_far_the_best = fitted_by_scores({kept: -0.1, 32: -9.0})
    np.testing.assert_array_equal(model.predict_proba(X), by_far_the_best.predict_proba(X))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_score_that_is_nan_ends_nothing():
    model = TabularMLPClassifier(
        **SMALL | {"max_iter": 30}, early_stopping_metric=lambda estimator, X, y: np.nan
    ).fit(X, labels)
    assert model.n_iter_ == 30
