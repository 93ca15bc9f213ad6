"""Optuna searches layers, activation and learning rate, and gives up on trials that lag behind."""

import optuna
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from sklearn_relu import MLPClassifier

X, y = load_digits(return_X_y=True)
X_train, X_val, y_train, y_val = train_test_split(X, y, stratify=y, random_state=0)
scaler = StandardScaler().fit(X_train)
X_train, X_val = scaler.transform(X_train), scaler.transform(X_val)


def objective(trial):
    model = MLPClassifier(
        (trial.suggest_int("units", 8, 64, log=True),) * trial.suggest_int("layers", 1, 3),
        trial.suggest_categorical("activation", ["relu", "elu", "tanh", "logistic"]),
        learning_rate_init=trial.suggest_float("rate", 1e-4, 1e-1, log=True),
        random_state=0,
    )
    for epoch in range(20):
        # One epoch; the solver's moments and the order of the rows go on from the last one.
        model.partial_fit(X_train, y_train, classes=range(10))
        accuracy = model.score(X_val, y_val)
        trial.report(accuracy, epoch)
        if trial.should_prune():
            raise optuna.TrialPruned
    return accuracy


optuna.logging.set_verbosity(optuna.logging.WARNING)
study = optuna.create_study(
    direction="maximize",
    sampler=optuna.samplers.TPESampler(seed=0),
    pruner=optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=3),
)
study.optimize(objective, n_trials=25)

states = [trial.state.name for trial in study.trials]
print(f"{states.count('COMPLETE')} trials ran to the end, {states.count('PRUNED')} were pruned")
print(f"best accuracy {study.best_value:.3f} with")
for name, value in study.best_params.items():
    print(f"  {name}: {value if isinstance(value, str) else format(value, '.2g')}")
