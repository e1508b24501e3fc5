"""SciPy's stiff solvers, a job a line: PROBLEM METHOD RTOL ATOL. Answers with seconds, evaluations of f, Jacobians and the values at the end."""

import sys
import time

import numpy as np
import scipy
from scipy.integrate import solve_ivp


def robertson(_t, y):
    slow, medium, fast = 0.04 * y[0], 1e4 * y[1] * y[2], 3e7 * y[1] * y[1]
    return [medium - slow, slow - medium - fast, fast]


def hires(_t, y):
    bound = 280 * y[5] * y[7]
    return [
        -1.71 * y[0] + 0.43 * y[1] + 8.32 * y[2] + 0.0007,
        1.71 * y[0] - 8.75 * y[1],
        -10.03 * y[2] + 0.43 * y[3] + 0.035 * y[4],
        8.32 * y[1] + 1.71 * y[2] - 1.12 * y[3],
        -1.745 * y[4] + 0.43 * y[5] + 0.43 * y[6],
        -bound + 0.69 * y[3] + 1.71 * y[4] - 0.43 * y[5] + 0.69 * y[6],
        bound - 1.81 * y[6],
        -bound + 1.81 * y[6],
    ]


def vdpol(_t, y):
    return [y[1], 1000 * (1 - y[0] * y[0]) * y[1] - y[0]]


def orego(_t, y):
    return [77.27 * (y[1] + y[0] * (1 - 8.375e-6 * y[0] - y[1])), (y[2] - (1 + y[0]) * y[1]) / 77.27, 0.161 * (y[0] - y[2])]


def e5(_t, y):
    a, b, c, back = 7.89e-10 * y[0], 1.1e7 * y[0] * y[2], 1.13e9 * y[1] * y[2], 1.13e3 * y[3]
    return [-a - b, a - c, a - b - c + back, b - back]


K = np.array([0.35, 26.6, 12300, 8.6e-4, 8.2e-4, 15000, 1.3e-4, 24000, 16500, 9000, 0.022, 12000, 1.88, 16300, 4.8e6, 3.5e-4, 0.0175, 1e8, 4.44e11, 1240, 2.1, 5.78, 0.0474, 1780, 3.12])


def pollu(_t, y):
    r = K * np.array(
        [y[0], y[1] * y[3], y[4] * y[1], y[6], y[6], y[6] * y[5], y[8], y[8] * y[5], y[10] * y[1], y[10] * y[0], y[12], y[9] * y[1], y[13], y[0] * y[5], y[2], y[3], y[3], y[15], y[15], y[16] * y[5], y[18], y[18], y[0] * y[3], y[18] * y[0], y[19]]
    )
    r1, r2, r3, r4, r5, r6, r7, r8, r9, r10, r11, r12, r13, r14, r15, r16, r17, r18, r19, r20, r21, r22, r23, r24, r25 = r
    return [
        -r1 - r10 - r14 - r23 - r24 + r2 + r3 + r9 + r11 + r12 + r22 + r25,
        -r2 - r3 - r9 - r12 + r1 + r21,
        -r15 + r1 + r17 + r19 + r22,
        -r2 - r16 - r17 - r23 + r15,
        -r3 + 2 * r4 + r6 + r7 + r13 + r20,
        -r6 - r8 - r14 - r20 + r3 + 2 * r18,
        -r4 - r5 - r6 + r13,
        r4 + r5 + r6 + r7,
        -r7 - r8,
        -r12 + r7 + r9,
        -r9 - r10 + r8 + r11,
        r9,
        -r11 + r10,
        -r13 + r12,
        r14,
        -r18 - r19 + r16,
        -r20,
        r20,
        -r21 - r22 - r24 + r23 + r25,
        -r25 + r24,
    ]


CELLS = 100


def bruss(_t, y):
    u, v = y[0::2], y[1::2]
    wide_u, wide_v = np.concatenate([[1], u, [1]]), np.concatenate([[3], v, [3]])
    diffusion, reaction = (CELLS + 1) ** 2 / 50, u * u * v
    d = np.empty_like(y)
    d[0::2] = 1 + reaction - 4 * u + diffusion * (wide_u[:-2] - 2 * u + wide_u[2:])
    d[1::2] = 3 * u - reaction + diffusion * (wide_v[:-2] - 2 * v + wide_v[2:])
    return d


pollution = np.zeros(20)
pollution[[1, 3, 6, 7, 8, 16]] = [0.2, 0.04, 0.1, 0.3, 0.01, 0.007]
waves = np.full(2 * CELLS, 3.0)
waves[0::2] = 1 + np.sin(2 * np.pi * np.arange(1, CELLS + 1) / (CELLS + 1))
PROBLEMS = {
    "robertson": (robertson, [1, 0, 0], 1e11),
    "hires": (hires, [1, 0, 0, 0, 0, 0, 0, 0.0057], 321.8122),
    "vdpol": (vdpol, [2, 0], 2000),
    "orego": (orego, [1, 2, 3], 360),
    "e5": (e5, [1.76e-3, 0, 0, 0], 1e13),
    "pollu": (pollu, pollution, 60),
    "bruss": (bruss, waves, 10),
}
BANDS = np.abs(np.subtract.outer(np.arange(2 * CELLS), np.arange(2 * CELLS))) <= 2

print(f"SciPy {scipy.__version__}", flush=True)
for line in sys.stdin:
    name, method, rtol, atol = line.split()
    f, y0, t1 = PROBLEMS[name]
    options = {} if name != "bruss" else {"lband": 2, "uband": 2} if method == "LSODA" else {"jac_sparsity": BANDS}
    start = time.perf_counter()
    found = solve_ivp(f, (0, t1), y0, method=method, rtol=float(rtol), atol=float(atol), **options)
    seconds = time.perf_counter() - start
    print(seconds if found.success else "nan", found.nfev, found.njev, *(repr(float(x)) for x in found.y[:, -1]), flush=True)
