"""
How sparse a code explains how much?
====================================

An autoencoder's code has exact zeros under a rectifier, and an L1 penalty on it makes more. We
raise its strength, and look at the share of variance that reconstructions of held-out digits
explain.
"""

import warnings

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from sklearn_relu import Autoencoder
from sklearn_relu.displays import ReconstructionDisplay, SparsityDisplay, WeightsDisplay
from sklearn_relu.scorers import reconstruction

warnings.simplefilter("ignore", ConvergenceWarning)

X = load_digits().data / 16
X_train, X_test = train_test_split(X, random_state=0)
STRENGTHS = [0.0, 0.003, 0.01, 0.03, 0.1, 0.3]

# %%
# Twice as many units as pixels, tied weights. PCA of 16 components has codes of 16 numbers; what
# counts here is how many numbers of a code are not 0.
models = {
    strength: Autoencoder(
        (128,),
        tied_weights=True,
        activity_alpha=strength,
        learning_rate_init=0.003,
        max_iter=60,
        random_state=0,
    ).fit(X_train)
    for strength in STRENGTHS
}
codes = {strength: model.transform(X_test) for strength, model in models.items()}
explained = {strength: model.score(X_test) for strength, model in models.items()}
print("strength  explained  zeros    active units of a digit")
for strength, code in codes.items():
    active = (code > 0).sum(axis=1).mean()
    zeros = (code == 0).mean()
    print(f"{strength:8g}  {explained[strength]:.3f}      {zeros:6.1%}  {active:5.1f}")
pca = reconstruction(PCA(16).fit(X_train), X_test)
print(f"PCA of 16 components explains {pca:.3f}")

# %%
# The share explained, against the numbers that are not 0.
figure, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
active = [(code > 0).sum(axis=1).mean() for code in codes.values()]
ax.plot(active, list(explained.values()), "o-", color="#0072B2", label="autoencoder, by strength")
for strength, x, y in zip(STRENGTHS, active, explained.values(), strict=True):
    ax.annotate(f"{strength:g}", (x, y), (6, -12), textcoords="offset points")
ax.plot(16, pca, "s", color="#D55E00", label="PCA of 16 components")
ax.set_xlabel("numbers of a code that are not 0")
ax.set_ylabel("share of variance explained")
ax.margins(0.1)
ax.grid(alpha=0.3)
ax.legend()
plt.show()

# %%
# The code at a strength of 0.1: which units are active on which digits, and how often.
SparsityDisplay.from_estimator(models[0.1], X_test)
plt.show()

# %%
# What its units look for: strokes, each at its place.
WeightsDisplay.from_estimator(models[0.1], image_shape=(8, 8))
plt.show()

# %%
# Digits above what comes back from their codes.
ReconstructionDisplay.from_estimator(models[0.1], X_test, image_shape=(8, 8), n_rows=10)
plt.show()
