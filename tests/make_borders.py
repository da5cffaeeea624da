"""Makes workbench/report/template/borders.json: the outlines of countries for the map of the report.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python -m tests.make_borders package/countries-50m.json

The data is Natural Earth's, 1:50m, which is in the public domain; its borders are those in force, not those claimed.
It stays TopoJSON (each border once, differences of whole hundredths of a degree), with every line thinned to what a
page can show, and without Antarctica and islets.
"""

import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

Point = tuple[float, float]
TARGET = Path(__file__).parent.parent / "workbench/report/template/borders.json"
# Degrees: how far a line may move when it is thinned; square degrees under which a ring is left out.
TOLERANCE, SMALLEST = 0.04, 0.02
UNITS = 100  # a degree


def main() -> None:
    """Writes the file and says how large it is."""
    atlas = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    lines = [_degrees(arc, atlas["transform"]) for arc in atlas["arcs"]]
    kept: dict[int, int] = {}
    countries = []
    for country in atlas["objects"]["countries"]["geometries"]:
        name = country["properties"]["name"]
        if country.get("type") is None or name == "Antarctica":
            continue
        polygons = country["arcs"] if country["type"] == "MultiPolygon" else [country["arcs"]]
        largest = max(polygons, key=lambda rings: _area(rings[0], lines))
        chosen = [rings for rings in polygons if rings is largest or _area(rings[0], lines) >= SMALLEST]
        renumbered = [[[_renumber(arc, kept) for arc in ring] for ring in rings] for rings in chosen]
        countries.append({"type": "MultiPolygon", "properties": {"name": name}, "arcs": renumbered})
    made = {
        "type": "Topology",
        "source": "Natural Earth 1:50m, public domain, by way of world-atlas 2.0.2",
        "transform": {"scale": [1 / UNITS, 1 / UNITS], "translate": [0, 0]},
        "objects": {"countries": {"type": "GeometryCollection", "geometries": countries}},
        "arcs": [_steps(thinned(lines[arc], TOLERANCE)) for arc in kept],
    }
    TARGET.write_text(json.dumps(made, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{TARGET}: {len(countries)} countries, {len(kept)} lines, {TARGET.stat().st_size:,} bytes")


def _degrees(arc: list[list[int]], transform: dict[str, Any]) -> list[Point]:
    x = y = 0
    found = []
    for east, north in arc:
        x, y = x + east, y + north
        found.append(
            (
                x * transform["scale"][0] + transform["translate"][0],
                y * transform["scale"][1] + transform["translate"][1],
            )
        )
    return found


def _area(ring: list[int], lines: list[list[Point]]) -> float:
    """Square degrees within a ring of arcs; ~arc stands for the arc walked backwards."""
    points = [point for arc in ring for point in (lines[arc] if arc >= 0 else lines[~arc][::-1])]
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise([*points, points[0]]))) / 2


def _renumber(arc: int, kept: dict[int, int]) -> int:
    number = kept.setdefault(arc if arc >= 0 else ~arc, len(kept))
    return number if arc >= 0 else ~number


def thinned(points: list[Point], tolerance: float) -> list[Point]:
    """The line without the points that lie nearer than `tolerance` to it (Douglas and Peucker 1973)."""
    keep, open_parts = {0, len(points) - 1}, [(0, len(points) - 1)]
    if points[0] == points[-1]:
        far = max(range(len(points)), key=lambda i: _distance(points[i], points[0], points[0]))
        keep, open_parts = keep | {far}, [(0, far), (far, len(points) - 1)]
    while open_parts:
        first, last = open_parts.pop()
        between = range(first + 1, last)
        worst = max(between, key=lambda i: _distance(points[i], points[first], points[last]), default=None)
        if worst is not None and _distance(points[worst], points[first], points[last]) > tolerance:
            keep.add(worst)
            open_parts += [(first, worst), (worst, last)]
    return [points[i] for i in sorted(keep)]


def _distance(point: Point, start: Point, end: Point) -> float:
    across, up = end[0] - start[0], end[1] - start[1]
    length = (across**2 + up**2) ** 0.5
    if not length:
        return float(((point[0] - start[0]) ** 2 + (point[1] - start[1]) ** 2) ** 0.5)
    return float(abs(across * (start[1] - point[1]) - (start[0] - point[0]) * up) / length)


def _steps(points: list[Point]) -> list[list[int]]:
    """Differences in whole units, without those that are none."""
    whole = [(round(x * UNITS), round(y * UNITS)) for x, y in points]
    moves = [[b[0] - a[0], b[1] - a[1]] for a, b in pairwise([(0, 0), *whole])]
    return [moves[0], *(move for move in moves[1:] if move != [0, 0])]


if __name__ == "__main__":
    main()
