"""
Why do deep sigmoid networks fail?
==================================

Eight hidden layers on scikit-learn's digits, with three activations. Before the first step we
measure the gradient in every layer; then we train. The logistic sigmoid's derivative is at most
1/4, so on its way back through each layer the gradient loses about three quarters or more of its
size: what reaches the first layer is nothing that Adam could make use of, and the network
predicts the same for every image.
"""

import warnings

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from sklearn_relu import MLPClassifier, TrainingWarning, gradient_report
from sklearn_relu.displays import ActivationDisplay, GradientFlowDisplay, LossCurveDisplay
from sklearn_relu.inspection import verdict

warnings.simplefilter("ignore", ConvergenceWarning)
warnings.simplefilter("ignore", TrainingWarning)  # we are about to ask for it

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0)

# %%
# The functions and their derivatives.
ActivationDisplay.from_activations(["logistic", "tanh", "relu"])
plt.show()

# %%
# The gradient before training, layer by layer.
models = {
    name: MLPClassifier((50,) * 8, name, max_iter=40, random_state=0)
    for name in ("relu", "tanh", "logistic")
}
GradientFlowDisplay.from_estimator(models, X_train, y_train, initial=True)
plt.show()

# %%
# Training, and the score on images that were held out.
for name, model in models.items():
    ratio = gradient_report(model, X_train, y_train, initial=True).ratio
    accuracy = model.fit(X_train, y_train).score(X_test, y_test)
    print(f"{name:9s} gradient, first to last layer: {ratio:.1e}   accuracy: {accuracy:.3f}")
LossCurveDisplay.from_estimator(models)
plt.show()

# %%
# What the fit itself noted about the sigmoid network, in words.
print(verdict(models["logistic"]))

# %%
# Tanh does train at this depth: with Glorot's initialization and Adam its gradient does not
# vanish.
