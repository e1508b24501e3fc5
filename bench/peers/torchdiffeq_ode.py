"""Van der Pol, batch 256x2, dopri5: milliseconds a step besides f in torchdiffeq. Prints one JSON line; exit code 3 without torchdiffeq."""

import json
import sys
import time

try:
    import torch
    from torchdiffeq import odeint
except ImportError:
    sys.exit(3)

torch.set_num_threads(2)
y0 = torch.rand(256, 2) * 4 - 2
calls = 0


def f(_t, y):
    global calls
    calls += 1
    x, v = y.unbind(1)
    return torch.stack([v, (1 - x * x) * v - x], 1)


def solve():
    return odeint(f, y0, torch.tensor([0.0, 10.0]), method="dopri5", rtol=1e-5, atol=1e-6)


def median(run, rounds=9):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1000)
    return sorted(times)[rounds // 2]


with torch.no_grad():
    solve()
    calls = 0
    solve()
    nfe = calls
    total = median(solve)
    alone = median(lambda: [f(0.0, y0) for _ in range(nfe)])
print(json.dumps({"msPerStep": (total - alone) / ((nfe - 2) / 6), "nfe": nfe}))
