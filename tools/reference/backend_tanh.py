"""Fits the rational function of the wasm tanh kernel: tanh(x) ≈ x P(x²)/Q(x²) on [0, 9.02], P of degree 5, Q of degree 4, Q(0) = 1.

Least squares of the relative error on Chebyshev nodes, reweighted towards the largest errors (Lawson's method). Prints the coefficients of P
and Q, lowest power first, and the largest relative error. Needs numpy.
"""

import numpy as np

END, P, Q = 9.02, 5, 4
NODES = 4000

x = END * (1 - np.cos(np.pi * (np.arange(NODES) + 0.5) / NODES)) / 2
s = (x / END) ** 2
ratio = np.tanh(x) / x
powers = np.vander(s, max(P, Q) + 1, increasing=True)
weights, denominator = np.ones(NODES), np.ones(NODES)
best, smallest = None, np.inf
for _ in range(200):
    scale = np.sqrt(weights) / (ratio * denominator)
    rows = np.hstack([powers[:, : P + 1], -ratio[:, None] * powers[:, 1 : Q + 1]]) * scale[:, None]
    columns = np.linalg.norm(rows, axis=0)
    found = np.linalg.lstsq(rows / columns, ratio * scale, rcond=None)[0] / columns
    numerator = powers[:, : P + 1] @ found[: P + 1]
    denominator = 1 + powers[:, 1 : Q + 1] @ found[P + 1 :]
    error = np.abs(numerator / denominator / ratio - 1)
    if error.max() < smallest:
        smallest, best = error.max(), found
    weights *= error / error.max() + 1e-3
    weights /= weights.sum()
    denominator = np.abs(denominator)
print("largest relative error:", smallest)
print("P:", [float(c) / END ** (2 * i) for i, c in enumerate(best[: P + 1])])
print("Q:", [1.0] + [float(c) / END ** (2 * i + 2) for i, c in enumerate(best[P + 1 :])])
