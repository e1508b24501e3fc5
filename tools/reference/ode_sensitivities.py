"""Sensitivities by SciPy from the variational equations written out by hand, and fits by its least_squares on them: packages/ode/test/reference/."""

import json
from pathlib import Path

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import least_squares


def robertson(y, k):
    a, b, c = y
    f = [-k[0] * a + k[1] * b * c, k[0] * a - k[1] * b * c - k[2] * b * b, k[2] * b * b]
    by_y = [
        [-k[0], k[1] * c, k[1] * b],
        [k[0], -k[1] * c - 2 * k[2] * b, -k[1] * b],
        [0, 2 * k[2] * b, 0],
    ]
    by_k = [[-a, b * c, 0], [a, -b * c, -b * b], [0, 0, b * b]]
    return np.array(f), np.array(by_y), np.array(by_k)


def lotka(y, p):
    x, w = y
    a, b, c, d = p
    f = [a * x - b * x * w, d * x * w - c * w]
    return np.array(f), np.array([[a - b * w, -b * x], [d * w, d * x - c]]), np.array([[x, -x * w, 0, 0], [0, 0, -w, x * w]])


def solve(model, y0, p, times, method, tolerance, atol):
    """y, dy/dp and dy/dy0 at the times after the first."""
    n, count = len(y0), len(p) + len(y0)
    start = np.concatenate([y0, np.hstack([np.zeros((n, len(p))), np.eye(n)]).ravel()])

    def slope(_t, all_):
        f, by_y, by_p = model(all_[:n], p)
        s = all_[n:].reshape(n, count)
        return np.concatenate([f, (by_y @ s + np.hstack([by_p, np.zeros((n, n))])).ravel()])

    # Radau's error is measured beside each number; parameters of 1e7 have derivatives of 1e-12.
    found = solve_ivp(slope, (times[0], times[-1]), start, method=method, rtol=tolerance, atol=atol, t_eval=times[1:])
    assert found.success
    y = found.y[:n].T
    s = found.y[n:].T.reshape(-1, n, count)
    return y, s[:, :, : len(p)], s[:, :, len(p) :]


K = [0.04, 1e4, 3e7]
sizes = np.concatenate([np.ones(3), np.hstack([np.tile(1 / np.array(K), (3, 1)), np.ones((3, 3))]).ravel()])
times = [0, 0.4, 40]
y, by_k, by_y0 = solve(robertson, [1.0, 0, 0], K, times, "Radau", 1e-12, 1e-15 * sizes)
reference = {"robertson": {"t": times, "y": y.tolist(), "parameters": by_k.tolist(), "y0": by_y0.tolist()}}

LOTKA = [1.5, 1, 3, 1]
times = [0, 3, 10]
y, by_p, by_y0 = solve(lotka, [1.0, 1], LOTKA, times, "DOP853", 1e-13, 1e-13)
reference["lotka"] = {"t": times, "y": y.tolist(), "parameters": by_p.tolist(), "y0": by_y0.tolist()}

# Forty points with noise of 5 %.
random = np.random.default_rng(22)
times = np.round(np.linspace(0.25, 10, 40), 6)
truth = solve(lotka, [1.0, 1], LOTKA, [0, *times], "DOP853", 1e-12, 1e-12)[0]
sigma = 0.05
data = np.round(truth + sigma * random.standard_normal(truth.shape), 6)


def residuals(p):
    return ((solve(lotka, [1.0, 1], p, [0, *times], "DOP853", 1e-10, 1e-10)[0] - data) / sigma).ravel()


def jacobian(p):
    return (solve(lotka, [1.0, 1], p, [0, *times], "DOP853", 1e-10, 1e-10)[1] / sigma).reshape(-1, 4)


START = [1.2, 0.8, 2.5, 0.8]
# From the truth: what counts is where the sum of squares is least.
found = least_squares(residuals, LOTKA, jac=jacobian, method="lm", xtol=1e-12, ftol=1e-12, gtol=1e-12)
covariance = np.linalg.inv(found.jac.T @ found.jac)
bounded = least_squares(
    residuals, [1.4, 1, 3, 1], jac=jacobian, method="trf", bounds=([0, 0, 0, 0], [1.45, 9, 9, 9]), xtol=1e-12, ftol=1e-12, gtol=1e-12
)
prey = least_squares(
    lambda p: residuals(p)[0::2], LOTKA, jac=lambda p: jacobian(p)[0::2], method="lm", xtol=1e-12, ftol=1e-12, gtol=1e-12
)
reference["fit"] = {
    "t": times.tolist(),
    "data": data.tolist(),
    "sigma": sigma,
    "start": START,
    "parameters": found.x.tolist(),
    "sum": float(2 * found.cost),
    "covariance": covariance.tolist(),
    "below": {"bounds": [1.45, 9, 9, 9], "parameters": bounded.x.tolist(), "sum": float(2 * bounded.cost)},
    "prey": {"parameters": prey.x.tolist(), "sum": float(2 * prey.cost)},
}

target = Path(__file__).parents[2] / "packages/ode/test/reference/sensitivities.json"
target.write_text(json.dumps(reference, separators=(",", ":")) + "\n")
print(found.x, np.sqrt(np.diag(covariance)), 2 * found.cost, bounded.x, prey.x)
print(by_p[-1], by_k[-1])
