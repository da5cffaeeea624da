"""A map without network: outlines of countries from Natural Earth (public domain), and a disc for each place of events.

Degrees are drawn as they are, with those of longitude shortened as at the middle of the map (equirectangular).
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from workbench.report.borders import Box, Point, borders, clipped, touches
from workbench.report.records import Short

WIDTH, TALLEST, LOWEST = 720.0, 560.0, 300.0
# Degrees that a map has at least, and of which it keeps clear at its edges (as a share).
_LEAST, _EDGE = 4.0, 0.12
_LARGEST, _SMALLEST = 22.0, 4.0
# Characters of a label, in the units of the map: width of one, height of a line.
_LETTER, _LINE = 6.9, 14.0
# A label on a phone is so much larger.
_PHONE = 24 / 12
_LABELS, _TOWNS = 14, 10
# Coordinates that stand for a whole region and no spot in it.
_WIDE = ("admin1", "country")
# Name, latitude, longitude.
Town = tuple[str, float, float]


@dataclass(frozen=True, slots=True)
class Disc:
    """All events of one place: their number, what they add up to, and the first one's id. `wide` where the
    coordinates are the middle of a province or country."""

    x: float
    y: float
    radius: float
    name: str
    events: int
    killed: int
    conflict: bool
    wide: bool
    first: str

    @property
    def title(self) -> str:
        """What a pointer over it says."""
        middle = ", the middle of the region" if self.wide else ""
        disputed = ", with conflicting claims" if self.conflict else ""
        return f"{self.name}: {self.events:,} event{'s' * (self.events != 1)}, {self.killed:,} killed{disputed}{middle}"


@dataclass(frozen=True, slots=True)
class Name:
    """A text on the map; `kind` is "place" (of events), "town" (for orientation) or "country". `end`: it ends at x.
    `large`: there is room for it in the letters that a phone needs."""

    x: float
    y: float
    text: str
    kind: str
    end: bool = False
    large: bool = False


@dataclass(frozen=True)
class Atlas:
    """A map ready to draw, in the units of its viewBox. `outside` are places that lie off it, `nowhere` the events
    without coordinates."""

    width: float
    height: float
    land: tuple[str, ...]
    grid: tuple[tuple[Point, Point], ...]
    discs: tuple[Disc, ...]
    names: tuple[Name, ...]
    outside: tuple[str, ...]
    nowhere: int


@dataclass(frozen=True, slots=True)
class View:
    """The part of the world that a map shows, in degrees, and its scale (units a degree of latitude)."""

    west: float
    south: float
    east: float
    north: float

    @property
    def shortening(self) -> float:
        """What a degree of longitude is worth of one of latitude, at the middle."""
        return _shortening((self.south + self.north) / 2)

    @property
    def scale(self) -> float:
        """Units a degree of latitude."""
        return WIDTH / ((self.east - self.west) * self.shortening)

    @property
    def height(self) -> float:
        """Of the drawing."""
        return (self.north - self.south) * self.scale

    def place(self, spot: Point) -> Point:
        """Latitude and longitude to x and y."""
        return (spot[1] - self.west) * self.shortening * self.scale, (self.north - spot[0]) * self.scale

    def holds(self, spot: Point) -> bool:
        """Whether it shows that latitude and longitude."""
        return self.south <= spot[0] <= self.north and self.west <= spot[1] <= self.east


def atlas(events: Sequence[Short], *, towns: Callable[["View"], Iterable[Town]] = lambda view: ()) -> Atlas | None:
    """The map of the events that have coordinates; None where none has.

    `towns` gives what helps to find one's way in a view, the most important first.
    """
    spots: dict[Point, list[Short]] = {}
    for event in events:
        if event.spot is not None:
            spots.setdefault(event.spot, []).append(event)
    if not spots:
        return None
    view = view_of([spot for spot, group in spots.items() for _ in group])
    within = {spot: group for spot, group in spots.items() if view.holds(spot)}
    discs = tuple(sorted(_discs(within, view), key=lambda disc: -disc.radius))
    outside = tuple(sorted(f"{g[0].name} ({len(g):,})" for spot, g in spots.items() if spot not in within))
    nowhere = sum(event.spot is None for event in events)
    shapes = tuple(_land(view))
    return Atlas(
        WIDTH, view.height, tuple(path for path, _ in shapes), tuple(_grid(view)), discs,
        tuple(_names(discs, view, towns(view), [name for _, name in shapes])), outside, nowhere,
    )  # fmt: skip


def view_of(spots: Sequence[Point]) -> View:
    """What holds all but stray places: nine in ten of the events, and whoever lies within twice their spread."""
    south, north = _bulk([spot[0] for spot in spots])
    west, east = _bulk([spot[1] for spot in spots])
    high, wide = max(north - south, _LEAST) * (1 + 2 * _EDGE), max(east - west, _LEAST) * (1 + 2 * _EDGE)
    middle = (south + north) / 2
    # Never wider or taller than a page shows well.
    shortening = _shortening(middle)
    high = max(high, wide * shortening * LOWEST / WIDTH)
    wide = max(wide, high / shortening * WIDTH / TALLEST)
    across = (west + east) / 2
    return View(across - wide / 2, middle - high / 2, across + wide / 2, middle + high / 2)


def _shortening(latitude: float) -> float:
    return max(0.2, math.cos(math.radians(latitude)))


def _bulk(values: Sequence[float]) -> tuple[float, float]:
    ordered = sorted(values)
    cut = len(ordered) // 20
    low, high = ordered[cut], ordered[-1 - cut]
    reach = max(high - low, _LEAST / 2)
    near = [value for value in ordered if low - reach <= value <= high + reach]
    return near[0], near[-1]


def _discs(spots: dict[Point, list[Short]], view: View) -> Iterator[Disc]:
    """A disc a place; its area grows with the killed."""
    killed = {
        spot: sum(x.numbers["killed"][1] for x in group if "killed" in x.numbers) for spot, group in spots.items()
    }
    most = max(1, *killed.values())
    for spot, group in spots.items():
        x, y = view.place(spot)
        radius = max(_SMALLEST, _LARGEST * math.sqrt(killed[spot] / max(most, 10)))
        yield Disc(
            x, y, radius, group[0].name, len(group), killed[spot], any(event.conflict for event in group),
            group[0].precision in _WIDE, group[0].id,
        )  # fmt: skip


def _land(view: View) -> Iterator[tuple[str, tuple[str, Point] | None]]:
    """The outline of each country that the view touches as an SVG path, and its name with the middle of what shows."""
    # A little beyond the edges, so that the cuts are not seen.
    edge = 0.02 * (view.east - view.west)
    box: Box = (view.west - edge, view.south - edge, view.east + edge, view.north + edge)
    for country, rings in borders():
        seen = [clipped(ring, box) for ring in rings if touches(ring, box)]
        seen = [ring for ring in seen if len(ring) > 2]
        if not seen:
            continue
        drawn = [[view.place((north, east)) for east, north in ring] for ring in seen]
        largest = max(drawn, key=_area)
        wide = max(x for x, _ in largest) - min(x for x, _ in largest)
        room = wide > _LETTER * 1.3 * len(country) and _area(largest) > 0.01 * WIDTH * view.height
        yield "".join(map(_path, drawn)), (country, _middle(largest)) if room else None


def _path(ring: Sequence[Point]) -> str:
    """Rounded to a tenth; what does not move the pen is left out."""
    rounded = [f"{x:.1f} {y:.1f}" for x, y in ring]
    kept = [rounded[0], *(b for a, b in pairwise(rounded) if a != b)]
    return f"M{'L'.join(kept)}Z"


def _area(ring: Sequence[Point]) -> float:
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True))) / 2


def _middle(ring: Sequence[Point]) -> Point:
    """The middle of the widest stretch through the ring at one of nine heights: it lies within, whatever the shape."""
    low, high = min(y for _, y in ring), max(y for _, y in ring)
    best = (0.0, 0.0, 0.0)
    for step in range(1, 10):
        y = low + (high - low) * step / 10
        cuts = sorted(
            a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
            for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)
            if (a[1] > y) != (b[1] > y)
        )
        # Heights near the middle count for more, so that a name stands where one looks for it.
        stretches = zip(cuts[::2], cuts[1::2], strict=False)
        best = max(best, *(((b - a) * (1 - abs(step - 5) / 10), (a + b) / 2, y) for a, b in stretches))
    return best[1], best[2]


def _grid(view: View) -> Iterator[tuple[Point, Point]]:
    """Lines of longitude and latitude at whole steps."""
    step = next(s for s in (1, 2, 5, 10, 20, 30, 60) if (view.east - view.west) / s <= 8 or s == 60)
    for east in range(math.ceil(view.west / step) * step, math.floor(view.east) + 1, step):
        yield view.place((view.south, east)), view.place((view.north, east))
    for north in range(math.ceil(view.south / step) * step, math.floor(view.north) + 1, step):
        yield view.place((north, view.west)), view.place((north, view.east))


def _names(
    discs: Sequence[Disc],
    view: View,
    towns: Iterable[Town],
    countries: Sequence[tuple[str, Point] | None],
) -> Iterator[Name]:
    """Labels that do not cover one another: of the largest places of events, then countries, then towns."""
    sheet = _Sheet(view.height, [d for d in discs if d.radius > 2 * _SMALLEST])
    places = (sheet.beside(d.x, d.y, d.radius, d.name, "place") for d in discs if not d.wide)
    yield from islice(filter(None, places), _LABELS)
    for country in countries:
        if country is not None:
            text, (x, y) = country
            half = _LETTER * 1.3 * len(text) / 2
            if sheet.free((x - half, y - _LINE, x + half, y + 4)):
                yield Name(x, y, text.upper(), "country")
    spots = ((name, view.place((north, east))) for name, north, east in towns if view.holds((north, east)))
    yield from islice(filter(None, (sheet.beside(x, y, 2.0, name, "town") for name, (x, y) in spots)), _TOWNS)


class _Sheet:
    """Where labels stand already, in letters of the usual size and in those for a phone."""

    def __init__(self, height: float, discs: Iterable[Disc]) -> None:
        self._height = height
        self._taken: list[Box] = [(d.x - d.radius, d.y - d.radius, d.x + d.radius, d.y + d.radius) for d in discs]
        self._large = list(self._taken)

    def beside(self, x: float, y: float, radius: float, text: str, kind: str) -> Name | None:
        """A label right of a point, else left of it, else nowhere."""
        shown = text if len(text) <= 28 else text[:27] + "…"
        for end in (False, True):
            at = x - radius - 3 if end else x + radius + 3
            if self.free(_box(at, y, len(shown), end)):
                box = _box(at, y, len(shown) * _PHONE, end)
                large = kind == "place" and self._inside(box) and not any(_cover(box, x) for x in self._large)
                self._large += [box] if large else []
                return Name(at, y + 4, shown, kind, end, large)
        return None

    def free(self, box: Box) -> bool:
        """Whether a box lies on the map and on no other; then it is taken."""
        if not self._inside(box) or any(_cover(box, other) for other in self._taken):
            return False
        self._taken.append(box)
        return True

    def _inside(self, box: Box) -> bool:
        return box[0] >= 2 and box[1] >= 2 and box[2] <= WIDTH - 2 and box[3] <= self._height - 2


def _box(at: float, y: float, letters: float, end: bool) -> Box:
    wide = _LETTER * letters
    return (at - wide if end else at, y - _LINE / 2, at if end else at + wide, y + _LINE / 2)


def _cover(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
