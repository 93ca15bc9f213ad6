"""class_weight, for classes that exclude each other and for labels that do not."""

import numpy as np
import pytest
from sklearn.datasets import make_classification, make_multilabel_classification
from sklearn.linear_model import LogisticRegression
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight

from sklearn_relu import MLPClassifier

X, y = make_classification(300, 6, n_informative=4, n_classes=3, weights=[0.7, 0.2], random_state=0)
LABELS = np.array(["rare", "usual", "some"])[y]
SMALL = {"hidden_layer_sizes": (8,), "random_state": 0, "max_iter": 10}
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # Fits of a few epochs are worse than a constant, and say so.
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]


def same(one, other):
    assert all(
        np.allclose(a, b, rtol=1e-9, atol=1e-12)
        for a, b in zip(one.coefs_, other.coefs_, strict=True)
    )


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize(
    "class_weight", ["balanced", {"rare": 3.0, "usual": 0.5, "some": 1.0}, {"rare": 4.0}], ids=str
)
@pytest.mark.parametrize("with_sample_weight", [False, True])
def test_class_weights_multiply_sample_weights(class_weight, solver, with_sample_weight):
    weight = np.random.RandomState(0).uniform(0.5, 2, 300) if with_sample_weight else np.ones(300)
    if class_weight == "balanced":
        each = compute_class_weight(
            "balanced", classes=np.unique(LABELS), y=LABELS, sample_weight=weight
        )
        product = weight * each[np.unique(LABELS, return_inverse=True)[1]]
    else:
        product = weight * compute_sample_weight(class_weight, LABELS)
    by_class = MLPClassifier(**SMALL, solver=solver, class_weight=class_weight)
    by_class.fit(X, LABELS, weight if with_sample_weight else None)
    by_sample = MLPClassifier(**SMALL, solver=solver).fit(X, LABELS, product)
    same(by_class, by_sample)


def test_it_shifts_predictions_to_rare_classes_as_in_logistic_regression():
    binary = y == 1
    plain, balanced = (
        MLPClassifier(
            (), solver="lbfgs", alpha=1, class_weight=each, tol=1e-9, max_iter=2000, random_state=0
        )
        for each in (None, "balanced")
    )
    assert plain.fit(X, binary).predict(X).mean() < balanced.fit(X, binary).predict(X).mean()
    reference = LogisticRegression(class_weight="balanced", tol=1e-9).fit(X, binary)
    np.testing.assert_allclose(balanced.coefs_[0].ravel(), reference.coef_[0], atol=1e-4)


def test_multilabel_balanced_weighs_each_label_by_itself():
    data, labels = make_multilabel_classification(200, 6, n_classes=3, random_state=0)
    together = MLPClassifier((), class_weight="balanced", solver="lbfgs", alpha=0, max_iter=3000)
    together.set_params(tol=1e-9).fit(data, labels)
    for i in range(3):
        alone = MLPClassifier((), class_weight="balanced", solver="lbfgs", alpha=0, max_iter=3000)
        alone.set_params(tol=1e-9).fit(data, labels[:, i])
        np.testing.assert_allclose(together.coefs_[0][:, i], alone.coefs_[0][:, 0], atol=1e-3)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_multilabel_weights_as_dicts_equal_repeated_and_masked_targets(solver):
    data, labels = make_multilabel_classification(100, 6, n_classes=2, random_state=0)
    neutral = [{0: 1, 1: 1}, {0: 1, 1: 1}]
    params = {**SMALL, "solver": solver, "activity_penalty": "l2", "activity_alpha": 0.1}
    plain = MLPClassifier(**params).fit(data, labels)
    weighted = MLPClassifier(**params, class_weight=neutral).fit(data, labels)
    same(plain, weighted)
    # A label without weight is not learned at all.
    blind = MLPClassifier(**params, alpha=0, class_weight=[{0: 1, 1: 1}, {0: 0, 1: 0}])
    start = MLPClassifier(**params, alpha=0).set_params(max_iter=1, learning_rate_init=1e-300)
    blind.fit(data, labels)
    np.testing.assert_allclose(
        blind.coefs_[1][:, 1], start.set_params(solver="sgd").fit(data, labels).coefs_[1][:, 1]
    )


def test_validation_loss_is_weighted_like_the_training_loss_and_the_score_is_not():
    model = MLPClassifier(**SMALL, class_weight="balanced", alpha=0, batch_size=300)
    model.set_params(learning_rate_init=1e-12)  # weights hardly move, so losses compare
    model.fit(X, LABELS, X_val=X, y_val=LABELS)
    np.testing.assert_allclose(model.history_["validation_loss"], model.loss_curve_, rtol=1e-6)
    assert model.history_["validation_score"][-1] == model.score(X, LABELS)


def test_partial_fit_takes_a_dict_also_where_batches_lack_classes():
    weights = {"rare": 3.0, "usual": 0.5, "some": 1.0}
    model = MLPClassifier(**SMALL, class_weight=weights)
    few = np.flatnonzero(LABELS != "some")[:50]
    model.partial_fit(X[few], LABELS[few], classes=np.unique(LABELS))
    model.partial_fit(X, LABELS)
    assert set(model.predict(X)) <= set(LABELS)
    by_sample = MLPClassifier(**SMALL)
    for rows in (few, np.arange(300)):
        sample_weight = np.array([weights[label] for label in LABELS[rows]])
        by_sample.partial_fit(X[rows], LABELS[rows], sample_weight, classes=np.unique(LABELS))
    same(model, by_sample)


def test_partial_fit_of_multilabel_targets():
    data, labels = make_multilabel_classification(100, 6, n_classes=3, random_state=0)
    labels[:50, 2] = 0  # the first batch lacks a label
    model = MLPClassifier(**SMALL, class_weight=[{0: 1, 1: 2}] * 3)
    model.partial_fit(data[:50], labels[:50], classes=[0, 1, 2])
    model.partial_fit(data[50:], labels[50:])
    assert model.predict(data).shape == labels.shape


def test_partial_fit_refuses_what_needs_all_of_y():
    with pytest.raises(ValueError, match=r"'balanced' is not supported for partial_fit"):
        MLPClassifier(class_weight="balanced").partial_fit(X, LABELS, classes=np.unique(LABELS))
    with pytest.raises(ValueError, match="partial_fit does not support early_stopping"):
        MLPClassifier(early_stopping=True).partial_fit(X, LABELS, classes=np.unique(LABELS))


@pytest.mark.parametrize(
    ("target", "class_weight", "message"),
    [
        (LABELS, {"rare": 1, "unknown": 2}, "unknown|usual"),
        (LABELS, "even", "'class_weight' parameter of MLPClassifier must be"),
        (np.eye(3)[y].astype(int), {0: 1, 1: 2}, "multilabel targets must be 'balanced' or a list"),
        (np.eye(3)[y].astype(int), [{0: 1, 1: 2}], "for each of the 3 labels"),
    ],
    ids=["unknown class", "unknown rule", "dict for labels", "too few dicts"],
)
def test_weights_that_do_not_fit_are_refused(target, class_weight, message):
    with pytest.raises(ValueError, match=message):
        MLPClassifier(**SMALL, class_weight=class_weight).fit(X, target)
