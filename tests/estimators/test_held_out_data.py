"""X_val and y_val, the metric of early stopping, the history, and the time limit."""

import copy
import time

import numpy as np
import pytest
import sklearn
from sklearn.datasets import make_classification, make_regression
from sklearn.metrics import balanced_accuracy_score, log_loss, roc_auc_score
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_relu import MLPClassifier, MLPRegressor
from sklearn_relu.optimizers import OPTIMIZERS

X, y = make_classification(240, 8, n_informative=4, flip_y=0.2, random_state=0)
LABELS = np.array(["no", "yes"])[y]
X, X_VAL, LABELS, LABELS_VAL = train_test_split(X, LABELS, test_size=60, random_state=0)
SMALL = {"hidden_layer_sizes": (12,), "random_state": 0, "max_iter": 8}
KEYS = {"loss", "validation_loss", "validation_score", "learning_rate", "seconds"}
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # Fits of a few epochs are worse than a constant, and say so.
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]


@pytest.mark.parametrize("solver", OPTIMIZERS)
def test_every_solver_keeps_a_history(solver):
    model = MLPClassifier(**SMALL, solver=solver).fit(X, LABELS, X_val=X_VAL, y_val=LABELS_VAL)
    assert model.history_.keys() == KEYS
    assert {len(values) for values in model.history_.values()} == {model.n_iter_}
    assert all(seconds > 0 for seconds in model.history_["seconds"])
    assert model.history_["validation_score"][-1] == model.score(X_VAL, LABELS_VAL)
    np.testing.assert_allclose(
        model.history_["validation_loss"][-1], log_loss(LABELS_VAL, model.predict_proba(X_VAL))
    )
    np.testing.assert_allclose(model.history_["loss"][-1], model.loss_)
    rates = model.history_["learning_rate"]
    assert np.isnan(rates).all() if solver == "lbfgs" else rates == [0.001] * model.n_iter_


def test_history_without_held_out_data_holds_nan_and_the_rates_of_the_schedule():
    model = MLPClassifier(**SMALL, learning_rate="invscaling").fit(X, LABELS)
    assert np.isnan(model.history_["validation_loss"]).all()
    assert np.isnan(model.history_["validation_score"]).all()
    expected = [0.001 / (180 * epoch + 1) ** 0.5 for epoch in range(8)]
    np.testing.assert_allclose(model.history_["learning_rate"], expected)
    assert model.history_["loss"] == model.loss_curve_


def test_history_of_an_ensemble_has_one_list_a_network_and_goes_on():
    model = MLPClassifier(**SMALL, ensemble_size=3, warm_start=True)
    model.fit(X, LABELS)
    first = copy.deepcopy(model.history_)  # its lists grow, as scikit-learn's curves do
    model.fit(X, LABELS)
    for name, values in model.history_.items():
        assert [len(each) for each in values] == [16] * 3
        np.testing.assert_array_equal([each[:8] for each in values], first[name])


def test_held_out_data_do_not_change_training_unless_it_stops_early():
    plain = MLPClassifier(**SMALL).fit(X, LABELS)
    watched = MLPClassifier(**SMALL).fit(X, LABELS, None, X_VAL, LABELS_VAL)
    assert np.array_equal(plain.coefs_[0], watched.coefs_[0])
    assert plain.loss_curve_ == watched.loss_curve_
    assert watched.validation_scores_ is None


@pytest.mark.parametrize("metric", ["score", "loss", "roc_auc", "neg_log_loss"])
def test_early_stopping_on_given_data_keeps_the_best_epoch_by_any_metric(metric):
    params = {**SMALL, "max_iter": 300, "early_stopping": True, "n_iter_no_change": 5}
    model = MLPClassifier(**params, early_stopping_metric=metric, learning_rate_init=0.02)
    model.fit(X, LABELS, X_val=X_VAL, y_val=LABELS_VAL)
    assert model.n_iter_ < 300
    scores = model.history_["validation_score"]
    assert model.validation_scores_ == scores
    assert model.best_validation_score_ == max(scores)
    assert scores.index(max(scores)) < len(scores) - 1
    proba = model.predict_proba(X_VAL)
    reached = {
        "score": model.score(X_VAL, LABELS_VAL),
        "loss": -log_loss(LABELS_VAL, proba),
        "roc_auc": roc_auc_score(LABELS_VAL, proba[:, 1]),
        "neg_log_loss": -log_loss(LABELS_VAL, proba),
    }[metric]
    np.testing.assert_allclose(reached, max(scores))
    if metric == "loss":
        np.testing.assert_allclose(scores, -np.array(model.history_["validation_loss"]))


