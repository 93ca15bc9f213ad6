"""Parameters and data that cannot mean what was asked: an error that names them."""

import itertools
import re
import time

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split

from sklearn_relu import MLPClassifier, MLPRegressor, RNNClassifier, TabularMLPClassifier
from sklearn_relu.activations import ACTIVATIONS, CELU, ELU, LeakyReLU, PReLU, RReLU, ThresholdReLU
from sklearn_relu.estimators.fitted_arrays import initial_params
from sklearn_relu.estimators.parts import FAMILIES
from sklearn_relu.initializers import Auto, Constant
from sklearn_relu.layers import dense_layers
from sklearn_relu.network.inference import forward_batches
from sklearn_relu.network.layout import ParameterLayout
from sklearn_relu.penalties import L2
from sklearn_relu.schedules import FunctionRate, WarmUp

rng = np.random.RandomState(0)
X = rng.normal(size=(200, 6))
y = (X[:, 0] + X[:, 1] * X[:, 2] > 0).astype(int)
y3 = np.digitize(X[:, 0], [-0.5, 0.5])
LABELS = (X[:, :3] > 0).astype(int)
SMALL = {"hidden_layer_sizes": (5,), "random_state": 0, "max_iter": 6}
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # Fits of a few epochs are worse than a constant, and say so.
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_class_without_any_weight_counts_nothing_when_classes_are_balanced(solver):
    weight = np.where(y3 == 1, 0.0, 1.0)
    params = {**SMALL, "solver": solver}
    model = MLPClassifier(**params, class_weight="balanced").fit(X, y3, weight)
    counts = np.bincount(y3)[[0, 2]]
    by_hand = np.select([y3 == 0, y3 == 2], counts.sum() / (2 * counts), 0.0)
    expected = MLPClassifier(**params).fit(X, y3, by_hand)
    for one, other in zip(model.coefs_, expected.coefs_, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)
    assert model.loss_ > 0


@pytest.mark.parametrize(
    ("target", "class_weight"),
    [
        (y, {0: np.nan, 1: 1}),
        (y, {0: np.inf, 1: 1}),
        (y, {0: -1, 1: 1}),
        (y, {0: 0, 1: 0}),
        (LABELS, [{0: 1, 1: -5}] * 3),
    ],
    ids=str,
)
def test_weights_of_classes_are_finite_and_not_negative(target, class_weight):
    if np.ndim(target) == 1:
        match = "class_weight must hold finite numbers >= 0"
    else:
        match = "class_weight must hold"
    with pytest.raises(ValueError, match=match):
        MLPClassifier(**SMALL, class_weight=class_weight).fit(X, target)


@pytest.mark.parametrize("class_weight", [["balnced"] * 3, [{0: 1, 1: 2, 2: 5}] * 3], ids=str)
def test_rules_for_labels_are_read_or_refused(class_weight):
    with pytest.raises(ValueError, match="class_weight for multilabel targets must be"):
        MLPClassifier(**SMALL, class_weight=class_weight).fit(X, LABELS)


def test_balanced_labels_are_not_for_partial_fit():
    model = MLPClassifier(class_weight=["balanced", {0: 1, 1: 2}, "balanced"])
    assert model.fit(X, LABELS).predict(X).shape == LABELS.shape
    with pytest.raises(ValueError, match="'balanced' is not supported for partial_fit"):
        model.partial_fit(X, LABELS)


def test_sparse_labels_can_be_held_out():
    sparse = sp.csr_array(LABELS)
    for fit_args in ({}, {"X_val": X, "y_val": sparse}):
        dense_args = {**fit_args, **({"y_val": LABELS} if fit_args else {})}
        one = MLPClassifier(**SMALL, early_stopping=True).fit(X, sparse, **fit_args)
        other = MLPClassifier(**SMALL, early_stopping=True).fit(X, LABELS, **dense_args)
        assert one.validation_scores_ == other.validation_scores_
        assert np.array_equal(one.coefs_[0], other.coefs_[0])


def test_held_out_targets_are_of_the_same_kind():
    with pytest.raises(ValueError, match="`y` is multiclass, and was multilabel-indicator in"):
        MLPClassifier(**SMALL).fit(X, LABELS, X_val=X, y_val=y3)


