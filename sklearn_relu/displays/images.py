"""Pictures of convolutional networks: filters, feature maps, and where decisions come from."""

import numpy as np

from sklearn_relu.displays.style import DIVERGING, SEQUENTIAL
from sklearn_relu.displays.tiles import TilesDisplay
from sklearn_relu.inspection import final_network
from sklearn_relu.inspection.occlusion import occlusion_map


class MapsDisplay(TilesDisplay):
    """Maps over images, side by side with one scale of colours.

    Parameters
    ----------
    maps : ndarray of shape (n_maps, rows, columns)
    titles : sequence of str, default=None
        What to write over each map.
    label : str, default="value"
        What the values are, for the scale of colours.
    order : str, default=None
        How the maps are ordered, in words.

    Attributes
    ----------
    image_ : matplotlib AxesImage
        All maps in one, with gaps of NaN between them.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    """

    _thing = "maps"

    def __init__(self, maps, *, titles=None, label="value", order=None):
        self.maps = maps = np.asarray(maps)
        weights, image_shape = maps.reshape(len(maps), -1), maps.shape[1:]
        super().__init__(weights, image_shape=image_shape, titles=titles, label=label, order=order)


class FiltersDisplay(MapsDisplay):
    """The filters of a block as images, one for each channel; white is 0.

    Parameters
    ----------
    maps : ndarray of shape (n_maps, rows, columns)
        Filters, each for one channel.
    titles : sequence of str, default=None
        What to write over each map, such as the number of the filter.
    label : str, default="weight"
        What the values are, for the scale of colours.
    order : str, default=None
        How the filters are ordered, in words.

    Attributes
    ----------
    image_ : matplotlib AxesImage
        All filters in one, with gaps of NaN between them.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    """

    _thing = "filters"

    def __init__(self, maps, *, titles=None, label="weight", order=None):
        super().__init__(maps, titles=titles, label=label, order=order)

    @classmethod
    def from_estimator(cls, estimator, *, block=0, n_filters=25, ax=None, cmap=None, **kwargs):
        """Draw the filters of a block, each with its number, and that of the channel if several.

        Parameters
        ----------
        estimator : estimator
            Fitted; a CNNClassifier or CNNRegressor, or a Pipeline that ends in one. Of an ensemble
            the first network's are drawn.
        block : int, default=0
            0 is the first block, -1 the last.
        n_filters : int, default=25
            The filters with the largest weights (by their norm), so many, the largest first.
        ax : matplotlib Axes, default=None
            None makes a figure.
        cmap : str or matplotlib Colormap, default=None
            None takes one in which 0 is white.
        **kwargs
            Options for ``Axes.imshow``.

        Returns
        -------
        display : FiltersDisplay

        Raises
        ------
        TypeError
            If the model is no network of images.
        """
        _check_reads_images(estimator, "FiltersDisplay")
        filters = final_network(estimator).filters_[block]
        filters = filters if filters.ndim == 4 else filters[0]
        n_channels = filters.shape[2]
        norms = np.linalg.norm(filters.reshape(-1, filters.shape[-1]), axis=0)
        largest = np.argsort(-norms, kind="stable")[:n_filters]
        maps = filters[..., largest].transpose(3, 2, 0, 1).reshape(-1, *filters.shape[:2])
        titles = [
            f"{number}" if n_channels == 1 else f"{number}, {channel}"
            for number in largest
            for channel in range(n_channels)
        ]
        order = "largest weights first" if n_channels == 1 else "by channel, largest weights first"
        return cls(maps, titles=titles, order=order).plot(ax, cmap=cmap, **kwargs)


