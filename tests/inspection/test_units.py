"""Dead units repaired, and units that a network does not need removed."""

import warnings

import numpy as np
import pytest
from helpers import EVERY_ACTIVATION, name_of
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn import neural_network
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_relu import MLPClassifier, MLPRegressor, activation_report
from sklearn_relu.activations import ThresholdReLU
from sklearn_relu.initializers import Auto
from sklearn_relu.inspection import (
    hidden_activations,
    linear_regions,
    local_linear_map,
    prune,
    repair_dead_units,
)
from sklearn_relu.scorers import n_parameters_scorer

# Fits of a few epochs are worse than a constant, and say so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"
)

rng = np.random.RandomState(0)
X, y = rng.normal(size=(150, 5)), rng.normal(size=150)
ALIKE = [part for part in EVERY_ACTIVATION if part.units_are_alike]
UNLIKE = [part for part in EVERY_ACTIVATION if not part.units_are_alike]


def quick(model, X=X, y=y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(X, y)


def network(activation="relu", sizes=(8, 6), cls=MLPRegressor, **params):
    """Barely trained; for units the first of which are as a test wants them."""
    options = {"hidden_layer_sizes": sizes, "activation": activation, "max_iter": 1}
    start = {"initialization": Auto(n_shallow=0), "bias_initialization": 0.0, "random_state": 0}
    return quick(cls(**{**options, **start, **params}))


def shift(model, layer, units, by):
    """Move the summed inputs of some units so far that they leave a kink behind."""
    model.intercepts_[layer][..., units] += by
    return model


def all_of(model):
    return [array.copy() for array in [*model.coefs_, *model.intercepts_]]


@pytest.fixture
def dying():
    """Three dead units in the first layer, two in the second."""
    model = network()
    shift(model, 0, [0, 3, 4], -100)
    return shift(model, 1, [1, 5], -1000)


def test_repaired_units_fire_and_the_outputs_stay(dying):
    before, others = dying.predict(X), hidden_activations(dying, X, 0)
    report = repair_dead_units(dying, X, random_state=0)
    assert_array_equal(report.n_repaired, [3, 2])
    assert np.flatnonzero(report.unit_repaired[0]).tolist() == [0, 3, 4]
    assert_array_equal(dying.predict(X), before)
    after = activation_report(dying, X)
    assert after.dead == 0
    assert_allclose(after.unit_firing_rate[0][[0, 3, 4]], 0.5, atol=0.01)
    kept = [1, 2, 5, 6, 7]
    assert_array_equal(hidden_activations(dying, X, 0)[:, kept], others[:, kept])


def test_outputs_stay_wherever_the_unit_was_silent(dying):
    elsewhere = 3 * np.random.RandomState(1).normal(size=(500, 5))
    before = dying.predict(elsewhere)
    silent = (hidden_activations(dying, elsewhere, 0)[:, [0, 3, 4]] == 0).all(axis=1)
    repair_dead_units(dying, X, random_state=0)
    assert silent.all()
    assert_array_equal(dying.predict(elsewhere), before)


def test_repaired_units_learn(dying):
    repair_dead_units(dying, X, random_state=0)
    before = all_of(dying)
    for _ in range(3):
        dying.partial_fit(X, y)
    outgoing = np.abs(dying.coefs_[1] - before[1])[[0, 3, 4]]
    incoming = np.abs(dying.coefs_[0] - before[0])[:, [0, 3, 4]]
    assert (outgoing.max(axis=1) > 0).all()
    assert (incoming.max(axis=0) > 0).all()


def test_the_same_seed_repairs_the_same_and_only_dead_units_change(dying):
    before = all_of(dying)
    again = quick(clone(dying))
    again.coefs_, again.intercepts_ = before[:3], before[3:]
    again.coefs_ = [array.copy() for array in again.coefs_]
    again.intercepts_ = [array.copy() for array in again.intercepts_]
    repair_dead_units(dying, X, random_state=7)
    repair_dead_units(again, X, random_state=7)
    for one, other in zip(all_of(dying), all_of(again), strict=True):
        assert_array_equal(one, other)
    living = [1, 2, 5, 6, 7]
    assert_array_equal(dying.coefs_[0][:, living], before[0][:, living])


def test_nothing_to_repair_changes_nothing():
    model = network("tanh")
    before = all_of(model)
    assert repair_dead_units(model, X).n_repaired.tolist() == [0, 0]
    for array, old in zip(all_of(model), before, strict=True):
        assert_array_equal(array, old)


def test_a_whole_dead_layer_and_a_threshold_are_repaired():
    model = network(["relu", ThresholdReLU(3.0)])
    shift(model, 0, slice(None), -100)
    shift(model, 1, slice(None), -100)
    before = model.predict(X)
    report = repair_dead_units(model, X, random_state=0)
    assert_array_equal(report.n_repaired, [8, 6])
    assert activation_report(model, X).dead == 0
    assert_array_equal(model.predict(X), before)
    assert repr(report).startswith("RepairReport: 14 units\nlayer  repaired\n")
    assert report.to_frame()["repaired"].tolist() == [8, 6]


def test_units_of_two_outputs_and_ensembles_are_repaired():
    model = network("crelu", ensemble_size=2)
    model.coefs_[0][1, :, 2] = 0  # both halves are 0, in the second network only
    model.intercepts_[0][1, 2] = 0
    before = model.predict(X)
    report = repair_dead_units(model, X, random_state=0)
    assert report.n_repaired.tolist() == [[0, 0], [1, 0]]
    assert activation_report(model, X).layer_dead.max() == 0
    assert_array_equal(model.predict(X), before)


@pytest.mark.parametrize("activation", UNLIKE, ids=name_of)
@pytest.mark.parametrize("change", [prune, repair_dead_units])
def test_units_that_depend_on_others_are_left_alone(change, activation):
    message = rf"{change.__name__} changes single units, and what a unit of hidden layer 2 gives"
    with pytest.raises(ValueError, match=message):
        change(network(["relu", activation]), X)


def assert_same_but_smaller(model, pruned, inputs=X):
    assert n_parameters_scorer(pruned) < n_parameters_scorer(model)
    assert_allclose(pruned.predict(inputs), model.predict(inputs), rtol=0, atol=1e-9)
    assert type(pruned) is type(model)


def test_dead_units_are_removed(dying):
    before = all_of(dying)
    pruned = prune(dying, X)
    assert pruned.hidden_layer_sizes == (5, 4)
    assert [coef.shape for coef in pruned.coefs_] == [(5, 5), (5, 4), (4, 1)]
    assert_same_but_smaller(dying, pruned)
    for array, old in zip(all_of(dying), before, strict=True):
        assert_array_equal(array, old)
    assert prune(pruned, X).hidden_layer_sizes == (5, 4)


@pytest.mark.parametrize(
    "activation",
    ["relu", "leaky_relu", "prelu", "rrelu", "identity", "negative_relu", "hard_tanh", "relu6"],
)
def test_units_on_one_piece_are_folded_into_as_few_as_there_are_outputs(activation):
    # Ten units that never meet a kink are one linear map to one output: one unit.
    model = network(activation, (10,))
    model.coefs_[0] /= 100 if activation in ("hard_tanh", "relu6") else 1
    shift(
        model,
        0,
        slice(None),
        {"negative_relu": -50, "relu6": 3, "hard_tanh": 0.1}.get(activation, 50),
    )
    pruned = prune(model, X)
    assert pruned.hidden_layer_sizes == (1,)
    assert_same_but_smaller(model, pruned)


def test_dead_always_active_and_other_units_of_two_layers():
    model = network("relu", (20, 12), max_iter=20)
    shift(model, 0, [0, 1], -100)
    shift(model, 0, range(2, 18), 40)  # 16 linear units, for 12 above and 5 inputs: 5 of them
    shift(model, 1, range(6), 1000)
    pruned = prune(model, X)
    assert pruned.hidden_layer_sizes[0] <= 5 + 2
    assert_same_but_smaller(model, pruned)
    near = X + 0.01 * rng.normal(size=X.shape)
    assert_allclose(pruned.predict(near), model.predict(near), atol=1e-6)


def test_constant_units_go_into_the_biases():
    model = network("hard_tanh", (6,))
    shift(model, 0, [0, 1, 2], 100)
    shift(model, 0, [3], -100)
    pruned = prune(model, X)
    assert pruned.hidden_layer_sizes == (2,)
    assert_same_but_smaller(model, pruned)


def test_a_layer_keeps_a_unit():
    model = shift(network(), 0, slice(None), -100)
    pruned = prune(model, X)
    assert pruned.hidden_layer_sizes == (1, 1)
    assert_same_but_smaller(model, pruned)


@pytest.mark.parametrize("activation", ALIKE, ids=name_of)
def test_any_activation_keeps_its_predictions(activation):
    model = network(activation, (9, 7), max_iter=3)
    model.coefs_[0][:, 0] = 0
    for width in (3, 2):
        shift(model, 0, slice(0, width), 30)
    pruned = prune(model, X)
    assert_allclose(pruned.predict(X), model.predict(X), rtol=0, atol=1e-9)
    assert n_parameters_scorer(pruned) <= n_parameters_scorer(model)
    quick(clone(pruned))  # the new sizes are of a network that can be trained


def test_an_ensemble_is_as_wide_as_its_widest():
    model = network("prelu", (8, 6), ensemble_size=3, max_iter=5)
    for i, n_linear in enumerate((8, 7, 6)):
        model.intercepts_[1][i, : n_linear - 2] += 100
        model.intercepts_[0][i, :n_linear] += 100
    pruned = prune(model, X)
    assert pruned.coefs_[0].shape[0] == 3
    assert pruned.hidden_layer_sizes[0] < 8
    assert_same_but_smaller(model, pruned)
    for params, size in zip(pruned.activation_parameters_, pruned.hidden_layer_sizes, strict=True):
        assert params["slope"].shape == (3, size)


def test_a_pipeline_is_pruned_as_a_whole_and_goes_on_learning():
    model = quick(
        make_pipeline(StandardScaler(), MLPClassifier((30,), warm_start=True, max_iter=2)), X, y > 0
    )
    shift(model[-1], 0, slice(0, 10), -100)
    pruned = prune(model, X)
    assert pruned[-1].hidden_layer_sizes == (20,)
    assert model[-1].hidden_layer_sizes == (30,)
    assert_allclose(pruned.predict_proba(X), model.predict_proba(X), atol=1e-9)
    quick(pruned, X, y > 0)


def test_sparse_inputs_and_single_precision():
    sparse = csr_array(np.where(np.abs(X) > 1, X, 0))
    model = shift(quick(MLPRegressor(hidden_layer_sizes=(8,), max_iter=1), sparse, y), 0, [0], -100)
    assert prune(model, sparse).hidden_layer_sizes == (7,)
    single = network(sizes=(8,), dtype="float32")
    shift(single, 0, [0, 1], -100)
    shift(single, 0, [2, 3, 4, 5], 50)
    pruned = prune(single, X)
    assert pruned.coefs_[0].dtype == np.float32
    assert pruned.hidden_layer_sizes == (3,)
    assert_allclose(pruned.predict(X), single.predict(X), atol=1e-4)


@pytest.mark.parametrize("cls", [neural_network.MLPClassifier, neural_network.MLPRegressor])
def test_scikit_learn_s_own_networks(cls):
    model = quick(cls(hidden_layer_sizes=(12, 5), max_iter=3, random_state=0), X, y > 0)
    shift(model, 0, [0, 1], -100)
    shift(model, 0, range(4, 12), 50)
    pruned = prune(model, X)
    assert type(pruned) is cls
    assert pruned.hidden_layer_sizes[0] < 10
    predict = "predict_proba" if cls is neural_network.MLPClassifier else "predict"
    assert_allclose(getattr(pruned, predict)(X), getattr(model, predict)(X), atol=1e-9)
    before = model.predict(X)
    assert repair_dead_units(model, X, random_state=0).n_repaired[0] == 2
    assert activation_report(model, X).layer_dead[0] == 0
    assert_array_equal(model.predict(X), before)
    assert not hasattr(pruned, "activation_parameters_")


def without_output(activation):
    """A network whose units pass nothing on."""
    model = network(activation, (8,), cls=MLPRegressor)
    shift(model, 0, slice(None), {"negative_relu": -50, "hard_tanh": 0}.get(activation, 50))
    model.coefs_[0] /= 100 if activation == "hard_tanh" else 1
    model.coefs_[1][:] = 0
    return model


@pytest.mark.parametrize("activation", ["relu", "identity", "leaky_relu", "negative_relu"])
def test_units_that_pass_nothing_on_are_removed(activation):
    model = without_output(activation)
    pruned = prune(model, X)
    assert pruned.hidden_layer_sizes == (1,)
    assert_same_but_smaller(model, pruned)
    assert_allclose(prune(pruned, X).predict(X), model.predict(X))


@pytest.mark.parametrize("activation", ["relu", "identity", "leaky_relu"])
def test_units_whose_parts_cancel_are_removed(activation):
    # Two units that are the same and go out with opposite signs: what is left is a constant.
    model = network(activation, (2,))
    model.coefs_[0][:, 1] = model.coefs_[0][:, 0]
    model.intercepts_[0][:] = [50, 60]
    model.coefs_[1][:, 0] = [2, -2]
    pruned = prune(model, X)
    assert pruned.hidden_layer_sizes == (1,)
    assert_same_but_smaller(model, pruned)


DEGENERATE = {
    "no hidden layer": ((), lambda model: None),
    "one unit": ((1,), lambda model: None),
    "one dead unit": ((1,), lambda model: shift(model, 0, [0], -100)),
    "all units dead": ((4, 3), lambda model: shift(model, 1, slice(None), -1000)),
    "no weights": ((4, 3), lambda model: model.coefs_[1].fill(0)),
    "no outputs": ((4, 3), lambda model: model.coefs_[2].fill(0)),
    "a pruned one": ((4, 3), lambda model: vars(model).update(vars(prune(model, X)))),
}


@pytest.mark.parametrize("activation", ["relu", "identity", "hard_tanh", "crelu", "maxout"])
@pytest.mark.parametrize("case", DEGENERATE)
def test_degenerate_networks_are_inspected_pruned_and_repaired(case, activation):
    sizes, change = DEGENERATE[case]
    model = network(activation, sizes)
    change(model)
    before = model.predict(X)
    pieces = local_linear_map(model, X)
    assert_allclose((pieces.coef[:, 0] * X).sum(axis=1) + pieces.intercept[:, 0], before, atol=1e-9)
    assert linear_regions(model, X).sizes.sum() == len(X)
    assert 0 <= activation_report(model, X).dead <= 1
    pruned = prune(model, X)
    assert_allclose(pruned.predict(X), before, atol=1e-9)
    assert n_parameters_scorer(pruned) <= n_parameters_scorer(model)
    repair_dead_units(model, X, random_state=0)
    assert_allclose(model.predict(X), before, atol=1e-9)
