"""
Which depth does each activation bear?
======================================

From 1 to 16 hidden layers of 30 units on scikit-learn's digits: the score by depth and
activation, each with its own initialization, over folds. Beside it, what the scorers measured:
the gradient that reaches the first layer, and the epochs that training took.
"""

import warnings

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from sklearn_relu import MLPClassifier, TrainingWarning
from sklearn_relu.displays import ComparisonDisplay
from sklearn_relu.scorers import gradient_ratio_scorer, n_epochs_scorer

warnings.simplefilter("ignore", ConvergenceWarning)
warnings.simplefilter("ignore", TrainingWarning)

X, y = load_digits(return_X_y=True)
X = X / 16

# %%
search = GridSearchCV(
    MLPClassifier(max_iter=50, random_state=0),
    {
        "activation": ["relu", "leaky_relu", "tanh", "logistic"],
        "hidden_layer_sizes": [(30,) * depth for depth in (1, 2, 4, 8, 16)],
    },
    scoring={
        "accuracy": "accuracy",
        "gradient_ratio": gradient_ratio_scorer,
        "epochs": n_epochs_scorer,
    },
    refit="accuracy",
    cv=3,
).fit(X, y)
ComparisonDisplay.from_search(search)
plt.show()

# %%
results = search.cv_results_
print("activation  layers  accuracy  gradient ratio  epochs")
for i, params in enumerate(results["params"]):
    accuracy, ratio, epochs = (
        results[f"mean_test_{name}"][i] for name in ("accuracy", "gradient_ratio", "epochs")
    )
    depth = len(params["hidden_layer_sizes"])
    print(f"{params['activation']:10s}  {depth:6d}  {accuracy:8.3f}  {ratio:14.1e}  {epochs:6.0f}")
