"""The rival method: neural posterior estimation, a network from data to the mean of the posterior (scikit-learn).

The network learns from synthetic truths; the posterior is normal around its answer, with the covariance of its errors
on truths it has not seen (Papamakarios & Murray 2016, arXiv:1605.06376, with one Gaussian). It needs no sampler, and
is measured against sequential Monte Carlo on the same truths.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kladsim.core.extras import extra
from kladsim.inference.calibration.checking import Method, truths_and_data
from kladsim.inference.calibration.emulator import SummaryEmulator
from kladsim.inference.calibration.observation import Datum
from kladsim.inference.calibration.random_numbers import normal

Array = NDArray[np.float64]


def neural_method(
    emulator: SummaryEmulator, data: Sequence[Datum], *, training: int = 12_000, particles: int = 200, seed: int = 51
) -> Method:
    """Train on synthetic truths and return the method."""
    from scipy.special import ndtr, ndtri
    with extra("calibrate"):
        from sklearn.neural_network import MLPRegressor

    u, y = truths_and_data(emulator, data, training, seed)
    centre, size = y.mean(axis=0), y.std(axis=0)
    x, z = (y - centre) / size, ndtri(u)
    known = int(0.85 * training)
    network = MLPRegressor(
        hidden_layer_sizes=(96, 96), max_iter=60, early_stopping=True, n_iter_no_change=6, random_state=seed
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network.fit(x[:known], z[:known])
    errors = z[known:] - network.predict(x[known:])
    root = np.linalg.cholesky(np.cov(errors.T))
    shift = errors.mean(axis=0)

    def draws(observed: Array) -> Array:
        middle = network.predict((observed - centre) / size) + shift
        luck = normal(seed, "sampler", 3, (len(observed), particles, root.shape[0]))
        return np.asarray(ndtr(middle[:, None, :] + luck @ root.T))

    return draws