def test_a_time_limit_is_for_all_networks_of_an_ensemble_together(monkeypatch):
    """On a clock that goes on by a hundredth of a second whenever it is looked at."""
    ticks = itertools.count()
    monkeypatch.setattr(time, "perf_counter", lambda: next(ticks) / 100)
    data = rng.normal(size=(200, 10))
    model = MLPClassifier((20,), solver="lbfgs", ensemble_size=4, time_limit=2.0)
    model.set_params(max_iter=10**5, max_fun=10**7, tol=0, random_state=0)
    model.fit(data, data[:, 0] * data[:, 1] > 0)
    # Each network has a share; four limits one after the other would be 8 seconds.
    seconds = [sum(each) for each in model.history_["seconds"]]
    assert 1.8 < sum(seconds) < 2.1
    np.testing.assert_allclose(seconds, 0.5, atol=0.05)


AMPLIFYING = {"SquaredReLU", "ThresholdReLU", "HardSwish", "SiLU", "GELU", "Mish"}
"""These amplify any deviation of the signal's size; their docstrings say so."""
OTHER_SLOPES = [LeakyReLU(0.5), LeakyReLU(1.0), PReLU(1.0), RReLU(0.5, 1.0), CELU(5.0), ELU(5.0)]


@pytest.mark.parametrize(
    "activation",
    OTHER_SLOPES
    + [
        cls()
        for cls in dict.fromkeys(ACTIVATIONS.values())
        if cls().initialization in ("he_normal", "variance_scaling")
        and cls.__name__ not in AMPLIFYING
    ],
    ids=repr,
)
def test_the_default_start_keeps_the_signal_through_20_layers(activation):
    layers = dense_layers(100, [300] * 20, [activation] * 20, 1)
    params = initial_params(layers, Auto(), Constant(0.0), np.random.RandomState(0), None, float)
    data = np.random.RandomState(1).normal(size=(200, 100))
    views = ParameterLayout(layers).views(params[None])
    _, outputs = next(forward_batches(layers, views, data, np.dtype(float), 2**30))
    sizes = [np.square(a).mean() for a in outputs[:-1]]
    assert 1 / 6 < sizes[-1] / sizes[0] < 6


@pytest.mark.filterwarnings("ignore::sklearn_relu.TrainingWarning")
def test_a_gain_is_finite_also_where_nothing_passes():
    assert np.isfinite(ThresholdReLU(40.0).gain)
    model = MLPClassifier(**SMALL, activation=ThresholdReLU(40.0)).fit(X, y)
    assert np.isfinite(model.coefs_[0]).all()


def test_scores_by_another_metric_or_of_other_data_do_not_compare():
    params = {**SMALL, "max_iter": 10, "early_stopping": True, "warm_start": True, "tol": 0}
    model = MLPClassifier(**params, n_iter_no_change=50).fit(X, y)
    by_accuracy = model.best_validation_score_
    model.set_params(early_stopping_metric="neg_log_loss").fit(X, y)
    assert model.best_validation_score_ == max(model.validation_scores_[10:])
    assert model.best_validation_score_ < 0 < by_accuracy
    model.fit(X, y, X_val=X[:50], y_val=y[:50])
    assert model.best_validation_score_ == max(model.validation_scores_[20:])
    model.fit(X, y, X_val=X[:50], y_val=y[:50])
    assert model.best_validation_score_ == max(model.validation_scores_[20:])


def test_probabilities_depend_on_the_loss_that_was_minimized():
    model = MLPClassifier(**SMALL, loss="hinge").fit(X, y).set_params(loss="log_loss")
    assert not hasattr(model, "predict_proba")
    with pytest.raises(AttributeError) as error:
        _ = model.predict_proba
    assert "loss=Hinge() gives margins, not probabilities" in str(error.value.__cause__)
    model.fit(X, y).set_params(loss="hinge")
    assert model.predict_proba(X).shape == (200, 2)


@pytest.mark.parametrize("before", [False, True])
def test_targets_keep_their_units_while_training_goes_on(before):
    target = 100 + X[:, 0]
    model = MLPRegressor(**SMALL, standardize_y=before, warm_start=True).fit(X, target)
    model.set_params(standardize_y=not before)
    with pytest.raises(ValueError, match=f"standardize_y={not before} differs from the last call"):
        model.fit(X, target)
    model.set_params(warm_start=False).fit(X, target)


