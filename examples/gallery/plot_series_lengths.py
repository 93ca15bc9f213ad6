"""
Series of unequal length: gestures, read while they are drawn
=============================================================

A gesture is the path of a pen: a series of steps to the side and up, 15 to 60 of them. No two
gestures are drawn alike: each has a size, a tilt, a pace and a tremor of its own. A recurrent
network takes the list of them as it is. Nothing is padded or cut.
"""

import matplotlib.pyplot as plt
import numpy as np

from sklearn_relu import RNNClassifier

draw = np.random.default_rng(0)


def polygon(n_corners):
    """A path along corners on the unit circle, from 0 to 1."""
    shares = np.linspace(0, 1, n_corners + 1)
    corners = np.exp(2j * np.pi * shares)
    return lambda u: np.interp(u, shares, corners)


FORMS = {
    "circle": lambda u: np.exp(2j * np.pi * u),
    "triangle": polygon(3),
    "square": polygon(4),
    "eight": lambda u: np.cos(2 * np.pi * u) + 0.7j * np.sin(4 * np.pi * u),
    "spiral": lambda u: u * np.exp(4j * np.pi * u),
}
NAMES = list(FORMS)


def gesture(form):
    """The places of a pen, as complex numbers."""
    pace = draw.uniform(0.5, 1.5, draw.integers(15, 61)).cumsum()
    path = FORMS[form](np.append(0, pace / pace[-1]))
    tilt, size = np.exp(1j * draw.uniform(-0.5, 0.5)), draw.uniform(0.7, 1.3)
    tremor = draw.normal(scale=0.04, size=(2, len(path)))
    return tilt * size * path + tremor[0] + 1j * tremor[1]


def steps_of(path):
    """A series (steps, 2): how far the pen goes to the side and up, about 1 on average."""
    steps = 5 * np.diff(path)
    return np.column_stack([steps.real, steps.imag])


y = np.array(NAMES)[np.arange(1000) % 5]
paths = [gesture(form) for form in y]
X = [steps_of(path) for path in paths]
X_train, y_train, X_test, y_test = X[:700], y[:700], X[700:], y[700:]

fig, axes = plt.subplots(3, 5, figsize=(8, 5), layout="constrained")
for ax, path, form in zip(axes.flat, paths, y, strict=False):
    ax.plot(path.real, path.imag, ".-", color="C0", linewidth=0.8, markersize=4)
    ax.plot(path[0].real, path[0].imag, "o", color="C1")
    ax.set_title(f"{form}, {len(path) - 1} steps", fontsize=9)
    ax.set_aspect("equal", "datalim")
    ax.set_axis_off()
plt.show()

# %%
# By default units are rectified, and begin by keeping their state as it is. Input weights that are
# small, as in the paper, or not ("glorot_uniform"); tanh; and the LSTM:
networks = {
    "ReLU, identity (default)": {},
    "ReLU, identity, larger inputs": {"initialization": "glorot_uniform"},
    "tanh": {"activation": "tanh"},
    "LSTM": {"cell": "lstm"},
}
models = {}
for name, parameters in networks.items():
    models[name] = RNNClassifier(
        32,
        learning_rate="cosine",
        learning_rate_init=0.01,
        batch_size=32,
        max_iter=20,
        random_state=0,
        **parameters,
    )
    models[name].fit(X_train, y_train)
    print(f"{name:30s} accuracy {models[name].score(X_test, y_test):.3f}")

# %%
# Predictions take series of any length, so a gesture can be read while it is drawn. A network that
# has only seen whole gestures tells them at their end, and not before. One that has also seen a
# beginning of each, cut anywhere, tells most gestures half-way.
shares = np.arange(0.1, 1.05, 0.1)
cuts = [draw.integers(5, len(series) + 1) for series in X_train]
beginnings = [series[:cut] for series, cut in zip(X_train, cuts, strict=True)]
whole = models["ReLU, identity, larger inputs"]
model = RNNClassifier(**whole.get_params())
model.fit(X_train + beginnings, np.append(y_train, y_train))

fig, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
for name, each in {"whole gestures": whole, "beginnings too": model}.items():
    scores = [each.score([s[: round(share * len(s))] for s in X_test], y_test) for share in shares]
    print(f"{name:15s}", " ".join(f"{score:.2f}" for score in scores))
    ax.plot(shares, scores, "o-", label=f"trained on {name}")
ax.axhline(1 / 5, color="0.6", linestyle=":", label="chance")
ax.set(xlabel="share of a gesture that is drawn", ylabel="accuracy", ylim=(0, 1.03))
ax.legend()
plt.show()

# %%
# The probabilities of the forms after each step of five of the other gestures, for the network that
# has seen beginnings. A triangle and a square begin alike, up to their first corner.
fig, axes = plt.subplots(2, 5, figsize=(11, 4.5), layout="constrained")
for form, (of_path, of_beliefs) in zip(NAMES, axes.T, strict=True):
    number = next(i for i in range(700, 1000) if y[i] == form and len(X[i]) > 40)
    path, series = paths[number], X[number]
    beliefs = model.predict_proba([series[:n] for n in range(1, len(series) + 1)])
    right = beliefs[:, list(model.classes_).index(form)]
    of_path.plot(path.real, path.imag, color="0.8", zorder=1)
    marks = of_path.scatter(path[1:].real, path[1:].imag, c=right, vmin=0, vmax=1, s=14, zorder=2)
    of_path.set_title(form)
    of_path.set_aspect("equal", "datalim")
    of_path.set_axis_off()
    for name, belief in zip(model.classes_, beliefs.T, strict=True):
        of_beliefs.plot(belief, color=f"C{NAMES.index(name)}", label=name)
    of_beliefs.set(xlabel="steps", ylim=(-0.03, 1.03))
axes[1, 0].set_ylabel("probability")
axes[1, 0].legend(fontsize=7)
fig.colorbar(marks, ax=axes[0], label="probability\nof the right form")
plt.show()
