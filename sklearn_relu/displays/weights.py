"""Weights as images."""

import numpy as np

from sklearn_relu.displays.tiles import TilesDisplay
from sklearn_relu.inspection import final_network
from sklearn_relu.inspection.names import feature_names


class WeightsDisplay(TilesDisplay):
    """Weights into units, such as those of the first layer, as images.

    The images stand in rows, with one scale of colours for all; white is 0.

    Parameters
    ----------
    weights : ndarray of shape (n_units, n_features)
        One row an image: weights, or the slopes of a local linear map.
    image_shape : tuple of int, default=None
        Height and width, if the features are the pixels of an image. None draws one line a unit.
    titles : sequence of str, default=None
        What to write over each image, or beside each line, such as the numbers of units.
    label : str, default="weight"
        What the values are, for the scale of colours.
    feature_names : sequence of str, default=None
        Names of the features, below the lines.
    order : str, default=None
        How the units are ordered, in words.

    Attributes
    ----------
    image_ : matplotlib AxesImage
        All images in one, with gaps of NaN between them.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    """

    @classmethod
    def from_estimator(
        cls, estimator, *, image_shape=None, n_units=25, ax=None, cmap=None, **kwargs
    ):
        """Draw the weights of the first layer, each unit with its number.

        Parameters
        ----------
        estimator : estimator
            Fitted. Of an ensemble the first network's are drawn. Features have the names that the
            network or the steps before it have seen, as those of a data frame.
        image_shape : tuple of int, default=None
            Height and width, if the features are the pixels of an image.
        n_units : int, default=25
            The units with the largest weights (by their norm), so many, the largest first.
        ax : matplotlib Axes, default=None
            None makes a figure.
        cmap : str or matplotlib Colormap, default=None
            None takes one in which 0 is white.
        **kwargs
            Options for ``Axes.imshow``.

        Returns
        -------
        display : WeightsDisplay

        Raises
        ------
        TypeError
            If the first layer is recurrent: its weights are for a step and for the state.
        ValueError
            If images of that shape do not have as many pixels as there are features.
        """
        network = final_network(estimator)
        if getattr(network, "reads_series", False):
            raise TypeError(
                "WeightsDisplay draws weights of features, and those of a recurrent layer are for "
                f"one step and for the state; got {estimator!r}. Read coefs_[0], or draw a "
                "GradientThroughTimeDisplay."
            )
        coef = network.coefs_[0]
        weights = (coef if coef.ndim == 2 else coef[0]).T
        largest = np.argsort(-np.linalg.norm(weights, axis=1), kind="stable")[:n_units]
        return cls(
            weights[largest],
            image_shape=image_shape,
            titles=[str(unit) for unit in largest],
            feature_names=feature_names(estimator, weights.shape[1]),
            order="largest weights first",
        ).plot(ax, cmap=cmap, **kwargs)