@pytest.mark.parametrize("standardize_y", [False, True])
def test_targets_keep_their_number_while_training_goes_on(standardize_y):
    model = MLPRegressor(**SMALL, standardize_y=standardize_y).partial_fit(X, X[:, :2])
    with pytest.raises(ValueError, match="y has 3 outputs, and 2 in training"):
        model.partial_fit(X, X[:, :3])


@pytest.mark.parametrize("metric", ["score", "loss"])
@pytest.mark.parametrize("Estimator", [MLPClassifier, MLPRegressor])
def test_a_validation_split_without_weight_is_refused(Estimator, metric):
    weight = np.zeros(200)
    weight[:3] = 1
    model = Estimator(**SMALL, early_stopping=True, early_stopping_metric=metric)
    with pytest.raises(ValueError, match=r"sample_weight_val: .*at least one non-zero number"):
        model.fit(X, y, X_val=X, y_val=y, sample_weight_val=np.zeros(200))
    refused = 0
    for seed in range(5):  # in most splits none of the three rows is held out
        rows = train_test_split(
            np.arange(200),
            random_state=_for_held_out_rows(seed),
            test_size=0.1,
            stratify=y if Estimator is MLPClassifier else None,
        )
        model.set_params(random_state=seed)
        if weight[rows[1]].any():
            assert np.isfinite(model.fit(X, y, weight).best_validation_score_)
            continue
        refused += 1
        with pytest.raises(ValueError, match="early_stopping=True needs held-out rows that count"):
            model.fit(X, y, weight)
    assert refused


def _for_held_out_rows(seed):
    """The generator that draws held-out rows, made from that of the fit."""
    words = np.random.RandomState(seed).randint(2**32, size=8, dtype=np.uint32)
    return np.random.RandomState(words)


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        (lambda model, X, y: None, "early_stopping_metric must return one number.*returned None"),
        (lambda model, X, y: np.ones(2), "early_stopping_metric must return one number"),
        (accuracy_score, "make_scorer"),
    ],
    ids=["None", "array", "metric"],
)
def test_a_metric_is_a_scorer_that_returns_a_number(metric, message):
    with pytest.raises(ValueError, match=message):
        MLPClassifier(**SMALL, early_stopping=True, early_stopping_metric=metric).fit(X, y)


@pytest.mark.filterwarnings("default::sklearn.exceptions.ConvergenceWarning")
def test_a_metric_without_a_number_in_any_epoch_is_said():
    model = MLPClassifier(**SMALL, early_stopping=True, early_stopping_metric=lambda *args: np.nan)
    with pytest.warns(UserWarning, match="early_stopping_metric was NaN in every epoch"):
        model.fit(X, y)


def test_a_function_can_be_warmed_up():
    plain = WarmUp(schedule=lambda progress: 0.5)
    as_part = WarmUp(schedule=FunctionRate(plain.schedule))
    one, other = (
        MLPClassifier(**SMALL, solver="sgd", learning_rate=each).fit(X, y)
        for each in (plain, as_part)
    )
    assert one.history_["learning_rate"] == other.history_["learning_rate"]
    assert one.history_["learning_rate"][-1] == 0.0005


def test_none_is_no_activation():
    with pytest.raises(ValueError, match=r"activation must be one of .*got None"):
        MLPClassifier(**SMALL, activation=[None]).fit(X, y)
    with pytest.raises(ValueError, match=r"penalty must be one of .*, or None; got 'none'"):
        MLPClassifier(**SMALL, penalty="none").fit(X, y)


@pytest.mark.parametrize("parameter", FAMILIES)
def test_a_class_in_place_of_an_instance_is_explained_by_fit(parameter):
    cls = L2 if parameter == "penalty" else next(iter(FAMILIES[parameter][0].values()))
    own = dict.fromkeys(("gate_activation", "recurrent_initialization"), RNNClassifier)
    of = (own | {"numerical_embedding": TabularMLPClassifier}).get(parameter, MLPClassifier)
    model = of(**SMALL).set_params(**{parameter: cls})
    with pytest.raises(ValueError, match=f"That is a class: pass an instance, {cls.__name__}()"):
        model.fit(X, y)


