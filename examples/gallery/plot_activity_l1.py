"""
What does L1 on activations buy?
================================

An L1 penalty on hidden activations makes codes sparser than ReLU is by itself. How many zeros
does the score bear? We raise the strength and look at both.
"""

import warnings

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from sklearn_relu import MLPClassifier, TrainingWarning
from sklearn_relu.displays import SparsityDisplay
from sklearn_relu.scorers import dead_units_scorer, sparsity_scorer

warnings.simplefilter("ignore", ConvergenceWarning)
warnings.simplefilter("ignore", TrainingWarning)

X, y = load_digits(return_X_y=True)
X = X / 16
STRENGTHS = [0.0, 1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1]

# %%
# A grid search whose scorers measure the hidden layer on held-out rows.
search = GridSearchCV(
    MLPClassifier((100,), activity_penalty="l1", max_iter=60, random_state=0),
    {"activity_alpha": STRENGTHS},
    scoring={"accuracy": "accuracy", "zeros": sparsity_scorer, "dead": dead_units_scorer},
    refit="accuracy",
    cv=3,
).fit(X, y)
results = search.cv_results_
print("strength  accuracy  zeros    dead units")
for i, strength in enumerate(STRENGTHS):
    figures = [results[f"mean_test_{name}"][i] for name in ("accuracy", "zeros", "dead")]
    print(f"{strength:8g}  {figures[0]:.3f}     {figures[1]:.1%}    {figures[2]:.1%}")

# %%
# Accuracy against zeros.
figure, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
ax.plot(results["mean_test_zeros"], results["mean_test_accuracy"], "o-", color="#0072B2")
for i, strength in enumerate(STRENGTHS):
    place = results["mean_test_zeros"][i], results["mean_test_accuracy"][i]
    ax.annotate(f"{strength:g}", place, (6, 6 if i else -12), textcoords="offset points")
ax.margins(0.1)
ax.set(xlabel="exact zeros", ylabel="cross-validated accuracy", title="by strength of the penalty")
ax.grid(alpha=0.3)
plt.show()

# %%
# The code at a strength of 0.01.
sparse = MLPClassifier((100,), activity_penalty="l1", activity_alpha=0.01, max_iter=60)
SparsityDisplay.from_estimator(sparse.set_params(random_state=0).fit(X, y), X)
plt.show()
