"""Evaluations that torchdiffeq's dopri5 takes on the Enright-Pryce test set: the tables in packages/ode/test/enright-pryce.test.ts.

Prints them by class, and how C2's count at 1e-9 changes when y0 moves by units in its last place. Needs numpy, scipy, torch, torchdiffeq 0.2.5.
"""

import numpy as np
import torch
from ode_enright_pryce import PROBLEMS
from torchdiffeq import odeint


def evaluations(name, tolerance, shift=0.0):
    f, y0 = PROBLEMS[name]
    calls = 0

    def counted(t, y):
        nonlocal calls
        calls += 1
        return torch.from_numpy(np.asarray(f(t.item(), y.numpy())))

    start = torch.tensor(y0, dtype=torch.float64)
    start[0] += shift
    times = torch.tensor([0.0, 20.0], dtype=torch.float64)
    odeint(counted, start, times, rtol=tolerance, atol=tolerance, method="dopri5")
    return calls


for tolerance in (1e-3, 1e-6, 1e-9):
    print(tolerance)
    for letter in "ABCDE":
        print(f"  {letter}: {[evaluations(f'{letter}{i}', tolerance) for i in range(1, 6)]},")
ulp = np.finfo(float).eps
print("C2 at 1e-9:", {units: evaluations("C2", 1e-9, units * ulp) for units in (-2, -1, 0, 1, 2)})