ELSEWHERE = {
    "activation": {
        "identity": ["linear", "none"],
        "relu": ["ReLU", "RELU", "rectifier"],
        "leaky_relu": ["leakyrelu", "LeakyReLU", "lrelu", "leaky-relu"],
        "rrelu": ["RReLU", "randomized_relu"],
        "hard_swish": ["hardswish", "hard_silu"],
        "silu": ["SiLU"],
        "swish": ["Swish"],
        "sigmoid": ["Sigmoid"],
    },
    "initialization": {
        "glorot_uniform": ["xavier", "xavier_uniform", "glorot", "GlorotUniform"],
        "glorot_normal": ["xavier_normal"],
        "he_normal": ["kaiming", "kaiming_normal", "he", "HeNormal"],
        "he_uniform": ["kaiming_uniform"],
        "fan_in_uniform": ["pytorch"],
        "identity": ["eye"],
    },
    "bias_initialization": {"zeros": ["zero"], "ones": ["one"]},
    "penalty": {
        "l2": ["L2", "ridge", "weight_decay"],
        "l1": ["lasso"],
        "elasticnet": ["elastic_net", "l1_l2", "ElasticNet"],
        "group_lasso": ["grouplasso", "group"],
    },
    "activity_penalty": {"kl": ["KL", "kl_divergence"]},
    "loss": {
        "squared_error": ["mse", "MSE", "MSELoss", "mean_squared_error", "l2", "least_squares"],
        "absolute_error": ["mae", "L1Loss", "l1", "lad"],
        "huber": ["smooth_l1", "HuberLoss", "huber_loss"],
        "quantile": ["pinball"],
        "log_loss": [
            "cross_entropy",
            "CrossEntropyLoss",
            "bce",
            "BCEWithLogitsLoss",
            "nll",
            "deviance",
        ],
        "focal": ["focal_loss", "FocalLoss"],
        "hinge": ["hinge_loss"],
        "gaussian_nll": ["GaussianNLLLoss"],
    },
    "solver": {
        "adam": ["Adam", "ADAM"],
        "sgd": ["nesterov", "momentum", "gradient_descent"],
        "rmsprop": ["RMSprop", "rms_prop"],
        "lbfgs": ["L-BFGS-B", "l_bfgs"],
        "adamw": ["AdamW", "adam_w"],
    },
    "learning_rate": {
        "adaptive": ["ReduceLROnPlateau"],
        "cosine": ["cosine_annealing", "CosineAnnealingLR"],
        "cosine_log": ["coslog", "coslog4", "CosineLog"],
        "flat_cosine": ["flat_cos"],
        "one_cycle": ["onecycle", "1cycle"],
        "exponential": ["exponential_decay", "exp"],
        "invscaling": ["inverse_scaling"],
    },
}
"""Names of ours, and for each what other libraries call it."""


@pytest.mark.parametrize(
    ("parameter", "ours", "theirs"),
    [
        (parameter, ours, theirs)
        for parameter, family in ELSEWHERE.items()
        for ours, names in family.items()
        for theirs in names
    ],
)
def test_names_of_other_libraries_are_answered_with_ours(parameter, ours, theirs):
    model = MLPClassifier(**SMALL).set_params(**{parameter: theirs})
    with pytest.raises(ValueError, match=rf"got '{theirs}'\. Did you mean '{ours}'\?$"):
        model.fit(X, y)


@pytest.mark.parametrize("parameter", FAMILIES)
def test_tables_of_other_names_lead_to_names_of_the_family(parameter):
    family, base = FAMILIES[parameter]
    ours = {re.sub("[^a-z0-9]", "", name) for name in family}
    for theirs, meant in base.elsewhere.items():
        assert re.fullmatch("[a-z0-9]+", theirs)
        assert theirs not in ours
        assert meant in family or meant.endswith(".")


@pytest.mark.parametrize(
    ("parameter", "value", "advice"),
    [
        ("activation", "softmax", "It is for outputs: the loss of a classifier brings it."),
        ("initialization", "normal", "Which variance? VarianceScaling"),
        ("penalty", "none", "For none pass None."),
        ("activity_penalty", "None", "For none pass None."),
        ("learning_rate", 0.01, "Did you mean learning_rate_init=0.01?"),
        ("learning_rate", 1, "Did you mean learning_rate_init=1?"),
        ("loss", (16,), "Did you mean hidden_layer_sizes=(16,)?"),
        ("loss", [16, 8], "Did you mean hidden_layer_sizes=[16, 8]?"),
        ("loss", 16, "Did you mean hidden_layer_sizes=16?"),
        ("loss", "relu", "Did you mean activation='relu'?"),
        ("activation", "adam", "Did you mean solver='adam'?"),
    ],
)
def test_what_has_no_name_here_or_is_another_parameter_s_is_said(parameter, value, advice):
    for Estimator in (MLPClassifier, MLPRegressor):
        model = Estimator(**SMALL).set_params(**{parameter: value})
        with pytest.raises(ValueError, match=re.escape(f"got {value!r}. {advice}")):
            model.fit(X, y)


