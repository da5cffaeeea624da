"""Many at once: first come, first served; and whether the backend lives is told without waiting for the model."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import httpx
import pytest
from load_backend import Load, measure
from serve_help import TEXT, asking, serving

from workbench.core.workspace import Workspace
from workbench.serve.app import PREDICTING
from workbench.serve.engine import Turns


def test_turns_are_given_in_the_order_in_which_they_were_asked_for() -> None:
    turns, order = Turns(), list[int]()

    def ask(number: int) -> None:
        with turns:
            order.append(number)

    threads = []
    with turns:
        for number in range(5):
            threads.append(threading.Thread(target=ask, args=(number,)))
            threads[-1].start()
            while len(turns._line) <= number:
                time.sleep(0.001)
    ask(5)  # whoever gave it back and asks again stands behind the others
    for thread in threads:
        thread.join(timeout=10)
    assert order == [0, 1, 2, 3, 4, 5]
    with turns:
        order.append(6)
    assert order[-1] == 6


def test_a_failure_gives_the_turn_back() -> None:
    turns = Turns()
    with pytest.raises(ValueError, match="broken"), turns:
        raise ValueError("broken")
    with turns:
        assert not turns._line


@pytest.mark.slow
def test_health_and_status_wait_for_no_prediction(tmp_path: Path) -> None:
    many = 2 * PREDICTING + 16
    with serving(Workspace(tmp_path)) as served, served.client as client, ThreadPoolExecutor(many) as pool:
        client.post("/predict", json=asking([TEXT])).raise_for_status()
        body = asking([f"{TEXT} {TEXT} {TEXT} Report {n}." for n in range(4)])
        under_way = [pool.submit(client.post, "/predict", json=body) for _ in range(many)]
        while not any(each.done() for each in under_way):
            time.sleep(0.005)
        assert httpx.get(f"{served.url}/health", timeout=30, trust_env=False).json()["status"] == "UP"
        assert client.get("/status").json()["owed"] == 0
        # A thread for each that waits, and these two would have waited until all but 40 were done.
        waiting = sum(not each.done() for each in under_way)
        wait(under_way)
        assert {each.result().status_code for each in under_way} == {200}
    assert waiting > PREDICTING + 16


@pytest.mark.slow
def test_many_clients_get_what_each_asked_for(tmp_path: Path) -> None:
    found = measure(Load(clients=12, seconds=3, texts=30), tmp_path)
    assert (found["errors"], found["errors_in_log"], found["which"]) == (0, 0, {})
    assert found["requests"] == sum(each["count"] for each in found["milliseconds"].values()) > 12
    assert found["bulletins_per_second"] > 0
