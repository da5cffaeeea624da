"""The simulation of a large run: where nothing is uneven it is division, and losses only ever cost."""

import json

import pytest
from click.testing import CliRunner

from workbench.cli.cost import command
from workbench.tag.cost import Machine, Work, machines_for, simulate

SMALL = Machine("small", 2, 0.5)
EVEN = Work(1_000_000, rate=25.0, efficiency=0.8, start=0.0, losses_an_hour=0.0, spread=0.0)


def test_without_chance_it_is_division() -> None:
    bill = simulate(EVEN, SMALL, machines=1)
    assert bill.hours == pytest.approx(1_000_000 / (2 * 25 * 0.8) / 3600)
    assert bill.price == pytest.approx(bill.hours * 0.5)
    assert bill.lost == 0
    many = simulate(EVEN, SMALL, machines=10)
    assert many.machine_hours == pytest.approx(bill.machine_hours)
    assert many.hours == pytest.approx(bill.hours / 10)
    assert simulate(EVEN, Machine("fast", 2, 0.5, speed=2.0), machines=1).hours == pytest.approx(bill.hours / 2)


def test_a_tail_a_start_and_losses_cost_time_and_are_repeatable() -> None:
    base = simulate(EVEN, SMALL, machines=5)
    odd = simulate(Work(1_000_000, 25.0, 0.8, shard=300_000, start=0.0, losses_an_hour=0, spread=0), SMALL, machines=5)
    assert odd.hours == pytest.approx(300_000 / (25 * 0.8) / 3600)
    lossy = Work(1_000_000, 25.0, 0.8, start=60.0, losses_an_hour=1.0, spread=0.0)
    bill = simulate(lossy, SMALL, machines=5, seed=4)
    assert bill.lost > 5
    assert bill.hours > base.hours
    assert bill == simulate(lossy, SMALL, machines=5, seed=4)
    assert bill != simulate(lossy, SMALL, machines=5, seed=5)


def test_as_many_machines_as_finish_in_time() -> None:
    assert machines_for(EVEN, SMALL, hours=1000) == 1
    for hours in (1, 2, 24):
        count = machines_for(EVEN, SMALL, hours=hours)
        a_shard = 10_000 / (25 * 0.8) / 3600
        assert simulate(EVEN, SMALL, machines=count).hours <= hours + a_shard


def test_the_command_takes_rates_and_prices_and_invents_none() -> None:
    arguments = ["--rate", "20", "--machine", "a:64:2.5", "--documents", "100000000", "--losses", "0", "--json"]
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 0, done.output
    [bill] = json.loads(done.stdout)["bills"]
    assert bill["machines"] == 2
    assert bill["machine_hours"] == pytest.approx(100e6 / (64 * 20 * 0.85) / 3600, rel=0.03)
    assert bill["price"] == pytest.approx(bill["machine_hours"] * 2.5)
    for wrong in ("a:64", "a:0:1", "a:2:x", ":2:1", "a:2:1:0", "a:2:1:1:1"):
        assert CliRunner().invoke(command, ["--rate", "20", "--machine", wrong]).exit_code == 2
