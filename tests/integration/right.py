"""Code of a user that type checkers have nothing against."""

import numpy as np
from numpy.typing import NDArray

import sklearn_relu
from sklearn_relu import Autoencoder, MLPClassifier, MLPRegressor, compare, lockstep
from sklearn_relu.activations import Activation, LeakyReLU
from sklearn_relu.schedules import Progress


class Square(Activation):
    def forward(self, z, a, params, noise=None):
        np.square(z, out=a)

    def backward(self, z, a, grad_a, grad_z, params, grad_params):
        np.multiply(z, grad_a, out=grad_z)
        grad_z *= 2


def halve(progress: Progress) -> float:
    return 0.5**progress.epoch


def fitted(X: NDArray[np.float64], y: NDArray[np.int64]) -> MLPClassifier:
    with lockstep(max_bytes=2**28) as stacks:
        search = compare(X, y, networks=[(5,)], folds=2)
    sizes: list[int] = stacks.sizes
    print(sizes, search.best_params_)
    model = MLPClassifier(
        (10, 5), [LeakyReLU(0.1), Square()], learning_rate=halve, dropout=[0.1, 0]
    )
    probabilities: NDArray = model.partial_fit(X, y, classes=[0, 1]).predict_proba(X)
    print(probabilities)
    return model.fit(X, y, X_val=X, y_val=y).set_params(alpha=0.1)


regressor = MLPRegressor("huber", hidden_layer_sizes=(5,), ensemble_size=3, random_state=0)
names: list[str] = list(regressor.get_params())
mean, std = regressor.predict([[1.0]], return_std=True)
sure: NDArray = mean + std + regressor.predict([[1.0]])

encoder = Autoencoder((5,), corruption="masking").fit([[1.0], [2.0]], X_val=[[3.0]])
code: NDArray = encoder.transform([[1.0]]) + encoder.partial_fit([[1.0]]).reconstruct([[1.0]])
share: float = encoder.score([[1.0], [2.0]])

rows: list[dict] = sklearn_relu.comparison.comparison_rows(compare([[1.0], [2.0]], [0, 1], folds=2))
display: sklearn_relu.displays.LossCurveDisplay
again: sklearn_relu.MLPRegressor = sklearn_relu.estimators.MLPRegressor()
