"""Reference values for @latentflow/metrics from NumPy, SciPy and scikit-learn.

    python tools/reference/metrics_reference.py packages/metrics/test/reference/metrics.json
"""

import json
import sys

import numpy as np
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC


def control_target(labels, k, target):
    """Equation 6 as the paper states it: share of samples whose class at t equals the target."""
    return (labels[:, k, :] == target).mean(axis=0)


def control_changed(labels, k):
    """Equation 6 as the released code computes it: share of samples whose class changed at some time up to t."""
    changed = labels[:, k, :] != labels[:, k, :1]
    return np.maximum.accumulate(changed, axis=1).mean(axis=0)


def disentanglement(labels, classes, k):
    """Equation 7: per attribute, then the mean over j != k."""
    samples, attributes, times = labels.shape
    result = {}
    for j in range(attributes):
        if j == k:
            continue
        values = np.zeros((samples, times))
        for i in range(samples):
            for t in range(times):
                p = np.bincount(labels[i, j, : t + 1], minlength=classes[j]) / (t + 1)
                values[i, t] = stats.entropy(p) / np.log(classes[j])
        result[j] = values.mean(axis=0)
    return result, np.mean(list(result.values()), axis=0)


def random_labels(rng, samples, classes, times):
    """Labels that mostly persist from one time to the next, as along an edit."""
    labels = np.zeros((samples, len(classes), times), dtype=np.int64)
    labels[:, :, 0] = rng.integers(0, classes, size=(samples, len(classes)))
    for t in range(1, times):
        fresh = rng.integers(0, classes, size=(samples, len(classes)))
        keep = rng.random((samples, len(classes))) < 0.85
        labels[:, :, t] = np.where(keep, labels[:, :, t - 1], fresh)
    return labels


def cd_curves(rng):
    classes = [2, 6, 3, 4]
    labels = random_labels(rng, 40, classes, 12)
    per_attribute, mean = disentanglement(labels, classes, 1)
    return {
        "labels": labels.ravel().tolist(),
        "shape": list(labels.shape),
        "classes": classes,
        "attribute": 1,
        "target": 5,
        "controlTarget": control_target(labels, 1, 5).tolist(),
        "controlChanged": control_changed(labels, 1).tolist(),
        "perAttribute": {str(j): v.tolist() for j, v in per_attribute.items()},
        "disentanglement": mean.tolist(),
    }


def spearman_cases(rng):
    cases = []
    for n in (5, 40, 300):
        x = rng.normal(size=n).round(1)
        y = (0.5 * x + rng.normal(size=n)).round(1)
        rho, p = stats.spearmanr(x, y)
        cases.append({"x": x.tolist(), "y": y.tolist(), "rho": rho, "p": p})
    x = rng.normal(size=60)
    y = x + 0.05 * rng.normal(size=60)
    rho, p = stats.spearmanr(x, y)
    cases.append({"x": x.tolist(), "y": y.tolist(), "rho": rho, "p": p})
    return cases


def matrices(rng):
    cases = []
    for n, k in ((8, 8), (24, 10)):
        a = rng.normal(size=(n, n)) * np.exp(-0.3 * np.arange(n))
        sigma = np.linalg.svd(a, compute_uv=False)
        shifted = np.linalg.svd(a + np.eye(n), compute_uv=False)
        eigen = np.linalg.eigvals(a)
        cases.append({
            "a": a.tolist(),
            "k": k,
            "entropy": stats.entropy(sigma[:k]),
            "entropyPlusIdentity": stats.entropy(shifted[:k]),
            "singularValues": sigma.tolist(),
            "modulus": np.sort(np.abs(eigen))[::-1].tolist(),
            "fast": int((np.abs(eigen) >= 0.1 * np.abs(eigen).max()).sum()),
        })
    return cases


def binomial_cases():
    cases = []
    for successes, trials, p in ((0, 10, 0.5), (7, 10, 0.5), (60, 100, 0.5), (530, 1000, 0.5), (3, 25, 0.3), (25, 25, 0.9), (5100, 10000, 0.5), (1, 1, 0.2)):
        test = stats.binomtest(successes, trials, p)
        wilson = [test.proportion_ci(level, method="wilson") for level in (0.95, 0.99)]
        cases.append({"successes": successes, "trials": trials, "p": p, "pValue": test.pvalue, "wilson": [[w.low, w.high] for w in wilson]})
    return cases


def probes(rng):
    """Inputs are already split, so that both sides train on the same rows."""
    cases = []
    for classes in (2, 3):
        x = rng.normal(size=(90, 4)).round(3)
        y = (np.floor(np.abs(x[:, 0] + 0.7 * x[:, 1] ** 2) * 1.3).astype(int)) % classes
        linear = LogisticRegression(C=1.0, tol=1e-12, max_iter=10000).fit(x[:60], y[:60])
        weights = linear.coef_ if classes > 2 else np.concatenate([-linear.coef_, linear.coef_]) / 2
        knn = KNeighborsClassifier(5).fit(x[:60], y[:60])
        rbf = SVC(C=1.0, tol=1e-9).fit(x[:60], y[:60])
        one_against_one = SVC(C=1.0, tol=1e-9, decision_function_shape="ovo").fit(x[:60], y[:60])
        cases.append({
            "x": x.ravel().tolist(), "d": 4, "y": y.tolist(), "classes": classes, "train": 60,
            "weights": weights.ravel().tolist(),
            "linear": linear.predict(x[60:]).tolist(),
            "neighbours": knn.predict(x[60:]).tolist(),
            "rbf": rbf.predict(x[60:]).tolist(),
            # In the order of pairs (0, 1), (0, 2), (1, 2); with two classes scikit-learn turns the sign, class 1 being its positive one.
            "rbfDecisions": (one_against_one.decision_function(x[60:]) * (1 if classes > 2 else -1)).ravel().tolist(),
        })
    return cases


def associations(rng):
    scores = rng.normal(size=(30, 3)).round(3)
    scores[:, 2] += scores[:, 0]
    labels = np.stack([rng.integers(0, 2, 50), rng.integers(0, 3, 50), rng.integers(0, 4, 50)], axis=1)
    labels[:20, 1] = labels[:20, 0]
    cramer = [[stats.contingency.association(stats.contingency.crosstab(labels[:, i], labels[:, j]).count) for j in range(3)] for i in range(3)]
    return {"scores": scores.tolist(), "pearson": np.corrcoef(scores.T).tolist(), "labels": labels.tolist(), "cramer": cramer}


def main(path):
    rng = np.random.default_rng(20211)
    reference = {
        "cdCurve": cd_curves(rng),
        "spearman": spearman_cases(rng),
        "matrices": matrices(rng),
        "binomial": binomial_cases(),
        "probes": probes(rng),
        "associations": associations(rng),
        "normalQuantile": [[p, stats.norm.ppf(p)] for p in (1e-12, 1e-5, 0.01, 0.3, 0.5, 0.6, 0.975, 0.995, 0.99999)],
    }
    with open(path, "w") as file:
        json.dump(reference, file)


if __name__ == "__main__":
    main(sys.argv[1])
