"""What labelling very many bulletins takes: shards handed to workers one by one, in a simulation.

A worker starts, takes shard after shard, and is now and then lost: then another one starts in its place and goes on
with the shard behind what was written of it (see partfile). A machine is paid until its last worker is done.
"""

import heapq
import math
import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Machine:
    """A kind of machine: its cores, one worker each, its price an hour, and its speed a core against the measured."""

    name: str
    cores: int
    price: float
    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class Work:
    """How much there is to do and how it goes: bulletins a second a core as measured; the share of it that is left
    where many workers run (`efficiency`); a shard's bulletins; seconds until a worker is ready; how often a worker is
    lost an hour; how unevenly shards take time (the standard deviation of the logarithm)."""

    documents: int
    rate: float
    efficiency: float = 0.85
    shard: int = 10_000
    start: float = 30.0
    losses_an_hour: float = 0.01
    spread: float = 0.1


@dataclass(frozen=True, slots=True)
class Bill:
    """What a run came to: hours on the clock, hours paid for all machines together, money, workers lost."""

    machine: str
    machines: int
    hours: float
    machine_hours: float
    price: float
    lost: int


def simulate(work: Work, machine: Machine, *, machines: int, seed: int = 0) -> Bill:
    """One run on `machines` of a kind. The same seed gives the same run."""
    chance = random.Random(seed)  # noqa: S311 - a simulation, no secret
    a_second = work.rate * work.efficiency * machine.speed
    # When each worker is free next, and on which machine it is.
    free = [(work.start, place % machines) for place in range(machines * machine.cores)]
    heapq.heapify(free)
    ends, lost, left = [work.start] * machines, 0, work.documents
    while left > 0:
        size = min(work.shard, left)
        left -= size
        begun, place = heapq.heappop(free)
        needed = size / a_second * math.exp(chance.gauss(-(work.spread**2) / 2, work.spread))
        breaks = _losses(needed, work.losses_an_hour, chance)
        lost += breaks
        ends[place] = begun + needed + breaks * work.start
        heapq.heappush(free, (ends[place], place))
    hours = max(ends) / 3600
    return Bill(machine.name, machines, hours, hours * machines, hours * machines * machine.price, lost)


def machines_for(work: Work, machine: Machine, *, hours: float) -> int:
    """The fewest machines that need about so many hours, by division alone."""
    seconds = work.documents / (work.rate * work.efficiency * machine.speed * machine.cores)
    return max(1, math.ceil(seconds / (hours * 3600)))


def _losses(seconds: float, an_hour: float, chance: random.Random) -> int:
    """How many times a worker is lost in so many seconds (a Poisson process)."""
    count, at = 0, chance.expovariate(an_hour / 3600) if an_hour else math.inf
    while at < seconds:
        count += 1
        at += chance.expovariate(an_hour / 3600)
    return count
