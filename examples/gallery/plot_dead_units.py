"""
Which units are dead, and what brings them back?
================================================

A ReLU that is 0 on every training row gets no gradient, so it never comes back by itself. Large
steps kill units: we train with a hundred times Adam's usual learning rate, look for the dead, and
give them new weights with which they fire. The predictions stay exactly as they were; further
training can use the units again. Then we prune what is still dead, and compare with activations
that cannot die.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from sklearn_relu import MLPClassifier, TrainingWarning, activation_report
from sklearn_relu.displays import SparsityDisplay
from sklearn_relu.inspection import prune, repair_dead_units
from sklearn_relu.scorers import n_parameters_scorer

warnings.simplefilter("ignore", ConvergenceWarning)
warnings.simplefilter("ignore", TrainingWarning)

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0)


def show(what, model):
    """One line: dead units and accuracy."""
    dead = activation_report(model, X_train).dead
    print(f"{what:22s} dead: {dead:6.1%}   accuracy: {model.score(X_test, y_test):.3f}")


# %%
# A learning rate of 0.1.
model = MLPClassifier((100,), learning_rate_init=0.1, max_iter=30, random_state=0)
model.fit(X_train, y_train)
show("rate 0.1", model)
SparsityDisplay.from_estimator(model, X_train)
plt.show()

# %%
# Repair, then 30 epochs more at the usual rate. The repair changes no prediction.
before = model.decision_function(X_train)
report = repair_dead_units(model, X_train, random_state=0)
print(report)
print("largest change of an output:", np.abs(model.decision_function(X_train) - before).max())
show("repaired", model)
model.set_params(learning_rate_init=0.001)
for _ in range(30):
    model.partial_fit(X_train, y_train)
show("trained on", model)
SparsityDisplay.from_estimator(model, X_train)
plt.show()

# %%
# For deployment, dead units can go instead.
killed = MLPClassifier((100,), learning_rate_init=0.1, max_iter=30, random_state=0)
killed.fit(X_train, y_train)
small = prune(killed, X_train)
print("parameters:", int(n_parameters_scorer(killed)), "pruned:", int(n_parameters_scorer(small)))
show("pruned", small)

# %%
# Activations that leak at the same rate of 0.1.
for name in ("relu", "leaky_relu", "elu", "prelu", "maxout"):
    other = MLPClassifier((100,), name, learning_rate_init=0.1, max_iter=30, random_state=0)
    show(name, other.fit(X_train, y_train))
