"""Logistic regression with a ridge, for benchmarks that fit what the package ships."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float64]


def fit_logistic(
    rows_NF: Floats, target_N: NDArray[np.bool_], ridge_F: Floats, share_N: Floats | float = 1.0
) -> Floats:
    """Weights [F] that minimise the log loss of the rows, each times its share, plus half of `ridge_F` times their
    squares."""

    def loss(weights_F: Floats) -> tuple[float, Floats]:
        logits_N = rows_NF @ weights_F
        value = (share_N * (np.logaddexp(0, logits_N) - target_N * logits_N)).sum() + ridge_F @ weights_F**2 / 2
        return float(value), rows_NF.T @ (share_N * (1 / (1 + np.exp(-logits_N)) - target_N)) + ridge_F * weights_F

    found: Floats = minimize(loss, np.zeros(rows_NF.shape[1]), jac=True, method="L-BFGS-B").x
    return found