class FeatureMapsDisplay(MapsDisplay):
    """The activations of a block's filters over an image.

    Parameters
    ----------
    maps : ndarray of shape (n_maps, rows, columns)
        One a filter.
    titles : sequence of str, default=None
        What to write over each map, such as the number of the filter.
    label : str, default="activation"
        What the values are, for the scale of colours.
    order : str, default=None
        How the filters are ordered, in words.

    Attributes
    ----------
    image_ : matplotlib AxesImage
        All maps in one, with gaps of NaN between them.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    """

    _thing = "filters"

    def __init__(self, maps, *, titles=None, label="activation", order=None):
        super().__init__(maps, titles=titles, label=label, order=order)

    @classmethod
    def from_estimator(cls, estimator, X, *, block=0, n_filters=25, ax=None, cmap=None, **kwargs):
        """Draw what a block's filters make of one image, each with its number.

        Parameters
        ----------
        estimator : estimator
            Fitted; a CNNClassifier or CNNRegressor. Of an ensemble the first network's maps are
            drawn.
        X : array-like of shape (n_samples, rows, columns), (n_samples, rows, columns, channels) or
            (n_samples, n_features)
            The first image is shown.
        block : int, default=0
            0 is the first block, -1 the last.
        n_filters : int, default=25
            The filters that are most active on the image, so many, the most active first.
        ax : matplotlib Axes, default=None
            None makes a figure.
        cmap : str or matplotlib Colormap, default=None
            None takes one in which 0 is white if activations have both signs.
        **kwargs
            Options for ``Axes.imshow``.

        Returns
        -------
        display : FeatureMapsDisplay

        Raises
        ------
        TypeError
            If the model is no network of images.
        """
        _check_reads_images(estimator, "FeatureMapsDisplay")
        maps = estimator.feature_maps(X[:1], block)
        maps = np.moveaxis(maps[0] if maps.ndim == 4 else maps[0, 0], -1, 0)
        order = np.argsort(-np.abs(maps).mean(axis=(1, 2)), kind="stable")[:n_filters]
        if maps.min() >= 0:
            cmap, kwargs = cmap or SEQUENTIAL, {"vmin": 0} | kwargs
        titles = [str(number) for number in order]
        display = cls(maps[order], titles=titles, order="most active first")
        return display.plot(ax, cmap=cmap, **kwargs)


class OcclusionDisplay(MapsDisplay):
    """Where in images the decisions of a network come from.

    Red is where a prediction falls if a patch there is covered, blue where it rises.

    Parameters
    ----------
    maps : ndarray of shape (n_maps, rows, columns)
        The fall of the prediction for each place of the patch.
    titles : sequence of str, default=None
        What to write over each map, such as the prediction.
    label : str, default="fall of the prediction"
        What the values are, for the scale of colours.
    order : str, default=None
        What the maps are of, in words.

    Attributes
    ----------
    image_ : matplotlib AxesImage
        All maps in one, with gaps of NaN between them.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    """

    _thing = "images"

    def __init__(self, maps, *, titles=None, label="fall of the prediction", order=None):
        super().__init__(maps, titles=titles, label=label, order=order)

    @classmethod
    def from_estimator(
        cls, estimator, X, *, patch_size=3, fill=0.0, n_images=9, ax=None, cmap=None, **kwargs
    ):
        """Draw the maps of some images, each with its prediction.

        Parameters
        ----------
        estimator : estimator
            As for :func:`sklearn_relu.inspection.occlusion_map`.
        X : array-like of shape (n_samples, rows, columns), (n_samples, rows, columns, channels) or
            (n_samples, n_features)
        patch_size : int, default=3
            Rows and columns of the patch.
        fill : float, default=0.0
            What covered pixels become.
        n_images : int, default=9
            The first so many images are shown.
        ax : matplotlib Axes, default=None
            None makes a figure.
        cmap : str or matplotlib Colormap, default=None
            None takes one in which 0 is white.
        **kwargs
            Options for ``Axes.imshow``.

        Returns
        -------
        display : OcclusionDisplay
        """
        images = X[:n_images]
        maps = occlusion_map(estimator, images, patch_size=patch_size, fill=fill)
        titles = [_in_short(value) for value in estimator.predict(images)]
        display = cls(maps, titles=titles, order="with their predictions")
        return display.plot(ax, cmap=cmap or DIVERGING, **kwargs)


def _check_reads_images(estimator, what: str) -> None:
    if not getattr(final_network(estimator), "reads_images", False):
        raise TypeError(
            f"{what} needs a network of images; got {estimator!r}. Fit a CNNClassifier or "
            "CNNRegressor."
        )


def _in_short(prediction) -> str:
    """A class, or a number with three digits."""
    if np.ndim(prediction):
        return ""
    return f"{prediction:.3g}" if isinstance(prediction, float | np.floating) else str(prediction)
