"""The order in time of a task's annotations, whatever is changed and wherever a kill comes."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from workbench.keep.project import to_send
from workbench.studio.stored import ANNOTATION, Result, TaskResults


class Server:
    """A task's annotations as a server keeps them: whichever is sent is the newest from then on."""

    def __init__(self, results: list[str]) -> None:
        self.there = [Result(ANNOTATION, number, 1, said) for number, said in enumerate(results)]
        self.noted: list[int] = []

    def put(self, result: Result, value: Any) -> None:
        self.there = [each for each in self.there if each.number != result.number]
        self.there.append(replace(result, result=value))

    def run(self, *, requests: int) -> bool:
        """One run of the change (old becomes new) that dies after so many requests; whether it came to its end."""
        task = TaskResults(1, {}, tuple(self.there), (), ())
        changes, order = to_send(task, [each.result.replace("old", "new") for each in self.there], self.noted)
        if len(changes) > 1:
            self.noted = order
        for result, value in changes[:requests]:
            self.put(result, value)
        if len(changes) <= requests:
            self.noted = []
            return True
        return False


@given(st.lists(st.sampled_from(["old", "same"]), max_size=6), st.lists(st.integers(1, 3), min_size=30, max_size=30))
def test_kills_never_turn_annotations_round_and_the_change_always_ends(results: list[str], kills: list[int]) -> None:
    server = Server(results)
    runs = 0
    for requests in kills:
        runs += 1
        if server.run(requests=requests):
            break
    assert [each.result for each in server.there] == [said.replace("old", "new") for said in results]
    assert all(a.number < b.number for a, b in pairwise(server.there))
    assert runs <= len(results) + 1


@given(st.lists(st.sampled_from(["old", "same"]), min_size=1, max_size=5), st.integers(1, 4))
def test_work_that_comes_after_a_kill_stays_the_newest(results: list[str], requests: int) -> None:
    server = Server(results)
    if server.run(requests=requests):
        return
    newest = Result(ANNOTATION, 99, 1, "new work")
    server.there.append(newest)
    while not server.run(requests=9):
        pass
    assert sorted(each.number for each in server.there) == [*range(len(results)), 99]
    assert [each.number for each in server.there if each.number != 99] == list(range(len(results)))
    assert server.there[-1] == newest