def test_all_rows_are_trained_on_when_held_out_data_are_given():
    split, given = (MLPClassifier(**SMALL, early_stopping=True, batch_size=200) for _ in range(2))
    with pytest.warns(UserWarning, match="clipped"):
        split.fit(X, LABELS)
    with pytest.warns(UserWarning, match="clipped"):
        given.fit(X, LABELS, X_val=X_VAL, y_val=LABELS_VAL)
    assert split.t_ == 8 * 162
    assert given.t_ == 8 * 180


def test_a_metric_may_be_a_callable_and_sees_labels_and_features():
    seen = []

    def metric(estimator, data, labels):
        seen.append((type(estimator), data.shape, sorted(set(labels))))
        return balanced_accuracy_score(labels, estimator.predict(data))

    model = MLPClassifier(**SMALL, early_stopping=True, early_stopping_metric=metric)
    model.fit(X, LABELS)
    assert seen == [(MLPClassifier, (18, 8), ["no", "yes"])] * model.n_iter_


def test_metrics_take_sample_weights_of_held_out_data():
    weight = np.r_[np.ones(30), np.zeros(30)]
    by_weight, by_rows = (
        MLPClassifier(**SMALL, early_stopping=True, early_stopping_metric="roc_auc").fit(
            X, LABELS, X_val=data, y_val=labels, sample_weight_val=weights
        )
        for data, labels, weights in (
            (X_VAL, LABELS_VAL, weight),
            (X_VAL[:30], LABELS_VAL[:30], None),
        )
    )
    for name in ("validation_loss", "validation_score"):
        np.testing.assert_allclose(by_weight.history_[name], by_rows.history_[name])


@pytest.mark.parametrize("metric", ["score", "loss", "neg_mean_absolute_error"])
def test_a_regressor_is_scored_in_the_units_of_its_target(metric):
    data, target = make_regression(200, 5, noise=5, random_state=0)
    target = 1e6 + 1e4 * target
    model = MLPRegressor(**{**SMALL, "max_iter": 40}, early_stopping=True, standardize_y=True)
    model.set_params(early_stopping_metric=metric, learning_rate_init=0.02)
    model.fit(data[:150], target[:150], X_val=data[150:], y_val=target[150:])
    residuals = target[150:] - model.predict(data[150:])
    expected = {
        "score": model.score(data[150:], target[150:]),
        "loss": -0.5 * np.mean((residuals / model.target_scale_) ** 2),
        "neg_mean_absolute_error": -abs(residuals).mean(),
    }[metric]
    np.testing.assert_allclose(model.best_validation_score_, expected, rtol=1e-9)


def test_an_unknown_metric_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match=r"got 'acuracy'\. Did you mean 'accuracy'\?"):
        MLPClassifier(**SMALL, early_stopping_metric="acuracy").fit(X, LABELS)


