"""
What does the network look at?
==============================

Around each image a ReLU network is a linear map, exactly. Its rows are what the network looks at
for each class: drawn as images, they show which pixels speak for a class and which against it.
The map changes with the image, for other units fire. Here for ten digits, one of each class.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from sklearn_relu import MLPClassifier, local_linear_map
from sklearn_relu.displays import WeightsDisplay
from sklearn_relu.inspection import angle, attributions, linear_regions

warnings.simplefilter("ignore", ConvergenceWarning)

X, y = load_digits(return_X_y=True)
X = X / 16
model = MLPClassifier((50,), alpha=1.0, max_iter=100, random_state=0).fit(X, y)
chosen = np.array([np.flatnonzero(y == digit)[0] for digit in range(10)])
names = [f"digit {digit}" for digit in range(10)]

# %%
# The images, then what the network looks at in each for its own class, then what each pixel
# contributes.
WeightsDisplay(X[chosen], image_shape=(8, 8), titles=names, label="pixel").plot(
    cmap="Greys", vmin=0
)
plt.show()

# %%
pieces = local_linear_map(model, X[chosen])
own = pieces.coef[np.arange(10), np.arange(10)]
WeightsDisplay(own, image_shape=(8, 8), titles=names, label="effective weight").plot()
plt.show()

# %%
parts = attributions(model, X[chosen])
own_parts = parts.contributions[np.arange(10), np.arange(10)]
WeightsDisplay(own_parts, image_shape=(8, 8), titles=names, label="contribution").plot()
plt.show()

# %%
# The map is exact, and contributions sum to the output.
raw = model.decision_function(X[chosen])
applied = (pieces.coef @ X[chosen][:, :, None])[:, :, 0] + pieces.intercept
print("largest error of the maps:", np.abs(applied - raw).max())
total = parts.contributions.sum(axis=-1) + parts.intercept
print("largest error of the sums:", np.abs(total - raw).max())

# %%
# The angle between an image and what the network looks at, for its own class and for the others.
angles = np.degrees(angle(model, X))
is_own = np.zeros_like(angles, bool)
is_own[np.arange(len(y)), y] = True
print(f"mean angle: own class {angles[is_own].mean():.0f}°, others {angles[~is_own].mean():.0f}°")

# %%
# How many different maps are there?
print(linear_regions(model, X))
