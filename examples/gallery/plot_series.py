"""
Series: a pattern anywhere in time
==================================

A row without ``image_shape`` is a series, an image of one row: kernels run along it. Here each
series is noise with one short pulse in it somewhere, and the pulse has one of three forms. A
convolution finds the form wherever it is; a perceptron would have to learn it at each place.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import cross_val_score

from sklearn_relu import CNNClassifier, MLPClassifier
from sklearn_relu.displays import FiltersDisplay

draw = np.random.default_rng(0)
FORMS = np.array([[1, 1, -1, -1, 1], [1, -1, 1, -1, 1], [-1, 1, 1, 1, -1]])
y = np.arange(900) % 3
X = draw.normal(scale=0.4, size=(900, 60))
for series, form, start in zip(X, y, draw.integers(0, 55, 900), strict=True):
    series[start : start + 5] += 1.5 * FORMS[form]

fig, axes = plt.subplots(3, 1, figsize=(7, 4), sharex=True, layout="constrained")
for ax, series, form in zip(axes, X, y, strict=False):
    ax.plot(series)
    ax.set_title(f"class {form}", loc="left", fontsize=10)
axes[-1].set_xlabel("time")
plt.show()

# %%
# One block whose pool is the whole series: the largest answer of each filter, wherever it is.
shared = {"learning_rate_init": 0.01, "max_iter": 60, "tol": 0, "random_state": 0}
networks = {
    "convolution": CNNClassifier((12,), 5, pool_size=60, **shared),
    "perceptron": MLPClassifier((64,), **shared),
}
for name, model in networks.items():
    scores = cross_val_score(model, X, y, cv=3)
    print(f"{name:11s} accuracy {scores.mean():.3f} ± {scores.std():.3f}")

# %%
# The filters, one line each: the three forms are among them.
model = networks["convolution"].fit(X, y)
print(model.image_shape_, model.layer_shapes_)
FiltersDisplay.from_estimator(model)
plt.show()
