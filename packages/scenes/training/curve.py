"""The Fréchet curve of a run as an SVG picture."""

import math
from pathlib import Path

WIDTH, HEIGHT, MARGIN = 560, 260, 48


def write_curve(path: Path, points: list[dict[str, float]]) -> None:
    """`points`: images and frechet. Logarithmic in the distance."""
    last = max(point["images"] for point in points)
    low = math.floor(math.log10(min(point["frechet"] for point in points)))
    high = math.ceil(math.log10(max(point["frechet"] for point in points)))

    def x(images: float) -> float:
        return MARGIN + images / last * (WIDTH - 2 * MARGIN)

    def y(exponent: float) -> float:
        return HEIGHT - MARGIN - (exponent - low) / (high - low) * (HEIGHT - 2 * MARGIN)

    line = " ".join(f"{x(point['images']):.1f},{y(math.log10(point['frechet'])):.1f}" for point in points)
    marks = "".join(
        f'<path d="M{MARGIN} {y(e):.1f}H{WIDTH - MARGIN}" stroke="#ddd"/>'
        f'<text x="{MARGIN - 6}" y="{y(e) + 4:.1f}" text-anchor="end">{10.0**e:g}</text>'
        for e in range(low, high + 1)
    )
    ticks = "".join(
        f'<text x="{x(last * part):.1f}" y="{HEIGHT - MARGIN + 18}" text-anchor="middle">{last * part / 1000:.0f}k</text>'
        for part in (0, 0.25, 0.5, 0.75, 1)
    )
    title = f'<text x="{WIDTH / 2}" y="{HEIGHT - 8}" text-anchor="middle">images seen</text>'
    title += f'<text x="{MARGIN}" y="20">Fréchet distance in the regressor&#8217;s features (1: total variance of the renderings)</text>'
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12" fill="#333">'
        f"<title>Fréchet distance over training</title>"
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>{marks}{ticks}{title}'
        f'<polyline points="{line}" fill="none" stroke="#2060c0" stroke-width="2"/></svg>\n'
    )
