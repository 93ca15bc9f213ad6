"""
Which initialization suits which activation?
============================================

Twenty layers, and the variance of the signal in each of them before training. An initialization
suits an activation if the variance stays level: He's for ReLU, Glorot's for tanh. Then the same
networks are trained by plain SGD, for which it matters, and by Adam, whose steps do not depend on
the gradient's size. Last come shallow networks on a table with few columns, where He's start costs
accuracy: the reason why ``initialization="auto"`` draws as scikit-learn does up to eight hidden
layers.
"""

import warnings

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits, make_friedman1
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_relu import MLPClassifier, MLPRegressor, TrainingWarning, lockstep
from sklearn_relu.inspection import signal_report

warnings.simplefilter("ignore", ConvergenceWarning)
warnings.simplefilter("ignore", TrainingWarning)

X, y = load_digits(return_X_y=True)
X = StandardScaler().fit_transform(X)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)

ACTIVATIONS = ("relu", "tanh", "logistic")
INITIALIZATIONS = ("he_normal", "glorot_uniform", "fan_in_uniform")
COLORS = {"he_normal": "#0072B2", "glorot_uniform": "#D55E00", "fan_in_uniform": "#009E73"}
LINES = {"he_normal": "-", "glorot_uniform": "--", "fan_in_uniform": ":"}

# %%
# The variance of the summed inputs, layer by layer: level is good.
figure, axes = plt.subplots(1, 3, figsize=(10, 3.5), sharey=True, layout="constrained")
for ax, activation in zip(axes, ACTIVATIONS, strict=True):
    for initialization in INITIALIZATIONS:
        model = MLPClassifier(
            (100,) * 20, activation, initialization=initialization, random_state=0
        )
        report = signal_report(model, X_train)
        style = {"color": COLORS[initialization], "linestyle": LINES[initialization]}
        ax.plot(range(1, 21), report.forward, label=initialization, **style)
    ax.set(title=activation, xlabel="hidden layer", yscale="log", xticks=[1, 5, 10, 15, 20])
axes[0].set_ylabel("variance of summed inputs")
axes[0].legend(frameon=False)
plt.show()

# %%
# Does it matter for the score? Ten layers of 50, twenty epochs.
print("activation  initialization     forward  backward      SGD     Adam")
for activation in ACTIVATIONS:
    for initialization in INITIALIZATIONS:
        options = {"initialization": initialization, "max_iter": 20, "random_state": 0}
        model = MLPClassifier((50,) * 10, activation, **options)
        report = signal_report(model, X_train)
        scores = []
        for solver, rate in (("sgd", 0.01), ("adam", 0.001)):
            model.set_params(solver=solver, learning_rate_init=rate)
            scores.append(model.fit(X_train, y_train).score(X_test, y_test))
        print(
            f"{activation:11s} {initialization:16s} {report.forward_ratio:9.1e} "
            f"{report.backward_ratio:9.1e}    {scores[0]:.3f}    {scores[1]:.3f}"
        )

# %%
# *forward* and *backward* are the variance of signal and gradient, where they end over where they
# begin.

# %%
# **Shallow networks.** Friedman's first function of 5 of 10 columns, with noise, 1,000 rows: R2 on
# held-out rows, 3 folds and 3 seeds.
X, y = make_friedman1(1000, noise=1.0, random_state=0)
model = make_pipeline(StandardScaler(), MLPRegressor(standardize_y=True))
grid = {
    "mlpregressor__hidden_layer_sizes": [(100,), (50, 50), (50, 50, 50)],
    "mlpregressor__initialization": ["auto", "glorot_uniform", "he_normal"],
    "mlpregressor__random_state": range(3),
}
with lockstep():
    search = GridSearchCV(model, grid, cv=3, refit=False).fit(X, y)
scores = {}
for params, score in zip(
    search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True
):
    key = str(params["mlpregressor__hidden_layer_sizes"]), params["mlpregressor__initialization"]
    scores.setdefault(key, []).append(score)
print("network         initialization      R2")
for (network, initialization), found in scores.items():
    print(f"{network:15s} {initialization:16s} {sum(found) / len(found):.3f}")

# %%
# He's variance is 2 / 10 for ten columns, Glorot's 2 / (10 + 100). From large weights the first
# layer hardly has to learn: the network fits noise with the features that it has drawn.
