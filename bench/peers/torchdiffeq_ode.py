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


inside = 0.0


def f(_t, y):
    global calls, inside
    start = time.perf_counter()
    calls += 1
    x, v = y.unbind(1)
    slope = torch.stack([v, (1 - x * x) * v - x], 1)
    inside += time.perf_counter() - start
    return slope


def besides() -> float:
    """Milliseconds a step outside f."""
    global calls, inside
    calls, inside = 0, 0.0
    start = time.perf_counter()
    odeint(f, y0, torch.tensor([0.0, 10.0]), method="dopri5", rtol=1e-5, atol=1e-6)
    total = time.perf_counter() - start
    return 1000 * (total - inside) / ((calls - 2) / 6)


with torch.no_grad():
    besides()
    times = sorted(besides() for _ in range(9))
print(json.dumps({"msPerStep": times[4], "nfe": calls}))
