"""
Is pre-training worth it?
=========================

Before rectifiers, deep networks were pre-trained: layer by layer, without labels. Here 50 digits
have a label and some 1,200 have none. We train three hidden layers from the initial draw, from
denoising autoencoders and from restricted Boltzmann machines, under three activations.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from sklearn_relu import RBM, Autoencoder, MLPClassifier, TrainingWarning

warnings.simplefilter("ignore", ConvergenceWarning)
warnings.simplefilter("ignore", TrainingWarning)

X, y = load_digits(return_X_y=True)
X = (X / 16).astype(np.float32)
SEEDS = range(3)
STARTS = {
    "initial draw": None,
    "autoencoders": Autoencoder(
        corruption="masking", learning_rate="cosine", max_iter=20, batch_size=50
    ),
    "machines": RBM(batch_size=20),
}
ACTIVATIONS = ["relu", "tanh", "logistic"]


# %%
# One fit: rows without labels go to ``fit`` as `X_unlabeled`. Machines have rectified or binary
# hidden units, so they pre-train ReLU and the logistic function, and refuse tanh.
def accuracy(activation, pretraining, seed):
    """Of a network that knows 50 labels, on 500 other digits."""
    few, rest, y_few, y_rest = train_test_split(X, y, train_size=50, stratify=y, random_state=seed)
    unlabeled, test, _, y_test = train_test_split(rest, y_rest, test_size=500, random_state=seed)
    model = MLPClassifier(
        (100, 100, 100),
        activation,
        learning_rate="cosine",
        max_iter=150,
        batch_size=25,
        pretraining=pretraining,
        random_state=seed,
    )
    more = {} if pretraining is None else {"X_unlabeled": unlabeled}
    return model.fit(few, y_few, **more).score(test, y_test)


found = {
    (activation, start): [accuracy(activation, pretraining, seed) for seed in SEEDS]
    for activation in ACTIVATIONS
    for start, pretraining in STARTS.items()
    if (activation, start) != ("tanh", "machines")
}
print("accuracy    " + "  ".join(f"{start:14s}" for start in STARTS))
for activation in ACTIVATIONS:
    cells = [found.get((activation, start)) for start in STARTS]
    texts = [f"{np.mean(c):.3f} ± {np.std(c):.3f}" if c else "-" for c in cells]
    print(f"{activation:10s}  " + "  ".join(f"{text:14s}" for text in texts))

# %%
# Each point is a split. The logistic network needs a start; the others hardly gain by one.
figure, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
for i, (start, color) in enumerate(zip(STARTS, ["#666666", "#0072B2", "#D55E00"], strict=True)):
    for j, activation in enumerate(ACTIVATIONS):
        scores = found.get((activation, start), [])
        ax.plot([j + (i - 1) * 0.22] * len(scores), scores, "o", color=color, alpha=0.5)
        if scores:
            at = j + (i - 1) * 0.22
            ax.hlines(np.mean(scores), at - 0.09, at + 0.09, color=color, linewidth=3)
    ax.plot([], [], "o", color=color, label=start)
ax.set_xticks(range(3), ACTIVATIONS)
ax.set(ylabel="accuracy on 500 digits", title="50 labels, three hidden layers")
ax.legend(title="hidden layers begin with")
ax.grid(axis="y", alpha=0.3)
plt.show()

# %%
# The history of each layer's own training is kept.
model = MLPClassifier((100, 100, 100), pretraining=STARTS["autoencoders"], max_iter=1)
model.set_params(random_state=0).fit(X, y)
figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for i, layer in enumerate(model.pretraining_history_, start=1):
    losses = np.array(layer["loss"])
    ax.plot(np.arange(1, len(losses) + 1), losses / losses[0], label=f"layer {i}")
ax.set(xlabel="epoch", ylabel="loss over that of the first epoch", title="Pre-training")
ax.legend()
ax.grid(alpha=0.3)
plt.show()
