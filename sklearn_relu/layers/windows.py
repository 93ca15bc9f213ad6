"""Windows along one direction of an image: how many there are, and what is in them."""

from typing import NamedTuple

PADDINGS = "same", "valid"
"""Whether windows reach beyond the edges, see :meth:`Windows.of`."""


class Windows(NamedTuple):
    """Windows at equal distances along rows or columns.

    Attributes
    ----------
    length : int
        Pixels in this direction.
    size, stride : int
        Pixels of a window, and from one window to the next.
    before : int
        Places of the first window that are beyond the edge.
    n_windows : int
        How many windows there are.
    """

    length: int
    size: int
    stride: int
    before: int
    n_windows: int

    @classmethod
    def of(cls, length: int, size: int, stride: int, padding: str) -> "Windows":
        """Those of TensorFlow and Keras.

        With "same" there is a window for each `stride` pixels, and what reaches beyond the edges
        is shared between both. With "valid" no window does.
        """
        if padding == "valid":
            return cls(length, size, stride, 0, max(0, (length - size) // stride + 1))
        n_windows = -(-length // stride)
        beyond = max(0, (n_windows - 1) * stride + size - length)
        return cls(length, size, stride, beyond // 2, n_windows)

    @property
    def after(self) -> int:
        """Places of the last window that are beyond the edge."""
        return max(0, (self.n_windows - 1) * self.stride + self.size - self.before - self.length)

    @property
    def cover_all(self) -> bool:
        """Whether each pixel is in a window."""
        reach = (self.n_windows - 1) * self.stride + self.size - self.before
        return self.stride <= self.size and reach >= self.length

    def at(self, place: int) -> tuple[slice, slice]:
        """The windows that have a pixel at that place, and these pixels."""
        first = -(-max(0, self.before - place) // self.stride)
        last = min(self.n_windows, (self.length - 1 + self.before - place) // self.stride + 1)
        n = max(0, last - first)
        start = first * self.stride - self.before + place
        return slice(first, first + n), slice(start, start + n * self.stride, self.stride)
