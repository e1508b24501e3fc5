"""Reference values for the linear methods of @latentflow/latent-edit: scikit-learn's SVC, PCA, and NumPy's SVD.

    python tools/reference/latent_linear_reference.py packages/latent-edit/test/reference/linear.json

Problems are drawn from a congruential generator that the tests repeat, so that only solutions are stored.
"""

import json
import sys

import numpy as np
from sklearn.decomposition import PCA
from sklearn.svm import SVC

from congruential import uniforms


def problem(seed, n, d, noise):
    """Rows in [-1, 1] with falling scales; the sign of a plane's score, blurred by `noise`."""
    x = (2 * uniforms(seed, n * d) - 1).reshape(n, d) * (1 + np.arange(d) % 3)
    normal = 2 * uniforms(seed + 1, d) - 1
    score = x @ normal + noise * (2 * uniforms(seed + 2, n) - 1)
    return x + 0.25, np.where(score > 0.3, 1, -1)


def svm(seed, n, d, noise, C):
    x, y = problem(seed, n, d, noise)
    model = SVC(kernel="linear", C=C, tol=1e-9).fit(x, y)
    return {"seed": seed, "n": n, "d": d, "noise": noise, "C": C, "weights": model.coef_[0].tolist(), "intercept": model.intercept_[0]}


def main(path):
    codes = (2 * uniforms(77, 60 * 6) - 1).reshape(60, 6) * np.array([3, 2.4, 1.7, 1.1, 0.6, 0.2])
    pca = PCA().fit(codes)
    layers = [(2 * uniforms(seed, rows * 6) - 1).reshape(rows, 6) for seed, rows in ((5, 8), (6, 12))]
    stacked = np.concatenate(layers)
    normalized = stacked / np.linalg.norm(stacked, axis=1, keepdims=True)
    _, strengths, directions = np.linalg.svd(normalized, full_matrices=False)
    reference = {
        "svm": [
            svm(1, 120, 6, 0.0, 1.0),
            svm(2, 300, 20, 0.0, 10.0),
            svm(3, 400, 16, 8.0, 1.0),
            svm(4, 800, 40, 12.0, 0.1),
            svm(5, 60, 90, 2.0, 1.0),
            svm(6, 250, 3, 3.0, 100.0),
        ],
        "pca": {"components": pca.components_.tolist(), "deviations": np.sqrt(pca.explained_variance_).tolist(), "mean": pca.mean_.tolist()},
        "sefa": {"directions": directions.tolist(), "strengths": strengths.tolist()},
    }
    with open(path, "w") as file:
        json.dump(reference, file)


if __name__ == "__main__":
    main(sys.argv[1])
