"""Reference values for the realism measures of @latentflow/metrics from SciPy and scikit-learn.

    python tools/reference/metrics_realism.py packages/metrics/test/reference/realism.json
"""

import json
import sys

import numpy as np
from scipy.linalg import sqrtm
from scipy.spatial.distance import mahalanobis
from sklearn.covariance import ledoit_wolf


def frechet(a, b):
    """As in the TTUR code: mean, np.cov and scipy.linalg.sqrtm of the product."""
    ca, cb = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = sqrtm(ca @ cb)
    return float(np.sum((a.mean(0) - b.mean(0)) ** 2) + np.trace(ca + cb - 2 * np.real(root)))


def weighted_frechet(a, p, b):
    """The same with weights of a's rows, in place of 1/n each."""
    n = len(a)
    mean = p @ a
    ca = n / (n - 1) * (a - mean).T @ np.diag(p) @ (a - mean)
    cb = np.cov(b, rowvar=False)
    return float(np.sum((mean - b.mean(0)) ** 2) + np.trace(ca + cb - 2 * np.real(sqrtm(ca @ cb))))


def singular_frechet(a, b, p=None):
    """For fewer rows than features, where sqrtm fails: its trace as the nuclear norm of the centred points' products. p: weights of a's rows."""
    n, m = len(a), len(b)
    p = np.full(n, 1 / n) if p is None else p
    mean = p @ a
    x, y = (a - mean) * np.sqrt(p * n / (n - 1))[:, None], (b - b.mean(0)) / np.sqrt(m - 1)
    nuclear = np.linalg.svd(x @ y.T, compute_uv=False).sum()
    return float(np.sum((mean - b.mean(0)) ** 2) + (x**2).sum() + (y**2).sum() - 2 * nuclear)


def slopes_of(distance, n):
    """By central differences: what moving a weight of 1e-5 to each of the first rows changes."""
    slopes = []
    for i in range(5):
        change = np.full(n, -1e-5 / n)
        change[i] += 1e-5
        uniform = np.full(n, 1 / n)
        up, down = (distance(uniform + sign * change) for sign in (1, -1))
        slopes.append((up - down) / 2e-5)
    return slopes


def pair(rng, n, m, features, spread):
    mix = rng.normal(size=(features, features))
    scale = np.geomspace(1, spread, features)
    a = rng.normal(size=(n, features)) @ (mix * scale) + 1
    b = np.maximum(rng.normal(size=(m, features)) @ mix, -0.5)
    return np.round(a, 6), np.round(b, 6)


def distances(rng):
    full = []
    for n, m, features, spread in [(60, 40, 5, 3), (40, 40, 8, 1e-2), (30, 50, 3, 1e3)]:
        a, b = pair(rng, n, m, features, spread)
        slopes = slopes_of(lambda p: weighted_frechet(a, p, b), n)
        full.append({"a": a.tolist(), "b": b.tolist(), "distance": frechet(a, b), "slopes": slopes})
    singular = []
    for n, m, features in [(8, 8, 20), (9, 30, 15), (30, 6, 12)]:
        a, b = pair(rng, n, m, features, 2)
        slopes = slopes_of(lambda p: singular_frechet(a, b, p), n)
        singular.append({"a": a.tolist(), "b": b.tolist(), "distance": singular_frechet(a, b), "slopes": slopes})
    return {"full": full, "singular": singular}


def codes(rng):
    cases = []
    for n, d, slope in [(120, 6, 0.2), (15, 10, 1.0), (60, 4, 0.1)]:
        before = rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + rng.normal(size=d)
        w = np.round(np.where(before < 0, slope * before, before), 6)
        x = np.where(w < 0, w / slope, w)
        covariance, shrinkage = ledoit_wolf(x)
        inverse = np.linalg.inv(covariance)
        distance = [mahalanobis(row, x.mean(0), inverse) for row in x]
        cases.append(
            {
                "codes": w.tolist(),
                "slope": slope,
                "shrinkage": float(shrinkage),
                "distances": distance,
                "threshold": float(np.quantile(distance, 0.99)),
            }
        )
    return cases


if __name__ == "__main__":
    rng = np.random.default_rng(17)
    with open(sys.argv[1], "w") as file:
        json.dump({"frechet": distances(rng), "codes": codes(rng)}, file)
