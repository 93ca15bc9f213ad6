"""Reports on recurrent networks: steps that a series does not have count nowhere."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_relu import (
    MLPClassifier,
    RNNClassifier,
    RNNRegressor,
    activation_report,
    displays,
    gradient_report,
)
from sklearn_relu.exceptions import TrainingWarning
from sklearn_relu.initializers import Orthogonal
from sklearn_relu.inspection import (
    HiddenLayer,
    attributions,
    gate_report,
    gradient_through_time,
    hidden_activations,
    linear_regions,
    local_linear_map,
    occlusion_map,
    prune,
    repair_dead_units,
    signal_report,
    verdict,
)
from sklearn_relu.inspection.hidden import active_units
from sklearn_relu.inspection.model import initial_problem

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

RNG = np.random.default_rng(0)
LENGTHS = np.array([3, 7, 1, 5, 7, 2, 4, 6])
X = [RNG.normal(size=(length, 2)) for length in LENGTHS]
Y = np.array([each.sum() for each in X])
LONGER = [*X, RNG.normal(size=(11, 2))]
"""The last series is longer than any in training."""

NETWORKS = {
    "relu": {},
    "two layers": {"hidden_layer_sizes": (4, 3), "activation": "hard_tanh", "summary": "mean"},
    "crelu": {"hidden_layer_sizes": (4, 3), "activation": "crelu", "summary": "max"},
    "lstm": {"cell": "lstm", "hidden_layer_sizes": (4, 3)},
    "lstm of relu": {"cell": "lstm", "activation": "relu", "summary": "max"},
}
every_network = pytest.mark.parametrize("name", NETWORKS)


def fitted(name, **options):
    """A network with weights so large that units are zero and saturated."""
    options = {"hidden_layer_sizes": (5,), "random_state": 0} | NETWORKS[name] | options
    model = RNNRegressor(initialization="he_normal", max_iter=2, **options).fit(X, Y)
    model.coefs_ = [3 * coef for coef in model.coefs_]
    return model


@every_network
def test_activations_are_those_of_each_series_alone(name):
    model = fitted(name)
    report = activation_report(model, LONGER)
    alone = [activation_report(model, [each]) for each in LONGER]
    weights = [len(each) for each in LONGER]
    for attribute in ("layer_sparsity", "layer_saturated", "layer_mean"):
        figures = np.array([getattr(each, attribute) for each in alone])
        expected = np.average(figures, axis=0, weights=weights)
        assert_allclose(getattr(report, attribute), expected, atol=1e-12)
    for attribute in ("unit_zeros", "unit_saturated", "unit_mean"):
        for i, found in enumerate(getattr(report, attribute)):
            figures = np.array([getattr(each, attribute)[i] for each in alone])
            assert_allclose(found, np.average(figures, axis=0, weights=weights), atol=1e-12)
    squares = np.average(
        [each.unit_sd[0] ** 2 + each.unit_mean[0] ** 2 for each in alone], axis=0, weights=weights
    )
    assert_allclose(report.unit_sd[0] ** 2 + report.unit_mean[0] ** 2, squares)
    assert np.isfinite(report.to_frame().drop(columns="kind").to_numpy(float)).all()


@every_network
def test_gradients_are_those_of_each_series_alone(name):
    model, y = fitted(name), np.append(Y, 1.0)
    report, steps = gradient_report(model, LONGER, y), gradient_through_time(model, LONGER, y)
    pairs = [([each], y[i : i + 1]) for i, each in enumerate(LONGER)]
    squares = np.mean(
        [gradient_report(model, *pair).activation_norms ** 2 for pair in pairs], axis=0
    )
    assert_allclose(report.activation_norms, np.sqrt(squares))
    assert np.isfinite(report.weight_norms).all()
    totals = np.zeros_like(steps.norms)
    for pair in pairs:
        norms = gradient_through_time(model, *pair).norms
        totals[:, : norms.shape[1]] += norms**2
    lengths = np.array([len(each) for each in LONGER])
    counts = [(lengths > k).sum() for k in range(11)]
    assert_array_equal(steps.n_series, counts)
    assert_allclose(steps.norms, np.sqrt(totals / counts), rtol=1e-10, atol=1e-14)
    assert steps.n_steps == np.median(lengths)


@every_network
def test_signals_are_those_of_each_series_alone(name):
    model = RNNRegressor((4,), random_state=0).set_params(**NETWORKS[name])
    report = signal_report(model, X)
    summed = []
    for each in X:
        ((_, trace),) = initial_problem(model, [each]).network.traces()
        summed.append(trace.z[0].ravel())
    assert_allclose(report.forward[0], np.concatenate(summed).var())
    assert np.isfinite(report.backward).all()


def test_a_unit_that_fires_at_some_step_is_not_dead():
    model = RNNRegressor((2,), max_iter=1, random_state=0).fit([[1.0, 2.0], [2.0, 1.0]], [0.0, 1.0])
    model.coefs_[0][:] = [[1, -1], [0, 0], [0, 0]]
    model.intercepts_[0][:] = 0
    series = [[1.0, -1.0], [1.0, -2.0]]  # the first unit is silent at the last step
    report = activation_report(model, series)
    assert_array_equal(report.unit_zeros[0], [0.5, 0.5])
    assert_array_equal(hidden_activations(model, series), [[0, 1], [0, 2]])
    assert active_units(model, series).all()
    short = [np.array([1.0]), np.array([2.0, -2.0])]
    assert_array_equal(active_units(model, short)[0], [[True, False], [True, True]])
    assert_array_equal(activation_report(model, short).unit_zeros[0], [1 / 3, 2 / 3])


def linear(factor):
    """A network whose state is multiplied by a factor in each step."""
    series, y = RNG.normal(size=(6, 12)), RNG.normal(size=6)
    model = RNNRegressor((3,), "identity", max_iter=1, random_state=0).fit(series, y)
    model.coefs_[0][1:] = factor * np.eye(3)
    return model, series, y


@pytest.mark.parametrize(
    ("factor", "said"), [(0.5, "vanishes"), (1.0, "is kept"), (2.0, "explodes"), (0.8, "is kept")]
)
def test_a_step_multiplies_the_gradient(factor, said):
    report = gradient_through_time(*linear(factor))
    assert_allclose(report.factor, [factor])
    assert_allclose(report.ratio, [factor**11])
    assert_allclose(report.norms[0, 1:] / report.norms[0, :-1], factor)
    assert report.verdicts == [said]
    assert f"the gradient {said} over 12 steps; a step back: layer 1 x {factor:.3g}" in repr(report)
    assert said in report._repr_html_()


def test_gradients_through_time_as_tables():
    pytest.importorskip("pandas")
    model = fitted("lstm", ensemble_size=2)
    report = gradient_through_time(model, LONGER, np.append(Y, 1.0))
    assert report.norms.shape == (2, 2, 11)
    frame = report.to_frame()
    assert list(frame) == [
        "network",
        "layer",
        "last_step",
        "first_step",
        "ratio",
        "factor",
        "gradient",
    ]
    assert_array_equal(frame["ratio"], report.ratio.ravel())
    steps = report.to_frame("step")
    assert list(steps) == ["network", "layer", "steps_back", "norm", "n_series"]
    assert_array_equal(steps["norm"], report.norms.ravel())
    assert steps["layer"].unique().tolist() == [1, 2]
    with pytest.raises(ValueError, match="by must be 'layer' or 'step'; got 'unit'"):
        report.to_frame("unit")


def test_without_a_gradient_there_is_no_ratio():
    model, series, y = linear(1.0)
    model.coefs_[1][:] = 0
    report = gradient_through_time(model, series, y)
    assert report.verdicts == ["is 0"]
    assert np.isnan(report.ratio).all()
    assert "the gradient is 0 over 12 steps; a step back: layer 1 -" in repr(report)


def test_gradients_before_training_are_those_that_training_begins_with():
    model = RNNClassifier((4,), cell="lstm", max_iter=1, learning_rate_init=1e-12, random_state=0)
    y = (Y > 0).astype(int)
    before = gradient_through_time(model, X, y, initial=True)
    assert_allclose(before.norms, gradient_through_time(model.fit(X, y), X, y).norms, rtol=1e-6)


def test_gates_by_hand():
    model = RNNRegressor((4,), cell="lstm", max_iter=1, random_state=0).fit(X, Y)
    model.coefs_[0][:] = 0
    model.intercepts_[0][:] = np.repeat([-9.0, 9.0, 0.0, 0.0], 4)
    model.intercepts_[0][8] = 9.0  # of four gates that show, one is open
    report = gate_report(model, X)
    assert report.gates == ("write (i)", "keep (f)", "show (o)")
    assert_array_equal(report.closed, [[1, 0, 0]])
    assert_array_equal(report.opened, [[0, 1, 0.25]])
    assert_allclose(report.mean[0, :2], [1 / (1 + np.exp(9)), 1 / (1 + np.exp(-9))])
    assert "33.3 % closed, 41.7 % open" in repr(report)
    assert "show (o)" in report._repr_html_()


def test_gates_are_those_of_each_series_alone():
    model = fitted("lstm", ensemble_size=2)
    report = gate_report(model, LONGER)
    assert report.mean.shape == (2, 2, 3)
    weights = [len(each) for each in LONGER]
    for name in ("closed", "opened", "mean"):
        alone = [getattr(gate_report(model, [each]), name) for each in LONGER]
        expected = np.average(alone, axis=0, weights=weights)
        assert_allclose(getattr(report, name), expected, atol=1e-12)
    frame = pytest.importorskip("pandas") and report.to_frame()
    assert list(frame) == ["network", "layer", "gate", "closed", "open", "mean"]


def test_linear_maps_of_series_of_unequal_length():
    model = fitted("two layers")
    found = local_linear_map(model, LONGER)
    rows = np.zeros((len(LONGER), 22))
    for i, series in enumerate(LONGER):
        rows[i, : series.size] = series.ravel()
        assert (found.coef[i, :, series.size :] == 0).all()
    raw = (found.coef @ rows[:, :, None])[:, 0, 0] + found.intercept[:, 0]
    assert_allclose(raw, model.predict(LONGER))
    shares = attributions(model, LONGER)
    assert_allclose(shares.contributions.sum(axis=2)[:, 0] + shares.intercept[:, 0], raw)
    twice = [*LONGER, *LONGER]
    regions = linear_regions(model, twice)
    assert_array_equal(regions.region[: len(LONGER)], regions.region[len(LONGER) :])
    # Where all units are silent, as long as a series is, others are in other regions.
    model.intercepts_[0][:] = -100
    assert len(set(linear_regions(model, X).region)) == len(set(LENGTHS))


def test_states_as_features_need_as_many_steps():
    model = fitted("two layers")
    states = hidden_activations(model, X, layer=0)
    assert states.shape == (len(X), 7 * 4)
    assert_array_equal(np.isnan(states[:, ::4]).sum(axis=1), 7 - LENGTHS)
    features = HiddenLayer(model).fit(X, Y)
    assert features.transform(LONGER).shape == (9, 3)
    states = HiddenLayer(model, layer=0).fit(X, Y)
    assert states.transform(X).shape == (8, 28)
    with pytest.raises(ValueError, match="gives its states at all steps, 44 numbers a series"):
        states.transform(LONGER)


REFUSED = {
    "gates of a simple cell": (
        lambda: gate_report(fitted("relu"), X),
        "gate_report needs a network with gates; got RNNRegressor",
    ),
    "time of an MLP": (
        lambda: gradient_through_time(
            MLPClassifier(max_iter=1).fit(np.eye(2), [0, 1]), np.eye(2), [0, 1]
        ),
        "gradient_through_time needs a recurrent network; got MLPClassifier",
    ),
    "an LSTM's linear map": (
        lambda: local_linear_map(fitted("lstm"), X),
        "hidden layer 1 is LSTM, which is not",
    ),
    "regions of a maximum": (
        lambda: linear_regions(fitted("crelu"), X),
        "hidden layer 2 is RNN with summary='max', which is not",
    ),
    "pruning": (lambda: prune(fitted("relu"), X), "layer 1 is of kind RNN"),
    "repairing": (lambda: repair_dead_units(fitted("lstm"), X), "layer 1 is of kind LSTM"),
    "occlusion": (lambda: occlusion_map(fitted("relu"), X), "needs a network of images"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_means_nothing_is_refused_by_name(what):
    act, said = REFUSED[what]
    with pytest.raises((TypeError, ValueError), match=said):
        act()


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("WeightsDisplay", (), "those of a recurrent layer are for one step and for the state"),
        ("FiltersDisplay", (), "FiltersDisplay needs a network of images"),
        ("FeatureMapsDisplay", (X,), "FeatureMapsDisplay needs a network of images"),
        ("OcclusionDisplay", (X,), "needs a network of images"),
        ("DecisionRegionDisplay", (X,), "a recurrent network reads series"),
    ],
)
def test_pictures_that_mean_nothing_are_refused_by_name(name, data, said):
    with pytest.raises(TypeError, match=said):
        getattr(displays, name).from_estimator(fitted("relu"), *data)


def test_penalties_on_states_that_a_series_does_not_have():
    model = RNNRegressor((4, 3), activity_penalty="l1", max_iter=1, random_state=0)
    with pytest.raises(ValueError, match=r"activity_penalty='l1' is on the states of all steps"):
        model.fit(X, Y)
    model.fit([each[:1] for each in X], Y)
    model.set_params(activity_penalty=[None, "l1"]).fit(X, Y)
    assert np.isfinite(model.loss_)
    RNNRegressor((4,), activity_penalty="l1", max_iter=1).fit(X, Y)


# Findings of a fit.

SERIES = np.random.default_rng(1).normal(size=(60, 50))
CLASSES = (SERIES[:, 0] > 0).astype(int)


def names(model):
    return [finding.name for finding in verdict(model).findings]


def growing(**options):
    """A network whose states grow with each step."""
    options = {
        "initialization": "he_normal",
        "recurrent_initialization": Orthogonal(gain=5.0),
    } | options
    return RNNClassifier((10,), "leaky_relu", max_iter=2, random_state=0, **options)


def test_a_gradient_that_explodes_through_time():
    with pytest.warns(
        TrainingWarning, match="Its gradient explodes through time: use recurrent_init"
    ):
        model = growing().fit(SERIES, CLASSES)
    assert "exploding through time" in names(model)
    (found,) = [each for each in verdict(model).findings if each.name == "exploding through time"]
    assert found.figure > 1e3
    assert "at the first of 50 steps as at the last" in found.text
    assert found.remedy == "Use recurrent_initialization='auto', or use cell='lstm'."
    with pytest.warns(
        TrainingWarning, match="through time: set gradient_clipping=1, or use recurr"
    ):
        growing(gradient_clipping=None).fit(SERIES, CLASSES)


def test_a_gradient_that_vanishes_through_time():
    with pytest.warns(TrainingWarning, match="Its gradient vanishes through time"):
        model = RNNRegressor(
            (10,), "tanh", max_iter=1, learning_rate_init=1e-5, random_state=0
        ).fit(SERIES, SERIES[:, 0] + 0.01)
    (found,) = [each for each in verdict(model).findings if each.name == "vanishing through time"]
    assert found.figure < 1e-3
    assert found.remedy == "Use activation='relu', or use cell='lstm'."
    ratio = gradient_through_time(model, SERIES, SERIES[:, 0] + 0.01).ratio
    assert_allclose(found.figure, ratio[0], rtol=1e-10)


def test_an_identity_start_is_kept():
    model = RNNClassifier((10,), max_iter=2, random_state=0).fit(SERIES, CLASSES)
    assert not {"exploding through time", "vanishing through time"} & set(names(model))


def test_a_loss_that_is_not_finite():
    broken = growing(recurrent_initialization=Orthogonal(gain=1e9), gradient_clipping=None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(
            ValueError, match="Scale the series, lower learning_rate_init, set gradi"
        ):
            broken.fit(SERIES, CLASSES)


# The picture.


def test_the_picture_has_a_line_for_each_network_and_layer():
    pytest.importorskip("matplotlib")
    models = {
        "one": RNNClassifier((4,), random_state=0),
        "two": RNNClassifier((4, 3), cell="lstm", ensemble_size=2, random_state=0),
    }
    y = (Y > 0).astype(int)
    display = displays.GradientThroughTimeDisplay.from_estimator(models, X, y, initial=True)
    assert list(display.lines_) == ["one", "two, layer 1", "two, layer 2"]
    norms = gradient_through_time(models["two"], X, y, initial=True).norms
    for network, line in enumerate(display.lines_["two, layer 2"]):
        assert_array_equal(line.get_xdata(), np.arange(7))
        assert_array_equal(line.get_ydata(), norms[network, 1])
    assert display.ax_.get_yscale() == "log"
    assert [text.get_text() for text in display.ax_.get_legend().get_texts()] == list(
        display.lines_
    )
    nothing = displays.GradientThroughTimeDisplay({"a": np.zeros((1, 4))}).plot()
    assert [text.get_text() for text in nothing.ax_.texts] == ["no gradient reaches any step"]
    for each in (display, nothing):
        each.figure_.clear()