@pytest.mark.parametrize("value", [True, None, ("relu",)])
def test_nothing_is_guessed_of_other_values(value):
    for parameter in ("loss", "learning_rate"):
        with pytest.raises(ValueError, match=rf"got {re.escape(repr(value))}\.$"):
            MLPClassifier(**SMALL).set_params(**{parameter: value}).fit(X, y)


@pytest.mark.parametrize("args", [((16,),), (16,), ((16,), "tanh"), ([16, 8], "tanh")])
def test_a_regressor_s_sizes_in_scikit_learn_s_place_of_the_loss(args):
    """scikit-learn's regressor takes the loss first, its classifier the sizes."""
    message = rf"got {re.escape(repr(args[0]))}\. Did you mean hidden_layer_sizes="
    with pytest.raises(ValueError, match=message):
        MLPRegressor(*args).fit(X, X[:, 0])
    with pytest.raises(ValueError, match=message):
        MLPRegressor(*args).partial_fit(X, X[:, 0])


@pytest.mark.parametrize("bias", [np.nan, np.inf])
def test_a_bias_is_a_finite_number(bias):
    with pytest.raises(ValueError, match="bias_initialization must be finite"):
        MLPClassifier(**SMALL, bias_initialization=bias).fit(X, y)


@pytest.mark.parametrize(("before", "after"), [(y3, LABELS), (LABELS, y3)], ids=["many", "one"])
def test_labels_stay_of_one_kind_while_training_goes_on(before, after):
    model = MLPClassifier(**SMALL, warm_start=True).fit(X, before)
    with pytest.raises(ValueError, match=r"`y` is multi\w+-?\w*, and was multi.* in training"):
        model.fit(X, after)


@pytest.mark.parametrize("early_stopping", [False, True])
def test_one_held_out_row_has_no_r2(early_stopping):
    model = MLPRegressor(**SMALL, early_stopping=early_stopping)
    model.fit(X, X[:, 0], X_val=X[:1], y_val=X[:1, 0])
    assert np.isnan(model.history_["validation_score"]).all()
    assert np.isfinite(model.history_["validation_loss"]).all()


@pytest.mark.parametrize(
    ("class_weight", "message"),
    [
        ({0: [1], 1: 1}, "class_weight must hold numbers"),
        ({0: 1j, 1: 1}, "class_weight must hold numbers"),
        ([1], "a list of these for multilabel targets only"),
        ([{0: 1, 1: 2}], "a list of these for multilabel targets only"),
    ],
    ids=str,
)
def test_weights_of_classes_are_numbers_by_class(class_weight, message):
    with pytest.raises(ValueError, match=message):
        MLPClassifier(**SMALL, class_weight=class_weight).fit(X, y)
    with pytest.raises(ValueError, match="class_weight"):
        MLPClassifier(**SMALL).partial_fit(X, y, classes=[0, 1]).set_params(
            class_weight=1
        ).partial_fit(X, y)


@pytest.mark.parametrize(
    "data", [object(), [[1, 2], [3]], [[{}]]], ids=["object", "ragged", "dict"]
)
def test_what_is_no_table_of_numbers_is_an_error_that_names_x(data):
    model = MLPClassifier(**SMALL).fit(X, y)
    for call in (model.predict, lambda data: model.fit(data, y)):
        with pytest.raises((TypeError, ValueError), match="Input X must be a table of numbers"):
            call(data)


def test_targets_that_are_no_classes_are_refused_in_words():
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        MLPClassifier(**SMALL).fit(X, np.where(y, 1e30, 0.0))
    with pytest.raises(ValueError, match="y, and classes, must be arrays"):
        MLPClassifier(**SMALL).partial_fit(X, y, classes=[[1], [1, 2]])
