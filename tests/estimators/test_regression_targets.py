"""Targets of any magnitude, and predictions with their standard deviation."""

import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import make_regression
from sklearn.preprocessing import StandardScaler

from sklearn_relu import MLPRegressor
from sklearn_relu.losses import LOSSES

X, target = make_regression(150, 5, noise=3, random_state=0)
SMALL = {"hidden_layer_sizes": (16,), "random_state": 0, "max_iter": 60, "learning_rate_init": 0.01}
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # Fits of a few epochs are worse than a constant, and say so.
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("columns", [1, 2])
def test_standardized_targets_give_what_a_transformed_target_gives(solver, columns):
    y = np.column_stack([1e6 + 1e5 * target, 1e-3 * target])[:, :columns]
    y = y[:, 0] if columns == 1 else y
    inside = MLPRegressor(**SMALL, solver=solver, standardize_y=True).fit(X, y)
    outside = TransformedTargetRegressor(
        MLPRegressor(**SMALL, solver=solver), transformer=StandardScaler()
    ).fit(X, y)
    np.testing.assert_allclose(inside.predict(X), outside.predict(X), rtol=1e-6)
    assert inside.predict(X).shape == y.shape
    np.testing.assert_allclose(inside.target_mean_, np.reshape(y, (150, -1)).mean(axis=0))
    np.testing.assert_allclose(inside.target_scale_, np.reshape(y, (150, -1)).std(axis=0))


@pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning")
def test_targets_in_the_millions_are_not_learned_without():
    y = 5e6 + 1e5 * target
    assert MLPRegressor(**SMALL).fit(X, y).score(X, y) < 0
    assert MLPRegressor(**SMALL, standardize_y=True).fit(X, y).score(X, y) > 0.9


def test_constant_and_huge_targets():
    model = MLPRegressor(**SMALL, standardize_y=True).fit(X, np.full(150, 7.0))
    assert (model.target_mean_, model.target_scale_) == (7.0, 1.0)
    np.testing.assert_allclose(model.predict(X).mean(), 7, atol=0.1)
    model.fit(X, 1e200 * target)
    np.testing.assert_allclose(
        model.predict(X) / 1e200,
        MLPRegressor(**SMALL, standardize_y=True).fit(X, target).predict(X),
        rtol=1e-6,
    )


def test_sample_weights_count_in_the_mean_and_scale():
    weight = np.r_[np.full(75, 3.0), np.ones(75)]
    model = MLPRegressor(**SMALL, standardize_y=True).fit(X, target, weight)
    scaler = StandardScaler().fit(target[:, None], sample_weight=weight)
    np.testing.assert_allclose(model.target_mean_, scaler.mean_)
    np.testing.assert_allclose(model.target_scale_, scaler.scale_)


def test_training_that_goes_on_keeps_the_scale_of_its_first_targets():
    model = MLPRegressor(**SMALL, standardize_y=True)
    model.partial_fit(X[:50], target[:50])
    mean, scale = model.target_mean_, model.target_scale_
    model.partial_fit(X[50:], 10 * target[50:])
    assert (model.target_mean_, model.target_scale_) == (mean, scale)
    model.set_params(standardize_y=False).fit(X, target)
    assert not hasattr(model, "target_mean_")
    np.testing.assert_array_equal(model.predict(X), MLPRegressor(**SMALL).fit(X, target).predict(X))


@pytest.mark.parametrize("loss", [name for name, cls in LOSSES.items() if cls.for_numbers])
def test_only_losses_for_all_real_numbers_are_standardized(loss):
    y = np.random.RandomState(0).uniform(0.1, 0.9, 150)
    model = MLPRegressor(loss, **SMALL, standardize_y=True)
    if LOSSES[loss]().any_real_target:
        assert np.isfinite(model.fit(X, y).predict(X)).all()
    else:
        with pytest.raises(ValueError, match=f"standardize_y=True .*got loss='{loss}'"):
            model.fit(X, y)


@pytest.mark.parametrize("standardize_y", [False, True])
@pytest.mark.parametrize("ensemble_size", [1, 4])
def test_gaussian_nll_learns_the_noise_where_it_differs(standardize_y, ensemble_size):
    rng = np.random.RandomState(0)
    data = rng.uniform(-1, 1, (3000, 1))
    noise = np.where(data[:, 0] > 0, 2.0, 0.5)
    y = 3 * data[:, 0] + noise * rng.normal(size=3000)
    model = MLPRegressor("gaussian_nll", (32,), random_state=0, learning_rate_init=0.01)
    model.set_params(standardize_y=standardize_y, ensemble_size=ensemble_size, max_iter=100)
    mean, std = model.fit(data, y).predict([[-0.5], [0.5]], return_std=True)
    assert mean.shape == std.shape == (2,)
    np.testing.assert_allclose(mean, [-1.5, 1.5], atol=0.35)
    np.testing.assert_allclose(std, [0.5, 2.0], rtol=0.15)
    np.testing.assert_array_equal(mean, model.predict([[-0.5], [0.5]]))


def test_several_targets_have_a_standard_deviation_each():
    y = np.column_stack([target, 100 * target])
    model = MLPRegressor("gaussian_nll", **SMALL, standardize_y=True).fit(X, y)
    mean, std = model.predict(X, return_std=True)
    assert mean.shape == std.shape == (150, 2)
    assert (std > 0).all()
    assert model.n_outputs_ == 2
    assert model.coefs_[-1].shape == (16, 4)


def test_other_losses_have_no_standard_deviation():
    with pytest.raises(ValueError, match="gaussian_nll"):
        MLPRegressor(**SMALL).fit(X, target).predict(X, return_std=True)


def test_the_standard_deviation_of_an_ensemble_is_that_of_the_mixture():
    model = MLPRegressor("gaussian_nll", **SMALL, ensemble_size=3, standardize_y=True)
    model.fit(X, target)
    mean, std = model.predict(X, return_std=True)
    draws = []
    for i in range(3):
        one = MLPRegressor("gaussian_nll", **SMALL, standardize_y=True).fit(X, target)
        one.coefs_ = [coef[i] for coef in model.coefs_]
        one.intercepts_ = [intercept[i] for intercept in model.intercepts_]
        draws.append(one.predict(X, return_std=True))
    means, stds = np.array(draws).swapaxes(0, 1)
    np.testing.assert_allclose(mean, means.mean(axis=0))
    expected = np.sqrt((stds**2 + means**2).mean(axis=0) - means.mean(axis=0) ** 2)
    np.testing.assert_allclose(std, expected, rtol=1e-6)
    assert (std > stds.mean(axis=0)).mean() > 0.9  # the networks differ in their means
