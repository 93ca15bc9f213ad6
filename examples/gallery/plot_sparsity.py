"""
How sparse is a ReLU network?
=============================

ReLU gives true zeros. With weights that are symmetric about 0, half of its units are silent on
any one input: that is so before training. Training decides whether it stays so. A tanh or
logistic network has no zero at all, however small its activations are.
"""

import warnings

import matplotlib.pyplot as plt
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from sklearn_relu import MLPClassifier, activation_report
from sklearn_relu.displays import SparsityDisplay

warnings.simplefilter("ignore", ConvergenceWarning)

X, y = load_digits(return_X_y=True)
X = X / 16

# %%
# Exact zeros at the start (a fit with a learning rate of next to nothing) and after training.
print("activation   at the start   trained   by layer")
models = {}
for name in ("relu", "leaky_relu", "tanh", "logistic"):
    model = MLPClassifier((100, 100), name, max_iter=60, random_state=0)
    start = clone(model).set_params(learning_rate_init=1e-12, max_iter=1).fit(X, y)
    models[name] = model.fit(X, y)
    before, after = activation_report(start, X), activation_report(model, X)
    layers = "  ".join(f"{share:.1%}" for share in after.layer_sparsity)
    print(f"{name:12s} {before.sparsity:12.1%}   {after.sparsity:7.1%}   {layers}")

# %%
# Each column is a unit of the last hidden layer, each row an image: blue where the unit fires.
SparsityDisplay.from_estimator(models["relu"], X)
plt.show()

# %%
# The whole report.
print(activation_report(models["relu"], X))
