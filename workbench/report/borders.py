"""Outlines of countries, from Natural Earth (public domain; see tests/make_borders.py), and their part in a view."""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from workbench.core.parse import json_value

_BORDERS = Path(__file__).parent / "template" / "borders.json"
Point = tuple[float, float]
# West, south, east, north, in degrees.
Box = tuple[float, float, float, float]


@cache
def borders() -> tuple[tuple[str, tuple[tuple[Point, ...], ...]], ...]:
    """Every country's name and its rings of (longitude, latitude), from borders.json (TopoJSON)."""
    table = json_value(_BORDERS.read_text(encoding="utf-8"))
    scale = float(table["transform"]["scale"][0])
    lines = []
    for arc in table["arcs"]:
        east = north = 0
        line = []
        for move in arc:
            east, north = east + move[0], north + move[1]
            line.append((east * scale, north * scale))
        lines.append(line)

    def ring(arcs: Sequence[int]) -> tuple[Point, ...]:
        return tuple(point for arc in arcs for point in (lines[arc] if arc >= 0 else lines[~arc][::-1])[:-1])

    return tuple(
        (
            country["properties"]["name"],
            tuple(part for polygon in country["arcs"] for arcs in polygon for part in unrolled(ring(arcs))),
        )
        for country in table["objects"]["countries"]["geometries"]
    )


def unrolled(ring: tuple[Point, ...]) -> Iterator[tuple[Point, ...]]:
    """The ring; one that crosses the 180th meridian in a piece beyond each edge of the map, not across all of it."""
    turns, shifted = 0, list[Point]()
    for place, (x, y) in enumerate(ring):
        before = ring[place - 1][0] if place else x
        turns += (x - before < -180) - (x - before > 180)
        shifted.append((x + 360 * turns, y))
    yield tuple(shifted)
    if shifted != list(ring):
        other = 360 if min(x for x, _ in shifted) < -180 else -360
        yield tuple((x + other, y) for x, y in shifted)


def touches(ring: Sequence[Point], box: Box) -> bool:
    """Whether the box around a ring meets the box."""
    west, south, east, north = box
    return (
        min(x for x, _ in ring) <= east and max(x for x, _ in ring) >= west
        and min(y for _, y in ring) <= north and max(y for _, y in ring) >= south
    )  # fmt: skip


def clipped(ring: Sequence[Point], box: Box) -> list[Point]:
    """The part of a ring within the box (Sutherland and Hodgman 1974)."""
    west, south, east, north = box
    points = list(ring)
    for axis, bound, sign in ((0, west, 1), (0, east, -1), (1, south, 1), (1, north, -1)):
        kept: list[Point] = []
        for place, point in enumerate(points):
            before = points[place - 1]
            inside, was = sign * (point[axis] - bound) >= 0, sign * (before[axis] - bound) >= 0
            if inside != was:
                share = (bound - before[axis]) / (point[axis] - before[axis])
                kept.append((before[0] + share * (point[0] - before[0]), before[1] + share * (point[1] - before[1])))
            if inside:
                kept.append(point)
        points = kept
    return points
