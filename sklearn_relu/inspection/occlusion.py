"""Where in an image a prediction comes from."""

from numbers import Integral

import numpy as np
from sklearn.base import is_classifier

from sklearn_relu.estimators.fitted import Fitted, ImageLayout
from sklearn_relu.inspection.model import own_network


def occlusion_map(model, X, *, patch_size=3, fill=0.0) -> np.ndarray:
    """What predictions lose where a patch of each image is covered.

    The patch is moved over the image, one pixel at a time. Where its middle is, the map has the
    fall of the prediction: large where the decision comes from, below 0 where the image speaks
    against it.

    Parameters
    ----------
    model : estimator
        Fitted; a CNNClassifier or CNNRegressor, or a Pipeline that ends in one and whose earlier
        steps leave the shape of X as it is.
    X : array-like of shape (n_samples, rows, columns), (n_samples, rows, columns, channels) or
        (n_samples, n_features)
        Images as in ``fit``.
    patch_size : int, default=3
        Rows and columns of the patch; at an edge it has what is in the image.
    fill : float, default=0.0
        What pixels of the patch become.

    Returns
    -------
    maps : ndarray of shape (n_samples, rows, columns)
        The fall of the predicted class's probability; of the decision function, where a classifier
        has no probabilities; of the mean of all outputs for a regressor and for several labels.

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    TypeError
        If the model does not end in a network of images.
    ValueError
        If `patch_size` is no whole number > 0.

    References
    ----------
    Zeiler & Fergus (2014), Visualizing and understanding convolutional networks, section 4.2.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_relu import CNNClassifier
    >>> from sklearn_relu.inspection import occlusion_map
    >>> X, y = np.zeros((40, 8, 8)), np.arange(40) % 2
    >>> X[y == 1, 2, 5] = 1
    >>> model = CNNClassifier((4,), max_iter=100, learning_rate_init=0.01, random_state=0)
    >>> maps = occlusion_map(model.fit(X, y), X[1:2], patch_size=1)
    >>> maps.shape
    (1, 8, 8)
    >>> row, column = divmod(maps[0].argmax(), 8)
    >>> int(row), int(column)
    (2, 5)
    """
    if not isinstance(patch_size, Integral) or patch_size < 1:
        raise ValueError(f"patch_size must be a whole number > 0; got {patch_size!r}.")
    layout = Fitted(own_network(model)).image_layout
    if layout is None:
        raise TypeError(
            f"occlusion_map needs a network of images; got {model!r}. Fit a CNNClassifier or "
            "CNNRegressor."
        )
    X = np.asarray(X)
    return np.stack([_map_of(model, image, layout, int(patch_size), fill) for image in X])


def _map_of(
    model, image: np.ndarray, layout: ImageLayout, patch_size: int, fill: float
) -> np.ndarray:
    """The map of one image."""
    rows, columns, _ = layout.shape
    covered = np.repeat(image[None], rows * columns + 1, axis=0)  # the last one stays whole
    pixels = layout.by_place(covered)
    before = (patch_size - 1) // 2
    for i in range(rows * columns):
        first = np.array(divmod(i, columns)) - before
        (top, left), (bottom, right) = np.maximum(first, 0), first + patch_size
        pixels[i, top:bottom, left:right] = fill
    outputs = _outputs(model, covered)
    return (outputs[-1] - outputs[:-1]).reshape(rows, columns)


def _outputs(model, X: np.ndarray) -> np.ndarray:
    """One number for each image: for the class that the last one is taken for, or the mean."""
    if not is_classifier(model):
        return model.predict(X).reshape(len(X), -1).mean(axis=1)
    has_probabilities = hasattr(model, "predict_proba")
    values = model.predict_proba(X) if has_probabilities else model.decision_function(X)
    if values.ndim == 1:  # two classes, told apart by the sign
        return values * np.sign(values[-1])
    if np.ndim(model.predict(X[-1:])) == 2:  # several labels
        return values.mean(axis=1)
    return values[:, values[-1].argmax()]
