"""
Which activation does a tuned network for tables bear?
======================================================

Tutorials compare ReLU with tanh and the logistic in a plain network. Here is the same question for
``TabularMLPClassifier``, which scales and embeds the columns and averages eight networks: 569
tumours, 30 numbers each, five activations, beside gradient boosting and a linear model. The
activations differ less than the folds do, and the linear model is as good as the best of them. Then
a look inside: the curves into which the network turns one column.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_relu import TabularMLPClassifier, TrainingWarning
from sklearn_relu.inspection import hidden_activations

warnings.simplefilter("ignore", TrainingWarning)

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
folds = StratifiedKFold(3, shuffle=True, random_state=0)

# %%
# Everything at its defaults, but for a quarter of the epochs. All see the same folds.
contenders = {
    activation: TabularMLPClassifier(activation=activation, effort="fast", random_state=0)
    for activation in ("relu", "selu", "mish", "tanh", "logistic")
} | {
    "boosting": HistGradientBoostingClassifier(random_state=0),
    "linear": make_pipeline(StandardScaler(), LogisticRegression()),
}
losses, accuracies = {}, {}
for name, model in contenders.items():
    found = cross_validate(model, X, y, cv=folds, scoring=("neg_log_loss", "accuracy"))
    losses[name], accuracies[name] = -found["test_neg_log_loss"], found["test_accuracy"]

# %%
# A dot is a fold, a bar the mean. The same fold has the same colour in every row.
fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for row, values in enumerate(losses.values()):
    ax.scatter(values, [row] * len(values), c=["#0072B2", "#D55E00", "#009E73"], s=45, zorder=2)
    ax.plot([values.mean()] * 2, [row - 0.3, row + 0.3], color="black", lw=2)
ax.set(xlabel="log loss on held-out rows", yticks=range(len(losses)), yticklabels=list(losses))
ax.invert_yaxis()
ax.grid(axis="x", alpha=0.3)
plt.show()

# %%
# Means over the folds, with the standard deviation of the folds.
print("contender   log loss          accuracy")
for name, values in losses.items():
    scores = accuracies[name]
    print(
        f"{name:10s}  {values.mean():.3f} ± {values.std():.3f}"
        f"     {scores.mean():.3f} ± {scores.std():.3f}"
    )

# %%
# The embedding of one column. Before training its three curves are slow waves; training bends
# them. The other columns stay at their medians. The dashed line is the column itself, scaled, which
# is passed on; ticks at the bottom are the rows.
column = "worst concave points"
steps = np.linspace(X[column].min(), X[column].max(), 200)
grid = pd.DataFrame([X.median()] * len(steps)).assign(**{column: steps})
position = X.columns.get_loc(column)


def embedded(**params):
    """Outputs of the column in the first network: (n_steps, 4)."""
    model = TabularMLPClassifier(random_state=0, **params).fit(X, y)
    outputs = hidden_activations(model, grid, layer=0)[0]
    return outputs[:, 4 * position : 4 * position + 4]


before = embedded(max_iter=1, learning_rate_init=1e-100)
after = embedded(effort="fast")
fig, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True, layout="constrained")
for ax, curves, title in zip(axes, (before, after), ("at the start", "trained"), strict=True):
    ax.plot(steps, curves[:, :3])
    ax.plot(steps, curves[:, 3], color="black", ls="--", lw=1)
    ax.plot(X[column], np.full(len(X), -1.4), "|", color="black", alpha=0.15)
    ax.set(title=title, xlabel=column)
axes[0].set_ylabel("output of the embedding")
plt.show()

# %%
# How far training moved the curves: the largest change of each.
print("largest change of each curve:", np.abs(after - before).max(axis=0)[:3].round(2))
