"""
Digits: convolutions against fully connected layers
===================================================

A convolution looks for the same thing everywhere. Here are 1,797 handwritten digits of 8 x 8
pixels: a network of two blocks of convolutions against a multi-layer perceptron, on the same folds.
Then the digits are moved by a pixel, which neither has seen in training. At the end a look inside:
the filters, what they make of a digit, and where a decision comes from.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold, cross_validate

from sklearn_relu import CNNClassifier, MLPClassifier
from sklearn_relu.displays import FeatureMapsDisplay, FiltersDisplay, OcclusionDisplay

digits = load_digits()
images, y = digits.images / 16, digits.target
rows = images.reshape(len(images), 64)
folds = StratifiedKFold(5, shuffle=True, random_state=0)

# %%
# Both have the same solver and as many epochs. The perceptron has 4,810 parameters, the
# convolutional network 6,090.
shared = {"learning_rate_init": 0.005, "max_iter": 30, "tol": 0, "learning_rate": "cosine"}
networks = {
    "two blocks": CNNClassifier((16, 32), random_state=0, **shared),
    "64 units": MLPClassifier((64,), random_state=0, **shared),
}
data = {"two blocks": images, "64 units": rows}
found = {
    name: cross_validate(model, data[name], y, cv=folds, return_estimator=True)
    for name, model in networks.items()
}
for name, each in found.items():
    scores = each["test_score"]
    n_parameters = sum(
        a.size for a in each["estimator"][0].coefs_ + each["estimator"][0].intercepts_
    )
    print(
        f"{name:10s} {n_parameters} parameters, accuracy {scores.mean():.3f} ± {scores.std():.3f}"
    )

# %%
# The same networks on the held-out digits, moved by one pixel.
moved = np.zeros_like(images)
moved[:, :, 1:] = images[:, :, :-1]
as_read = {"two blocks": moved, "64 units": moved.reshape(len(moved), 64)}
for name, each in found.items():
    accuracies = [
        model.score(as_read[name][test], y[test])
        for model, (_, test) in zip(each["estimator"], folds.split(images, y), strict=True)
    ]
    print(f"{name:10s} moved by a pixel: accuracy {np.mean(accuracies):.3f}")

# %%
# The filters of the first block: red is positive, blue negative. Many are edges.
model = found["two blocks"]["estimator"][0]
FiltersDisplay.from_estimator(model)
plt.show()

# %%
# What they make of one digit, before the pool.
FeatureMapsDisplay.from_estimator(model, images[:1])
plt.show()

# %%
# Where the decisions come from: how far the probability of the predicted digit falls where a patch
# of 3 x 3 pixels is covered.
OcclusionDisplay.from_estimator(model, images[:9])
plt.show()
