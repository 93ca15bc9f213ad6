"""
Does the bias start matter?
===========================

A small positive bias, such as 0.1, lets most ReLUs fire at the start, so that they get gradients.
Reports conflict about whether that helps. We compare 0, 0.1 and 1 on three tables, over folds and
seeds, and look at dead units and exact zeros too.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_relu import MLPClassifier
from sklearn_relu.scorers import dead_units_scorer, sparsity_scorer

warnings.simplefilter("ignore", ConvergenceWarning)

BIASES = [0.0, 0.1, 1.0]
TABLES = {"digits": load_digits, "wine": load_wine, "breast cancer": load_breast_cancer}

# %%
# The same folds and five seeds for each bias.
figure, axes = plt.subplots(1, 3, figsize=(10, 3.5), layout="constrained")
print("table          bias  accuracy         zeros   dead units")
for ax, (name, load) in zip(axes, TABLES.items(), strict=True):
    X, y = load(return_X_y=True)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), MLPClassifier((50, 50), max_iter=30)),
        {
            "mlpclassifier__bias_initialization": BIASES,
            "mlpclassifier__random_state": range(5),
        },
        scoring={"accuracy": "accuracy", "zeros": sparsity_scorer, "dead": dead_units_scorer},
        refit=False,
        cv=3,
    ).fit(X, y)
    results = search.cv_results_
    every = np.array([results[f"split{i}_test_accuracy"] for i in range(3)]).T
    for i, bias in enumerate(BIASES):
        rows = [
            params["mlpclassifier__bias_initialization"] == bias for params in results["params"]
        ]
        scores = every[rows].ravel()
        zeros, dead = (results[f"mean_test_{key}"][rows].mean() for key in ("zeros", "dead"))
        spread = f"{scores.mean():.3f} ± {scores.std():.3f}"
        print(f"{name:14s} {bias:4g}  {spread}  {zeros:6.1%}  {dead:6.1%}")
        ax.plot(np.full(len(scores), i), scores, ".", color="#0072B2", alpha=0.4)
        ax.plot(i, scores.mean(), "s", color="#D55E00", markersize=8)
    ax.set(title=name, xlabel="first bias", xlim=(-0.5, 2.5))
    ax.set_xticks(range(3), [f"{bias:g}" for bias in BIASES])
    ax.grid(axis="y", alpha=0.3)
axes[0].set_ylabel("accuracy: each fit, and mean")
plt.show()
