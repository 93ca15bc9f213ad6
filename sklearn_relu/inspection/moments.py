"""Means and scatter of many rows, some at a time."""

import numpy as np


class Moments:
    """Mean and scatter matrix of rows that come in batches, in float64.

    Parameters
    ----------
    n_networks : int

    Attributes
    ----------
    mean : ndarray of shape (n_networks, width)
    scatter : ndarray of shape (n_networks, width, width)
        Sum over the rows of the outer product of what is left of each after its mean.

    References
    ----------
    Chan, Golub & LeVeque (1983), Algorithms for computing the sample variance, equation 2.1b.
    """

    def __init__(self, n_networks: int):
        self.n_rows = 0
        self.mean = np.zeros((n_networks, 1))
        self.scatter = np.zeros((n_networks, 1, 1))

    def add(self, rows: np.ndarray) -> None:
        """Take in rows (n_networks, n_rows, width)."""
        rows = rows.astype(np.float64, copy=False)
        n = rows.shape[1]
        mean = rows.mean(axis=1)
        centred = rows - mean[:, None]
        total = self.n_rows + n
        shift = mean - self.mean
        scatter = centred.swapaxes(1, 2) @ centred
        scatter += self.scatter
        scatter += shift[:, :, None] * shift[:, None, :] * (self.n_rows * n / total)
        self.scatter, self.mean = scatter, self.mean + shift * (n / total)
        self.n_rows = total

    @property
    def variance(self) -> np.ndarray:
        """Variance of each column, (n_networks, width)."""
        return np.diagonal(self.scatter, axis1=1, axis2=2) / self.n_rows


def effective_rank(scatter: np.ndarray) -> np.ndarray:
    """The exponential of the entropy of the singular values, over their sum; 0 if all are 0.

    Parameters
    ----------
    scatter : ndarray of shape (n_networks, width, width)
        Its eigenvalues are the squares of the singular values.

    Returns
    -------
    rank : ndarray of shape (n_networks,)

    References
    ----------
    Roy & Vetterli (2007), The effective rank: a measure of effective dimensionality, equation 3.
    """
    eigenvalues = np.linalg.eigvalsh(scatter)
    largest = eigenvalues.max(axis=1, keepdims=True)
    # What is no more than rounding would weigh as its square root does.
    rounding = largest * scatter.shape[1] * np.finfo(scatter.dtype).eps
    values = np.sqrt(np.where(eigenvalues > rounding, eigenvalues, 0))
    total = values.sum(axis=1, keepdims=True)
    shares = np.divide(values, total, out=np.zeros_like(values), where=total > 0)
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    return np.where(total[:, 0] > 0, np.exp(-(shares * logs).sum(axis=1)), 0.0)