@pytest.mark.parametrize(
    ("held_out", "message"),
    [
        ({"X_val": X_VAL}, "X_val and y_val belong together; got X_val only"),
        ({"y_val": LABELS_VAL}, "got y_val only"),
        ({"sample_weight_val": np.ones(60)}, "got sample_weight_val only"),
        ({"X_val": X_VAL[:, :3], "y_val": LABELS_VAL}, "X_val.*3 features"),
        ({"X_val": X_VAL, "y_val": LABELS_VAL[:9]}, "X_val.*inconsistent numbers of samples"),
        ({"X_val": X_VAL, "y_val": ["maybe"] * 60}, r"X_val.*classes not in.*maybe"),
        ({"X_val": np.full((60, 8), np.nan), "y_val": LABELS_VAL}, "X_val.*NaN"),
        (
            {"X_val": X_VAL, "y_val": LABELS_VAL, "sample_weight_val": -np.ones(60)},
            "sample_weight_val.*[Nn]egative",
        ),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else "",
)
def test_held_out_data_that_do_not_fit_are_refused_by_name(held_out, message):
    model = MLPClassifier(**SMALL)
    with pytest.raises(ValueError, match="(?s)" + message):
        model.fit(X, LABELS, **held_out)
    assert not hasattr(model, "classes_")


def test_held_out_targets_of_a_regressor_have_as_many_outputs():
    data, target = make_regression(60, 5, n_targets=2, random_state=0)
    with pytest.raises(ValueError, match="y has 1 outputs, and 2 in training"):
        MLPRegressor(**SMALL).fit(data, target, X_val=data, y_val=target[:, 0])


def test_a_pipeline_transforms_held_out_rows_too():
    scaler = StandardScaler().fit(X)
    alone = MLPClassifier(**SMALL).fit(
        scaler.transform(X), LABELS, X_val=scaler.transform(X_VAL), y_val=LABELS_VAL
    )
    with sklearn.config_context(enable_metadata_routing=True):
        network = MLPClassifier(**SMALL).set_fit_request(X_val=True, y_val=True)
        model = make_pipeline(StandardScaler(), network, transform_input=["X_val"])
        model.fit(X, LABELS, X_val=X_VAL, y_val=LABELS_VAL)
        np.testing.assert_equal(
            {**model[-1].history_, "seconds": 0}, {**alone.history_, "seconds": 0}
        )


def test_a_search_passes_held_out_data_through():
    search = GridSearchCV(MLPClassifier(**SMALL), {"alpha": [0, 1]}, cv=2)
    search.fit(X, LABELS, X_val=X_VAL, y_val=LABELS_VAL)
    assert not np.isnan(search.best_estimator_.history_["validation_loss"]).any()


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_time_limit_stops_between_epochs_with_what_there_is(solver):
    rng = np.random.RandomState(0)
    data, labels = rng.normal(size=(3000, 20)), rng.randint(0, 2, 3000)
    params = {"hidden_layer_sizes": (50,), "solver": solver, "max_iter": 10**6, "tol": 0}
    model = MLPClassifier(**params, n_iter_no_change=10**6, time_limit=0.3, random_state=0)
    start = time.perf_counter()
    with pytest.warns(UserWarning, match=r"stopped after 0.3 seconds \(time_limit\)"):
        model.fit(data, labels)
    assert time.perf_counter() - start >= 0.3
    assert 1 <= model.n_iter_ < 10**6
    assert len(model.history_["loss"]) == model.n_iter_
    same = MLPClassifier(**{**params, "max_iter": model.n_iter_}, random_state=0)
    same.set_params(n_iter_no_change=10**6).fit(data, labels)
    assert np.array_equal(same.coefs_[0], model.coefs_[0])


def test_lbfgs_prints_a_line_for_each_iteration(capsys):
    model = MLPClassifier(**SMALL, solver="lbfgs", verbose=True).fit(X, LABELS)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == model.n_iter_ == 8
    assert lines[-1] == f"Iteration 8, loss = {model.loss_:.8f}"


def test_lbfgs_stops_at_its_tolerance():
    def fitted(tol):
        model = MLPClassifier((12,), solver="lbfgs", max_iter=3000, alpha=1, random_state=0)
        return model.set_params(tol=tol).fit(X, LABELS)

    loose, tight = fitted(1e-2), fitted(1e-5)
    assert loose.n_iter_ < tight.n_iter_ < 3000
    assert loose.loss_ > tight.loss_


def held_out_rows(model, X, y):
    """The rows that a fit holds out, by their numbers in the column that is added to X."""
    seen = []

    def metric(estimator, X, y):
        seen.append(X[:, -1].astype(int))
        return 0.0

    model.set_params(early_stopping=True, early_stopping_metric=metric, max_iter=1)
    model.fit(np.c_[X, np.arange(len(X))], y)
    return [rows.tolist() for rows in seen]


@pytest.mark.parametrize("seed", [0, "generator"])
@pytest.mark.parametrize(
    "changed",
    [
        {"activation": "tanh"},
        {"activation": "maxout"},
        {"activation": "selu"},
        {"hidden_layer_sizes": (5, 4)},
        {"hidden_layer_sizes": ()},
        {"initialization": "he_normal"},
        {"initialization": "zeros", "bias_initialization": "he_normal"},
        {"dropout": 0.5},
        {"ensemble_size": 3},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning")
def test_one_random_state_holds_out_the_same_rows_whatever_the_network(changed, seed):
    def rows(**params):
        params["random_state"] = np.random.RandomState(5) if seed == "generator" else seed
        return held_out_rows(MLPClassifier(**SMALL | params), X, LABELS)

    same = {"ensemble_size": 3} if "ensemble_size" in changed else {}
    assert rows(**same) == rows(**{"activation": "tanh"} | changed)
    assert len(set(map(str, rows(**same)))) == len(rows(**same))


def test_holding_out_rows_moves_no_other_draw():
    """Not that of the first weights, and not those that shuffle rows."""
    states = []
    for params, data in [
        ({"early_stopping": True, "validation_fraction": 0.25}, (X, LABELS)),
        ({}, (X[:135], LABELS[:135])),
    ]:
        rng = np.random.RandomState(3)
        model = MLPClassifier(**SMALL | {"random_state": rng}, n_iter_no_change=100, **params)
        model.fit(*data)
        states.append(rng.get_state()[1:3])
    np.testing.assert_array_equal(*(state[0] for state in states))
    assert states[0][1] == states[1][1]


def test_scikit_learns_initialization_keeps_its_order_of_draws():
    def rows(**params):
        model = MLPClassifier(**SMALL, initialization="sklearn", **params)
        return held_out_rows(model, X, LABELS)

    rng = np.random.RandomState(0)
    for shape in [(9, 12), (12,), (12, 1), (1,)]:
        rng.uniform(size=shape)
    _, expected = train_test_split(np.arange(180), random_state=rng, test_size=0.1, stratify=LABELS)
    assert rows() == [expected.tolist()]
    assert rows(bias_initialization=0.1) == rows()
