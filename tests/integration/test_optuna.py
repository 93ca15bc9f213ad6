"""Optuna: a search over cross-validation, and pruning between epochs of partial_fit."""

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from sklearn.datasets import load_iris
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_relu import MLPClassifier, lockstep
from sklearn_relu.activations import LeakyReLU

X, Y = load_iris(return_X_y=True)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(autouse=True)
def _quiet():
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def study(**params):
    return optuna.create_study(
        direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0), **params
    )


def pipeline(**params):
    network = MLPClassifier((6,), batch_size=30, max_iter=10, random_state=0, **params)
    return make_pipeline(StandardScaler(), network)


@pytest.mark.parametrize("together", [False, True], ids=["one by one", "lockstep"])
def test_a_search_over_cross_validation(together):
    def objective(trial):
        slope = trial.suggest_float("slope", 0.0, 0.5)
        rate = trial.suggest_float("rate", 1e-4, 1e-1, log=True)
        model = pipeline(activation=LeakyReLU(slope), learning_rate_init=rate)
        if together:
            with lockstep():
                return cross_val_score(model, X, Y, cv=3).mean()
        return cross_val_score(model, X, Y, cv=3).mean()

    searched = study()
    searched.optimize(objective, n_trials=4)
    best = searched.best_params
    model = pipeline(activation=LeakyReLU(best["slope"]), learning_rate_init=best["rate"])
    assert searched.best_value == cross_val_score(model, X, Y, cv=3).mean()
    assert searched.best_value > min(trial.value for trial in searched.trials)


def test_parameters_of_a_study_go_to_set_params():
    space = {
        "mlpclassifier__activation": CategoricalDistribution(["relu", "tanh"]),
        "mlpclassifier__alpha": FloatDistribution(1e-5, 1e-1, log=True),
    }
    searched = study()
    trial = searched.ask(space)
    model = pipeline().set_params(**trial.params).fit(X, Y)
    searched.tell(trial, model.score(X, Y))
    assert searched.best_params.items() <= model.get_params().items()


def test_a_trial_that_lags_behind_is_pruned_between_epochs():
    data = StandardScaler().fit_transform(X)
    epochs = {}

    def objective(trial):
        rate = trial.suggest_categorical("rate", [0.01, 1e-6])
        model = MLPClassifier((6,), batch_size=30, learning_rate_init=rate, random_state=0)
        for epoch in range(12):
            model.partial_fit(data, Y, classes=[0, 1, 2])
            epochs[trial.number] = epoch + 1
            trial.report(model.score(data, Y), epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return model.score(data, Y)

    searched = study(pruner=optuna.pruners.MedianPruner(n_startup_trials=1, n_warmup_steps=2))
    searched.enqueue_trial({"rate": 0.01})
    searched.enqueue_trial({"rate": 1e-6})
    searched.optimize(objective, n_trials=2)
    good, bad = searched.trials
    assert (good.state.name, bad.state.name) == ("COMPLETE", "PRUNED")
    assert (epochs[0], epochs[1]) == (12, 3)
    whole = MLPClassifier(
        (6,),
        batch_size=30,
        learning_rate_init=0.01,
        max_iter=12,
        n_iter_no_change=12,
        random_state=0,
    ).fit(data, Y)
    # Twelve epochs by partial_fit are the twelve of a fit: pruning costs nothing.
    assert searched.best_value == whole.score(data, Y)
    np.testing.assert_array_equal(len(good.intermediate_values), 12)
