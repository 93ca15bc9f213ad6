"""The estimators beyond scikit-learn's: labels, parts as parameters, ensembles, precision."""

import inspect

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn
from scipy.special import expit, logit
from sklearn.base import clone
from sklearn.datasets import make_classification, make_multilabel_classification, make_regression
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.neural_network import MLPClassifier as SklearnClassifier
from sklearn.neural_network import MLPRegressor as SklearnRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_relu import MLPClassifier, MLPRegressor, RNNClassifier, TabularMLPClassifier
from sklearn_relu.activations import ELU, LeakyReLU, Maxout, PReLU, Tanh
from sklearn_relu.estimators.parts import FAMILIES
from sklearn_relu.initializers import HeNormal
from sklearn_relu.optimizers import SGD, Adam
from sklearn_relu.penalties import L1, ElasticNet

X, y = make_classification(80, 6, n_informative=4, n_classes=3, random_state=0)
X_r, y_r = make_regression(80, 6, random_state=0)
SMALL = {"hidden_layer_sizes": (5,), "max_iter": 4, "random_state": 0}

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # Fits of a few epochs are worse than a constant, and say so.
    pytest.mark.filterwarnings("ignore:(?s).*worse than a constant:sklearn_relu.TrainingWarning"),
]


@pytest.mark.parametrize(
    ("ours", "theirs"), [(MLPClassifier, SklearnClassifier), (MLPRegressor, SklearnRegressor)]
)
def test_constructors_are_a_superset_of_scikit_learns(ours, theirs):
    mine, known = inspect.signature(ours).parameters, inspect.signature(theirs).parameters
    for name, parameter in known.items():
        assert mine[name].default == parameter.default
        assert mine[name].kind == parameter.kind
    positional = [p.name for p in known.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert list(mine)[: len(positional)] == positional
    new = [p for name, p in mine.items() if name not in known]
    assert new
    assert all(p.kind is p.KEYWORD_ONLY for p in new)
    public = [name for name in dir(theirs) if not name.startswith("_")]
    assert set(public) <= set(dir(ours))


@pytest.mark.parametrize(
    "labels",
    [["ash", "elm", "oak"], [3.0, -1.0, 7.0], [True, False], [10**12, 1, 5]],
    ids=["str", "float", "bool", "int"],
)
@pytest.mark.parametrize("early_stopping", [False, True])
def test_labels_come_back_as_they_came_in(labels, early_stopping):
    named = np.array(labels)[y % len(labels)]
    model = MLPClassifier(**SMALL, early_stopping=early_stopping).fit(X, named)
    predicted = model.predict(X)
    assert predicted.dtype == named.dtype
    assert set(predicted) <= set(labels)
    np.testing.assert_array_equal(model.classes_, np.unique(labels))
    numbered = MLPClassifier(**SMALL, early_stopping=early_stopping).fit(
        X, np.searchsorted(model.classes_, named)
    )
    np.testing.assert_array_equal(numbered.predict_proba(X), model.predict_proba(X))


def test_early_stopping_keeps_the_shares_of_several_classes():
    """scikit-learn's split is stratified for two classes only."""
    rare = np.repeat([0, 1, 2], [60, 16, 4])
    seen = []

    class Recording(MLPClassifier):
        def _score_predictions(self, predictions, truth, sample_weight):
            seen.append(np.bincount(truth))
            return super()._score_predictions(predictions, truth, sample_weight)

    model = Recording(**SMALL, early_stopping=True, validation_fraction=0.25).fit(X, rare)
    np.testing.assert_array_equal(seen[0], [15, 4, 1])
    assert model.best_validation_score_ == max(model.validation_scores_)


def test_predictions_use_the_weights_as_they_are_now():
    model = MLPRegressor(**SMALL).fit(X_r, y_r)
    model.coefs_ = [np.zeros_like(coef) for coef in model.coefs_]
    model.intercepts_[-1] = np.array([2.5])
    np.testing.assert_array_equal(model.predict(X_r), np.full(80, 2.5))


@pytest.mark.parametrize("X", [X, sp.csr_array(X), sp.csc_matrix(X)], ids=["dense", "csr", "csc"])
def test_predict_in_chunks_equals_predict_at_once(X, monkeypatch):
    model = MLPClassifier(**(SMALL | {"hidden_layer_sizes": (50, 40)}), ensemble_size=2).fit(X, y)
    at_once = model.predict_proba(X)
    with sklearn.config_context(working_memory=0.02):  # MiB; 80 rows would take 0.3
        np.testing.assert_allclose(model.predict_proba(X), at_once, rtol=1e-12, atol=1e-15)


def test_working_memory_bounds_predict():
    import tracemalloc

    model = MLPRegressor(hidden_layer_sizes=(400,), max_iter=1, random_state=0, standardize_y=True)
    model.fit(X_r, y_r)
    many = np.tile(X_r, (500, 1))
    with sklearn.config_context(working_memory=1):
        tracemalloc.start()
        predicted = model.predict(many)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    # Beside the output: the validated X is not copied, activations take at most 1 MiB, and
    # isfinite checks of X take 1 byte a value.
    assert peak < 2 * predicted.nbytes + 2**20 + many.size + 100_000


@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
def test_dtype_says_in_which_precision_to_compute(estimator):
    target = y if estimator is MLPClassifier else y_r
    for dtype in ("float32", "float64"):
        model = estimator(**SMALL, dtype=dtype, activation="prelu").fit(X, target)
        arrays = [*model.coefs_, *model.intercepts_, model.activation_parameters_[0]["slope"]]
        assert {array.dtype for array in arrays} == {np.dtype(dtype)}
        output = model.predict_proba(X) if estimator is MLPClassifier else model.predict(X)
        assert output.dtype == dtype
    single = estimator(**SMALL).fit(X.astype(np.float32), target)
    assert single.coefs_[0].dtype == np.float32


def test_learned_slopes_are_a_dict_for_each_hidden_layer():
    model = MLPClassifier((5, 4, 3), ["prelu", "relu", PReLU(0.1)], max_iter=3, random_state=0)
    model.fit(X, y)
    first, second, third = model.activation_parameters_
    assert first["slope"].shape == (5,)
    assert second == {}
    assert third["slope"].shape == (3,)
    assert (first["slope"] != 0.25).any()


def test_slopes_and_biases_are_not_penalised():
    """Under a huge penalty weights go to 0; slopes and biases stay where they are."""
    model = MLPRegressor(
        "squared_error", (5,), "prelu", alpha=1e6, solver="sgd", learning_rate_init=1e-5
    )
    model.set_params(momentum=0, bias_initialization=0.5, max_iter=300, tol=0, random_state=0)
    model.fit(X_r, np.full(80, 0.5))
    assert abs(np.concatenate([c.ravel() for c in model.coefs_])).max() < 1e-6
    np.testing.assert_allclose(model.activation_parameters_[0]["slope"], 0.25, atol=1e-3)
    np.testing.assert_allclose(model.intercepts_[0], 0.5, atol=1e-2)


@pytest.mark.parametrize("penalty", ["l1", L1(), "elasticnet"])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_l1_gives_exact_zeros(penalty, solver):
    params = {"max_iter": 300, "random_state": 0, "solver": solver, "tol": 0}
    params["learning_rate_init"] = 0.02 if solver == "adam" else 0.05
    model = MLPClassifier((10,), penalty=penalty, alpha=2.0, **params).fit(X, y)
    assert (model.coefs_[0] == 0).mean() > 0.3
    assert model.score(X, y) > 0.6  # not all is gone
    assert not (MLPClassifier((10,), alpha=2.0, **params).fit(X, y).coefs_[0] == 0).any()


@pytest.mark.parametrize(
    "solver", ["adam", SGD(momentum=0), SGD(momentum=0.9), SGD(nesterovs_momentum=False)], ids=repr
)
@pytest.mark.parametrize("l1_ratio", [1.0, 0.5])
def test_the_zeros_are_those_of_the_optimum(solver, l1_ratio):
    """A linear network with the penalty is scikit-learn's elastic net, up to the factor n."""
    from sklearn.linear_model import ElasticNet as Reference

    target = X_r @ [1.0, 0, 0.2, 0, -2, 0.1] + 3 + np.random.RandomState(0).normal(size=80)
    reference = Reference(alpha=0.3, l1_ratio=l1_ratio, tol=1e-12).fit(X_r, target)
    model = MLPRegressor(hidden_layer_sizes=(), solver=solver, batch_size=80, tol=0)
    model.set_params(penalty=ElasticNet(l1_ratio), alpha=0.3 * 80, max_iter=4000)
    model.set_params(learning_rate_init=0.02, random_state=0, n_iter_no_change=np.inf)
    model.fit(X_r, target)
    coef = model.coefs_[0][:, 0]
    assert 0 < (reference.coef_ == 0).sum() < 6
    np.testing.assert_array_equal(coef == 0, reference.coef_ == 0)
    np.testing.assert_allclose(coef, reference.coef_, atol=1e-5)


def test_an_activity_penalty_makes_codes_sparser():
    def mean_activation(model):
        return np.maximum(X @ model.coefs_[0] + model.intercepts_[0], 0).mean()

    params = {"max_iter": 100, "random_state": 0, "tol": 0, "learning_rate_init": 0.01}
    free = MLPClassifier((30,), **params).fit(X, y)
    for penalty in ("l1", "l2"):
        held = MLPClassifier((30,), activity_penalty=penalty, activity_alpha=0.05, **params)
        assert mean_activation(held.fit(X, y)) < 0.6 * mean_activation(free)


def test_biases_start_as_asked():
    def start(**params):
        model = MLPClassifier((50,), max_iter=1, learning_rate_init=1e-12, random_state=0)
        return model.set_params(**params).fit(X, y)

    bound = np.sqrt(6 / (X.shape[1] + 50))  # scikit-learn's
    assert 0.9 * bound < np.abs(start().intercepts_[0]).max() <= bound
    np.testing.assert_allclose(start(initialization="he_normal").intercepts_[0], 0, atol=1e-9)
    np.testing.assert_allclose(start(bias_initialization=0.1).intercepts_[0], 0.1, atol=1e-9)
    drawn = start(bias_initialization="fan_in_uniform").intercepts_[0]
    assert 0.5 < np.abs(drawn).max() * np.sqrt(6) <= 1
    named = start(bias_initialization=HeNormal(), initialization="orthogonal")
    assert named.intercepts_[0].std() > 0.3


class TestParameters:
    """Parts as parameters: by name, by instance, nested, in searches."""

    def test_a_nested_parameter_turns_a_name_into_its_part(self):
        model = MLPClassifier(activation="leaky_relu").set_params(activation__negative_slope=0.2)
        assert repr(model.activation) == "LeakyReLU(negative_slope=0.2)"
        model.set_params(activation="elu", activation__alpha=0.5)
        assert repr(model.activation) == "ELU(alpha=0.5)"
        with pytest.raises(ValueError, match="Invalid parameter 'slope'"):
            model.set_params(activation__slope=1)
        with pytest.raises(ValueError, match="Did you mean 'relu'"):
            model.set_params(activation="rellu", activation__alpha=1)

    def test_flat_and_nested_parameters_together(self):
        model = MLPClassifier().set_params(solver__beta_1=0.8, beta_2=0.5)
        assert (model.solver.beta_1, model.solver.beta_2) == (0.8, 0.5)

    def test_a_nested_parameter_of_what_is_not_a_part_is_refused(self):
        for params in ({"activation": ("relu", "elu")}, {"penalty": None}):
            name = next(iter(params))
            with pytest.raises(ValueError, match=f"{name}=.* has no parameters of its own"):
                MLPClassifier(**params).set_params(**{f"{name}__alpha": 1})

    def test_every_family_can_be_reached_by_a_nested_parameter(self):
        reached = {
            "activation": ("maxout", "n_pieces", 3),
            "initialization": ("orthogonal", "gain", 1.5),
            "bias_initialization": ("constant", "value", 0.1),
            "penalty": ("elasticnet", "l1_ratio", 0.2),
            "solver": ("adam", "beta_1", 0.8),
            "learning_rate": ("invscaling", "power_t", 0.3),
            "numerical_embedding": ("pbld", "n_outputs", 3),
            "regularization_schedule": ("flat_cosine", "flat", 0.3),
            "recurrent_initialization": ("orthogonal", "gain", 0.9),
            "gate_activation": ("celu", "alpha", 0.7),
        }
        own = dict.fromkeys(("gate_activation", "recurrent_initialization"), RNNClassifier)
        own["numerical_embedding"] = TabularMLPClassifier
        for name, (part, parameter, value) in reached.items():
            cls = own.get(name, MLPClassifier)
            model = cls(**SMALL).set_params(**{name: part, f"{name}__{parameter}": value})
            assert getattr(model, name).get_params()[parameter] == value
            model.fit(X, y)
        assert set(FAMILIES) - set(reached) == {"loss", "activity_penalty"}  # no parameters yet

    def test_fit_leaves_parameters_as_they_were_given(self):
        slope = LeakyReLU(0.3)
        model = MLPClassifier(**SMALL, activation=slope, solver="sgd").fit(X, y)
        assert model.activation is slope
        assert model.solver == "sgd"
        assert repr(clone(model).activation) == repr(slope)

    def test_a_parameter_changed_after_the_fit_does_not_change_predictions(self):
        model = MLPRegressor(hidden_layer_sizes=(5,), activation=LeakyReLU(0.3), max_iter=3)
        before = model.fit(X_r, y_r).predict(X_r)
        model.set_params(activation__negative_slope=0.9)
        np.testing.assert_array_equal(model.predict(X_r), before)

    def test_flat_parameters_reach_named_solvers_and_parts_carry_their_own(self):
        named = MLPClassifier(**SMALL, solver="sgd", momentum=0.5, nesterovs_momentum=False)
        part = MLPClassifier(**SMALL, solver=SGD(momentum=0.5, nesterovs_momentum=False))
        np.testing.assert_array_equal(named.fit(X, y).coefs_[0], part.fit(X, y).coefs_[0])
        flat = MLPClassifier(**SMALL, beta_1=0.5).fit(X, y)
        assert (
            flat.coefs_[0] == MLPClassifier(**SMALL, solver=Adam(0.5)).fit(X, y).coefs_[0]
        ).all()
        own = MLPClassifier(**SMALL, solver=Adam(), beta_1=0.5).fit(X, y)
        assert (own.coefs_[0] != flat.coefs_[0]).any()

    @pytest.mark.parametrize(
        ("grid", "n"),
        [
            ({"activation": ["relu", "tanh", "logistic"]}, 3),
            ({"activation": [PReLU(), ELU(0.5), "maxout", Maxout(3), ["tanh"]]}, 5),
            (
                {"activation": ["leaky_relu"], "activation__negative_slope": [0.01, 0.1, 0.5]},
                3,
            ),
            ({"penalty": ["l2", None, L1()], "initialization": ["auto", HeNormal()]}, 6),
        ],
    )
    def test_grid_search(self, grid, n):
        pipeline = make_pipeline(StandardScaler(), MLPClassifier(**SMALL))
        nested = {f"mlpclassifier__{name}": values for name, values in grid.items()}
        search = GridSearchCV(pipeline, nested, cv=2, error_score="raise").fit(X, y)
        assert len(search.cv_results_["params"]) == n
        assert np.isfinite(search.cv_results_["mean_test_score"]).all()
        assert search.best_estimator_.predict(X).shape == (80,)

    def test_activation_as_one_for_each_layer(self):
        both = MLPClassifier((5, 4), ("relu", Tanh()), max_iter=2, random_state=0).fit(X, y)
        hidden = np.tanh(
            np.maximum(X @ both.coefs_[0] + both.intercepts_[0], 0) @ both.coefs_[1]
            + both.intercepts_[1]
        )
        raw = hidden @ both.coefs_[2] + both.intercepts_[2]
        np.testing.assert_allclose(both.decision_function(X), raw, rtol=1e-10)

    def test_no_hidden_layer_is_a_linear_model(self):
        from sklearn.linear_model import LogisticRegression

        linear = MLPClassifier((), solver="lbfgs", alpha=1.0, max_iter=500, tol=1e-8)
        linear.set_params(random_state=0).fit(X, y)
        reference = LogisticRegression(tol=1e-10, max_iter=1000).fit(X, y)
        np.testing.assert_allclose(linear.predict_proba(X), reference.predict_proba(X), atol=1e-4)
        assert linear.activation_parameters_ == []


class TestEnsembles:
    """k networks from different draws, trained in lockstep, predictions averaged."""

    def test_classifier(self):
        model = MLPClassifier(**SMALL, ensemble_size=3).fit(X, y)
        assert model.coefs_[0].shape == (3, 6, 5)
        assert model.intercepts_[1].shape == (3, 3)
        assert (model.coefs_[0][0] != model.coefs_[0][1]).any()
        single = clone(model).set_params(ensemble_size=1).fit(X, y)
        total = 0
        for i in range(3):
            single.coefs_ = [coef[i] for coef in model.coefs_]
            single.intercepts_ = [intercept[i] for intercept in model.intercepts_]
            total = total + single.predict_proba(X)
        np.testing.assert_allclose(model.predict_proba(X), total / 3, rtol=1e-12)
        np.testing.assert_allclose(
            model.decision_function(X), logit(model.predict_proba(X)), rtol=1e-6
        )
        assert len(model.loss_curve_) == 3
        assert model.n_iter_ == max(len(curve) for curve in model.loss_curve_)
        assert model.loss_ == np.mean([curve[-1] for curve in model.loss_curve_])

    def test_binary_decision_is_the_log_odds(self):
        model = MLPClassifier(**SMALL, ensemble_size=2).fit(X, y > 0)
        decision = model.decision_function(X)
        assert decision.shape == (80,)
        np.testing.assert_allclose(expit(decision), model.predict_proba(X)[:, 1], rtol=1e-10)
        np.testing.assert_array_equal(model.predict(X), decision > 0)

    def test_regressor_with_slopes_and_early_stopping(self):
        model = MLPRegressor(**SMALL, activation="prelu", ensemble_size=2, early_stopping=True)
        model.fit(X_r, y_r)
        assert model.activation_parameters_[0]["slope"].shape == (2, 5)
        assert [len(scores) for scores in model.validation_scores_] == [4, 4]
        assert model.validation_scores_[0] != model.validation_scores_[1]
        assert model.predict(X_r).shape == (80,)

    def test_every_solver_and_sparse_inputs(self):
        for solver in ("lbfgs", "sgd"):
            model = MLPClassifier(**SMALL, solver=solver, ensemble_size=2).fit(sp.csr_array(X), y)
            assert model.predict(sp.csr_array(X)).shape == (80,)
            assert np.isfinite(model.loss_)

    @pytest.mark.parametrize("n_rows", [156, 158, 200, 311, 312, 314])
    def test_predictions_around_the_size_of_split_products(self, n_rows):
        """100 x 64 weights: from 158 rows on a product of an even number of rows is split."""
        many = np.random.RandomState(0).normal(size=(n_rows, 64))
        model = MLPRegressor(hidden_layer_sizes=(100,), ensemble_size=2, max_iter=1, random_state=0)
        model.fit(many, many[:, 0])
        hidden = np.maximum(many @ model.coefs_[0] + model.intercepts_[0][:, None], 0)
        raw = hidden @ model.coefs_[1] + model.intercepts_[1][:, None]
        np.testing.assert_allclose(model.predict(many), raw.mean(axis=0)[:, 0], rtol=1e-8)

    @pytest.mark.parametrize("n_classes", [2, 3])
    def test_log_odds_are_finite_where_probabilities_round_to_one(self, n_classes):
        centres = 40 * np.eye(n_classes)
        separable = np.repeat(centres, 20, axis=0) + np.random.RandomState(0).normal(
            size=(20 * n_classes, n_classes)
        )
        target = np.repeat(np.arange(n_classes), 20)
        model = MLPClassifier((8,), solver="lbfgs", alpha=0, tol=1e-12, ensemble_size=2)
        model.set_params(random_state=0).fit(separable, target)
        assert model.predict_proba(100 * separable).max() == 1
        decision = model.decision_function(100 * separable)
        assert np.isfinite(decision).all()
        predicted = decision > 0 if n_classes == 2 else decision.argmax(axis=1)
        np.testing.assert_array_equal(predicted, target)

    def test_an_ensemble_is_reproducible(self):
        first, second = (MLPClassifier(**SMALL, ensemble_size=2).fit(X, y) for _ in range(2))
        np.testing.assert_array_equal(first.coefs_[0], second.coefs_[0])


def test_multilabel_targets():
    X, Y = make_multilabel_classification(80, 6, n_classes=4, random_state=0)
    X_train, X_test, Y_train, Y_test = train_test_split(X, Y, random_state=0)
    model = MLPClassifier((20,), max_iter=200, random_state=0, early_stopping=True)
    model.fit(X_train, Y_train)
    assert model.predict(X_test).shape == Y_test.shape
    assert model.decision_function(X_test).shape == Y_test.shape
    assert model.out_activation_ == "logistic"
    model = MLPClassifier((20,), random_state=0)
    for _ in range(2):
        model.partial_fit(X_train, Y_train, classes=range(4))
    assert model.predict_proba(X_test).shape == Y_test.shape


def test_decision_function_is_the_raw_output():
    model = MLPClassifier(**SMALL).fit(X, y)
    shifted = model.decision_function(X) - model.decision_function(X).max(axis=1, keepdims=True)
    proba = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(X), proba, rtol=1e-12)
    np.testing.assert_allclose(model.predict_log_proba(X), np.log(proba), rtol=1e-12)


@pytest.mark.parametrize("ensemble_size", [1, 2])
def test_verbose_prints_each_epoch(capsys, ensemble_size):
    MLPClassifier(**SMALL, verbose=True, ensemble_size=ensemble_size).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4 * ensemble_size
    assert lines[0].startswith("Iteration 1, loss = ")
