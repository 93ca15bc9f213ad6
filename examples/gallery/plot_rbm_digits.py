"""
Digits by features learned without labels
=========================================

A restricted Boltzmann machine learns strokes from 1,400 images without their labels; a logistic
regression then reads its features with the labels. Binary hidden units say whether a stroke is
there. Rectified ones say how much of it, and most are exactly 0 on any one image.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from sklearn_relu import RBM

X, y = load_digits(return_X_y=True)
X = X / 16
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=400, random_state=0, stratify=y)

# %%
# Both machines train for 20 epochs. Their features go to the same logistic regression as the
# pixels, with few labels and with all.
machines = {
    "pixels": None,
    "binary": RBM(144, hidden="binary", learning_rate=0.1, batch_size=10, n_iter=20),
    "rectified": RBM(144, hidden="nrelu", learning_rate=0.05, batch_size=10, n_iter=20),
}
print("features    error, 100 labels   all labels   exact zeros   reconstruction")
for name, machine in machines.items():
    features, features_test, zeros, error = X_train, X_test, (X_train == 0).mean(), 0.0
    if machine is not None:
        features = machine.set_params(random_state=0).fit_transform(X_train)
        features_test = machine.transform(X_test)
        zeros, error = (features == 0).mean(), machine.reconstruction_error(X_test).mean()
    figures = []
    for n_labels in (100, len(y_train)):
        reader = LogisticRegression(C=1.0, max_iter=2000)
        reader.fit(features[:n_labels], y_train[:n_labels])
        figures.append(1 - reader.score(features_test, y_test))
    print(f"{name:10s} {figures[0]:18.1%} {figures[1]:12.1%} {zeros:13.1%} {error:16.4f}")

# %%
# The weights of a hidden unit are a filter: bright pixels turn the unit on, dark ones off. Filters
# of rectified units are strokes in places.
figure, axes = plt.subplots(1, 2, figsize=(10, 5.4), layout="constrained")
for ax, name in zip(axes, ["binary", "rectified"], strict=True):
    weights = machines[name].components_
    order = np.argsort(-np.linalg.norm(weights, axis=1))[:64]
    filters = np.pad(weights[order].reshape(8, 8, 8, 8), ((0, 0), (0, 0), (0, 1), (0, 1)))
    bound = np.quantile(np.abs(filters), 0.99)
    picture = filters.transpose(0, 2, 1, 3).reshape(72, 72)[:-1, :-1]
    ax.imshow(picture, cmap="RdBu_r", vmin=-bound, vmax=bound)
    ax.set(title=f"{name} units: the 64 strongest filters", xticks=[], yticks=[])
plt.show()

# %%
# Reconstructions: images that the machines have not seen, and what they make of them.
figure, axes = plt.subplots(3, 1, figsize=(8, 3.2), layout="constrained")
shown = {"image": X_test[:16]}
shown |= {name: machines[name].reconstruct(X_test[:16]) for name in ("binary", "rectified")}
for ax, (name, rows) in zip(axes, shown.items(), strict=True):
    ax.imshow(np.hstack(list(rows.reshape(-1, 8, 8))), cmap="gray_r", vmin=0, vmax=1)
    ax.set(ylabel=name, xticks=[], yticks=[])
plt.show()
