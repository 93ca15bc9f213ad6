"""
Which corruption teaches to remove which noise?
===============================================

A denoising autoencoder reads corrupted rows and is to give back clean ones. We train on each kind
of corruption, and let each network clean held-out digits of each kind of noise.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from sklearn_relu import Autoencoder
from sklearn_relu.displays import ReconstructionDisplay, WeightsDisplay

warnings.simplefilter("ignore", ConvergenceWarning)

X = load_digits().data / 16
X_train, X_test = train_test_split(X, random_state=0)
LEVELS = {None: 0.0, "masking": 0.25, "gaussian": 0.25, "salt_and_pepper": 0.25}

# %%
# Held-out digits with noise of each kind.
draw = np.random.default_rng(0)
share = draw.random(X_test.shape)
noisy = {
    "masking": np.where(share < 0.25, 0, X_test),
    "gaussian": X_test + draw.normal(0, 0.25, X_test.shape),
    "salt_and_pepper": np.where(share < 0.25, np.where(share < 0.125, 0, X_train.max(0)), X_test),
}

# %%
# One network for each corruption. The error is the mean square of what differs from the clean
# digits; in the first line nothing was done.
models = {
    corruption: Autoencoder(
        (128,),
        corruption=corruption,
        corruption_level=level,
        learning_rate_init=0.003,
        max_iter=80,
        random_state=0,
    ).fit(X_train)
    for corruption, level in LEVELS.items()
}


def error(rows):
    """The mean square of what differs from the clean digits."""
    return ((rows - X_test) ** 2).mean()


print(f"{'trained on':16}" + "".join(f"{kind:>17}" for kind in noisy))
print(f"{'(as it is)':16}" + "".join(f"{error(rows):17.4f}" for rows in noisy.values()))
for corruption, model in models.items():
    errors = [error(model.reconstruct(rows)) for rows in noisy.values()]
    print(f"{corruption or 'clean rows':16}" + "".join(f"{each:17.4f}" for each in errors))

# %%
# Noisy digits above what the network makes of them that was trained on such noise.
for kind, rows in noisy.items():
    display = ReconstructionDisplay.from_estimator(
        models[kind], rows, image_shape=(8, 8), n_rows=10
    )
    display.ax_.set_title(kind, loc="left")
    plt.show()

# %%
# Filters that were trained on masked digits.
WeightsDisplay.from_estimator(models["masking"], image_shape=(8, 8))
plt.show()
