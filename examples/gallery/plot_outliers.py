"""
Which rows does an autoencoder give back badly?
===============================================

``AutoencoderDetector`` learns to give rows back, and takes those for outliers that it gives back
badly. Here are the images of one digit with a few of other digits among them, and nobody says
which. A network that may copy its inputs gives outliers back as well. Values that are masked in
training make it learn how pixels hang together.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import RocCurveDisplay
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_relu import AutoencoderDetector

warnings.simplefilter("ignore", ConvergenceWarning)  # some stop at 200 epochs

digits = load_digits()
usual = np.flatnonzero(digits.target == 3)
others = np.random.RandomState(0).permutation(np.flatnonzero(digits.target != 3))[:10]
rows = np.concatenate([usual, others])
X, is_outlier = digits.data[rows], digits.target[rows] != 3
print(f"{len(usual)} threes, {len(others)} other digits")

# %%
# The detector does not scale X: a scaler before it lets every pixel count.
detectors = {
    "autoencoder": AutoencoderDetector(random_state=0),
    "without corruption": AutoencoderDetector(corruption=None, random_state=0),
    "isolation forest": IsolationForest(random_state=0),
}
models = {name: make_pipeline(StandardScaler(), each) for name, each in detectors.items()}
for name, model in models.items():
    model.fit(X)
    flagged = model.predict(X) == -1
    print(
        f"{name:20s} {flagged[is_outlier].sum()} of {is_outlier.sum()} outliers found, "
        f"{flagged[~is_outlier].sum()} false alarms"
    )

# %%
# How well the scores rank outliers below the others.
figure, ax = plt.subplots(figsize=(5, 4.5), layout="constrained")
for name, model in models.items():
    RocCurveDisplay.from_predictions(~is_outlier, model.score_samples(X), name=name, ax=ax)
ax.set(xlabel="share of outliers above", ylabel="share of threes above")
plt.show()

# %%
# The ten images of the lowest scores, and below them the squared error of each pixel, which tells
# where an image is unusual.
model = models["autoencoder"]
worst = np.argsort(model.score_samples(X))[:10]
scaled = model[:-1].transform(X[worst])
errors = model[-1].reconstruction_error(scaled, per_feature=True)
figure, axes = plt.subplots(2, 10, figsize=(9, 2.3), layout="constrained")
for column, row in enumerate(worst):
    axes[0, column].imshow(X[row].reshape(8, 8), cmap="gray_r")
    axes[0, column].set_title("outlier" if is_outlier[row] else "three", fontsize=9)
    axes[1, column].imshow(errors[column].reshape(8, 8), cmap="Reds", vmin=0, vmax=20)
for ax in axes.flat:
    ax.set(xticks=[], yticks=[])
plt.show()

# %%
# The threshold: "auto" is a fence on the cube roots of the training rows' losses.
losses = -model.score_samples(X)
figure, ax = plt.subplots(figsize=(7, 3.5), layout="constrained")
bins = np.linspace(np.cbrt(losses).min(), np.cbrt(losses).max(), 40)
ax.hist([np.cbrt(losses[~is_outlier]), np.cbrt(losses[is_outlier])], bins, stacked=True)
ax.axvline(np.cbrt(-model[-1].offset_), color="black", ls="--")
ax.legend(["the fence", "threes", "other digits"])
ax.set(xlabel="cube root of a row's loss", ylabel="rows")
plt.show()
