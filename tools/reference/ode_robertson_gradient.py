"""Derivatives of Robertson's problem at t = 40 by its variational equations, for packages/ode/test/reference/robertson-gradient.json.

SciPy's Radau at rtol 1e-12 solves y and dy/dk together, with k = (0.04, 1e4, 3e7) and y0 = (1, 0, 0).
Run: python tools/reference/ode_robertson_gradient.py > packages/ode/test/reference/robertson-gradient.json
"""

import json

import numpy as np
from scipy.integrate import solve_ivp

K = np.array([0.04, 1e4, 3e7])


def slope(y):
    slow, medium, fast = K[0] * y[0], K[1] * y[1] * y[2], K[2] * y[1] ** 2
    return np.array([medium - slow, slow - medium - fast, fast])


def by_state(y):
    return np.array(
        [
            [-K[0], K[1] * y[2], K[1] * y[1]],
            [K[0], -K[1] * y[2] - 2 * K[2] * y[1], -K[1] * y[1]],
            [0, 2 * K[2] * y[1], 0],
        ]
    )


def by_rates(y):
    slow, medium, fast = y[0], y[1] * y[2], y[1] ** 2
    return np.array([[-slow, medium, 0], [slow, -medium, -fast], [0, 0, fast]])


def variational(t, packed):
    y = packed[:3]
    sensitivity = packed[3:].reshape(3, 6)
    forcing = np.concatenate([by_rates(y), np.zeros((3, 3))], axis=1)
    return np.concatenate([slope(y), (by_state(y) @ sensitivity + forcing).ravel()])


start = np.concatenate([[1.0, 0, 0], np.concatenate([np.zeros((3, 3)), np.eye(3)], axis=1).ravel()])
# Each derivative's size beside which errors count: dy/dk is about 1/k.
scale = np.concatenate([[1, 1e-5, 1], (np.array([[1, 1e-5, 1]]).T * np.array([[1, 1e-4, 1e-8, 1, 1, 1]])).ravel()])
solution = solve_ivp(variational, (0, 40), start, method="Radau", rtol=1e-12, atol=1e-14 * scale)
assert solution.success
end = solution.y[:, -1]
sensitivity = end[3:].reshape(3, 6)
print(json.dumps({"y": end[:3].tolist(), "byRates": sensitivity[:, :3].tolist(), "byStart": sensitivity[:, 3:].tolist()}))
