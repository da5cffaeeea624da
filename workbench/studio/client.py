"""What the workbench asks of a Label Studio server: few calls, typed, over the official SDK."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Self, TypeVar

from workbench.core.errors import MissingExtraError, StudioError
from workbench.core.parse import json_value
from workbench.core.schema import Schema
from workbench.studio.backends import Backend, Webhook, backend_of, webhook_of
from workbench.studio.calls import UNAUTHORIZED, CallError, call
from workbench.studio.filters import BEGUN, LEAST_SURE_FIRST
from workbench.studio.guide import instructions
from workbench.studio.labeling import labeling_config
from workbench.studio.project import Project, project_of
from workbench.studio.storing import TRIES, not_stored, stored_whole

if TYPE_CHECKING:
    from label_studio_sdk.base_client import LabelStudioBase

T = TypeVar("T")

# Personal access tokens and code-point offsets are both there from this release on; older ones are refused.
OLDEST_VERSION = (1, 20)
PAGE = 500  # tasks a page when only their data is read
CHUNK = 200  # tasks a request when their annotations are read; their ids must fit into one address


class Studio:
    """A Label Studio server, known by its address and a token (personal access token, or a legacy one).

    Nothing is asked of the server until a method is called. Every method raises StudioError with the remedy.
    `timeout` is for one request, in seconds; reading calls are tried again after each of `waits`.
    """

    def __init__(self, url: str, token: str, *, timeout: float = 120.0, waits: tuple[float, ...] = (0.5, 2.0)) -> None:
        if not url.startswith(("http://", "https://")):
            raise StudioError(
                f"the address of Label Studio is {url!r}; expected one that begins with http:// or https://"
            )
        if not token.strip():
            raise StudioError("the token for Label Studio is empty; set LABEL_STUDIO_API_KEY")
        self.url = url.rstrip("/")
        self.timeout = timeout
        self._token = token.strip()
        self._waits = waits

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the connections."""
        if "_http" in self.__dict__:
            self._http.close()

    # The server

    def version(self) -> str:
        """Its release, such as 1.23.2; asked before any work. Raises StudioError for one older than OLDEST_VERSION."""
        release = str(self.ask("tell its version", lambda: self.sdk.versions.get()).release or "")
        numbers = tuple(int(part) for part in release.split(".")[:2] if part.isdigit())
        if len(numbers) < 2:
            raise StudioError(f"what answers at {self.url} names no release of Label Studio; check LABEL_STUDIO_URL")
        if numbers < OLDEST_VERSION:
            oldest = ".".join(map(str, OLDEST_VERSION))
            raise StudioError(
                f"Label Studio at {self.url} is version {release}; the workbench needs {oldest} or newer: upgrade it "
                "(pip install -U label-studio)"
            )
        return release

    def whoami(self) -> str:
        """The email of the token's user."""
        return str(self.ask("tell who the token belongs to", lambda: self.sdk.users.whoami()).email)

    def people(self) -> dict[int, str]:
        """Emails of the organization's users, by their ids."""
        users = self.ask("list its users", lambda: list(self.sdk.users.list()))
        return {user.id: str(user.email) for user in users}

    # Projects

    def projects(self) -> list[Project]:
        """All projects that the token may see."""
        pages = self._pages("list its projects", lambda page: self.sdk.projects.list(page=page, page_size=100))
        return [project_of(item) for item in pages]

    def project(self, title: str) -> Project:
        """The project of that title. Raises StudioError where there is none, or more than one."""
        found = self.find_project(title)
        if found is None:
            titles = ", ".join(repr(project.title) for project in self.projects()[:8]) or "none yet"
            raise StudioError(
                f"Label Studio at {self.url} has no project {title!r} (there are: {titles}); check --project, "
                "or make it with `workbench import`"
            )
        return found

    def find_project(self, title: str) -> Project | None:
        """The project of that title, or None. Raises StudioError where more than one has it."""
        same = self.projects_named(title)
        if len(same) > 1:
            numbers = " and ".join(str(project.id) for project in same)
            raise StudioError(
                f"Label Studio at {self.url} has {len(same)} projects {title!r} (numbers {numbers}); rename all but one"
            )
        return same[0] if same else None

    def projects_named(self, title: str) -> list[Project]:
        """All projects of that title, the oldest first."""
        return sorted((each for each in self.projects() if each.title == title), key=lambda each: each.id)

    def project_by_id(self, number: int) -> Project:
        """The project of that number. Raises StudioError where there is none."""
        return project_of(self.ask("read the project", lambda: self.sdk.projects.get(number)))

    def create_project(
        self, title: str, schema: Schema, *, annotators: int = 1, guidelines: str | None = None
    ) -> Project:
        """A new project with the schema's configuration; `annotators` is how many label each task.

        Its page of instructions holds the guidelines (Markdown), else the labels. Tasks are handed out by the score of
        their predictions, the least sure first.
        """
        if not 3 <= len(title) <= 50:
            raise StudioError(f"the project's title has {len(title)} characters; Label Studio takes 3 to 50")
        made = self.ask(
            "make a project",
            lambda: self.sdk.projects.create(
                title=title,
                label_config=labeling_config(schema),
                expert_instruction=instructions(schema, guidelines=guidelines),
                maximum_annotations=annotators,
                sampling="Uncertainty sampling",
                show_collab_predictions=True,
            ),
            again=False,
        )
        return self.project_by_id(made.id)

    def set_config(self, project: Project, schema: Schema) -> Project:
        """Gives the project the schema's configuration; the server refuses where annotations would lose their label."""
        config = labeling_config(schema)
        self.ask(
            "change the labelling configuration", lambda: self.sdk.projects.update(project.id, label_config=config)
        )
        return self.project_by_id(project.id)

    def set_guidelines(self, project: Project, schema: Schema, guidelines: str) -> None:
        """Puts the guidelines (Markdown) on the project's page of instructions."""
        html = instructions(schema, guidelines=guidelines)
        self.ask("change the instructions", lambda: self.sdk.projects.update(project.id, expert_instruction=html))

    def set_annotators(self, project: Project, annotators: int) -> None:
        """Lets each task be handed out to so many people from now on."""
        self.ask(
            "change how many label each task",
            lambda: self.sdk.projects.update(project.id, maximum_annotations=annotators),
        )

    def show_model(self, project: Project, model_version: str) -> None:
        """Lets the page show the predictions of that version; with "" those of all versions."""
        self.ask(
            "choose the predictions to show", lambda: self.sdk.projects.update(project.id, model_version=model_version)
        )

    def delete_project(self, project: Project) -> None:
        """Deletes it with its tasks."""
        self.ask("delete a project", lambda: self.sdk.projects.delete(project.id))

    # Tasks

    def delete_task(self, number: int) -> bool:
        """Deletes it with all that it holds; false for one that is gone already."""
        try:
            self.ask("delete a task", lambda: self.sdk.tasks.delete(str(number)))
        except CallError as error:
            if error.status != 404:
                raise
            return False
        return True

    def task_data(self, project: Project) -> Iterator[tuple[int, dict[str, Any]]]:
        """Number and data of each task, in order, a page at a time."""
        for task in self._task_pages(project, include="id,data"):
            yield int(task["id"]), task["data"]

    def task_ids(self, project: Project, *, annotated: bool = False) -> list[int]:
        """The numbers of the tasks; with `annotated`, of those that somebody annotated, skipped or began."""
        query = BEGUN if annotated else None
        return [int(task["id"]) for task in self._task_pages(project, include="id", query=query)]

    def first_tasks(self, project: Project, count: int) -> list[int]:
        """Up to `count` tasks that nobody has labelled, by number: the lowest score that the page goes by comes first,
        those without one last."""
        pages = self._task_pages(project, include="id", query=LEAST_SURE_FIRST, page_size=min(PAGE, count))
        return [int(task["id"]) for task in islice(pages, count)]

    def task_predictions(
        self, project: Project, *, ids: Sequence[int] | None = None
    ) -> Iterator[tuple[int, dict[str, Any], list[dict[str, Any]]]]:
        """Number, data and predictions (id, model_version, result) of each task, or of those of `ids`.

        They come a page at a time. A number of `ids` that is no task is passed over; there may be CHUNK of them.
        """
        only = None if ids is None else {"selectedItems": {"all": False, "included": list(ids)}}
        for task in self._task_pages(project, include="id,data,predictions", fields="all", query=only):
            yield int(task["id"]), task["data"], list(task.get("predictions") or [])

    def export(self, project: Project, ids: Sequence[int]) -> Iterator[dict[str, Any]]:
        """The tasks of those numbers in the form of the JSON export, a chunk at a time: memory stays flat."""
        for start in range(0, len(ids), CHUNK):
            chunk = [str(each) for each in ids[start : start + CHUNK]]
            yield from self.ask("export annotations", partial(self._exported, project, chunk))

    def import_tasks(self, project: Project, tasks: Sequence[Mapping[str, Any]]) -> int:
        """Adds tasks (data, predictions, annotations) in one request; returns how many. Only tried again by itself
        where the server stored the bare tasks (see storing), and those are taken out first."""
        body: Any = list(tasks)
        for _ in range(TRIES):
            send = partial(self.sdk.projects.import_tasks, project.id, request=body, return_task_ids=True)
            answer = self.ask("import tasks", send, again=False)
            if stored_whole(answer, tasks):
                return len(tasks) if answer.task_count is None else int(answer.task_count)  # other editions: later
            for number in answer.task_ids or ():
                self.delete_task(int(number))
        raise not_stored(self.url, project.where)

    def add_predictions(self, project: Project, predictions: Sequence[Mapping[str, Any]]) -> None:
        """Adds predictions (task, model_version, score, result) in one request. Never tried again by itself."""
        body: Any = list(predictions)
        self.ask("add predictions", lambda: self.sdk.projects.import_predictions(project.id, request=body), again=False)

    def replace_prediction(self, number: int, prediction: Mapping[str, Any]) -> None:
        """Puts result and score of a prediction in the place of that number's."""
        result: Any = prediction["result"]
        self.ask(
            "replace a prediction",
            lambda: self.sdk.predictions.update(number, result=result, score=prediction.get("score")),
        )

    def remove_prediction(self, number: int) -> None:
        """Removes the prediction of that number."""
        self.ask("remove a prediction", lambda: self.sdk.predictions.delete(number))

    def annotate(
        self,
        task: int,
        result: Sequence[Mapping[str, Any]],
        *,
        seconds: float | None = None,
        ground_truth: bool = False,
        by: int | None = None,
    ) -> int:
        """Submits an annotation of `seconds` of work, as the token's user or the user `by`; returns its number."""
        body: Any = list(result)
        person = {} if by is None else {"completed_by": by}
        made = self.ask(
            "submit an annotation",
            lambda: self.sdk.annotations.create(
                task, result=body, lead_time=seconds, ground_truth=ground_truth, **person
            ),
            again=False,
        )
        return int(made.id)

    def replace_annotation(self, number: int, result: Sequence[Mapping[str, Any]]) -> None:
        """Puts a result in the place of that annotation's; who made it stays."""
        body: Any = list(result)
        self.ask("change an annotation", lambda: self.sdk.annotations.update(number, result=body))

    # Neighbours

    def backends(self, project: Project) -> list[Backend]:
        """The ML backends of a project."""
        found = self.ask("list the ML backends", lambda: self.sdk.ml.list(project=project.id))
        return [backend_of(each) for each in found]

    def webhooks(self) -> list[Webhook]:
        """The webhooks of the organization."""
        found = self.ask("list the webhooks", lambda: self.sdk.webhooks.list())
        return [webhook_of(each) for each in found]

    # How it asks

    @cached_property
    def _http(self) -> Any:
        import httpx

        # A proxy of the environment is for the world, not for this machine.
        local = any(f"//{host}" in self.url for host in ("127.0.0.1", "localhost", "[::1]"))
        return httpx.Client(timeout=httpx.Timeout(self.timeout, connect=min(10.0, self.timeout)), trust_env=not local)

    @cached_property
    def sdk(self) -> "LabelStudioBase":
        """The vendor's client, for the modules of this room that ask what no method here does; see `ask`."""
        try:
            # The base client has all calls; the extended one adds pandas and clouds' libraries and 2 s at start-up.
            from label_studio_sdk.base_client import LabelStudioBase
        except ImportError:
            raise MissingExtraError("label-studio-sdk", "studio") from None
        # Without retries of its own: it would send an import again after a 502 that came when all was stored.
        return LabelStudioBase(
            base_url=self.url, api_key=self._token, httpx_client=self._http, timeout=self.timeout, max_retries=0
        )

    def ask(self, what: str, action: Callable[[], T], *, again: bool = True) -> T:
        """The action's result, tried again where it is safe, its failure made a sentence (see calls.call)."""
        try:
            return call(action, url=self.url, what=what, again=again, waits=self._waits)
        except CallError as error:
            if error.status != UNAUTHORIZED or self._token.count(".") != 2:
                raise
        # A personal access token is good for access tokens of five minutes, and one that ends while its request is
        # under way is refused, which changed nothing. A new client asks for a new one.
        self.__dict__.pop("sdk", None)
        return call(action, url=self.url, what=what, again=again, waits=self._waits)

    def _pages(self, what: str, page: Callable[[int], Any]) -> Iterator[Any]:
        """Items of all pages, as many as the server says there are: asking it for one page too many is an error."""
        seen, number = 0, 1
        while True:
            answer = self.ask(what, partial(page, number))
            items = answer.items or []
            yield from items
            seen, number = seen + len(items), number + 1
            total = getattr(answer.response, "total", None) or getattr(answer.response, "count", None) or 0
            if not items or seen >= total:
                return

    def _task_pages(
        self,
        project: Project,
        *,
        include: str,
        fields: str = "task_only",
        query: Mapping[str, Any] | None = None,
        page_size: int = PAGE,
    ) -> Iterator[dict[str, Any]]:
        only = {} if query is None else {"query": json.dumps(query)}
        pages = self._pages(
            "read the project's tasks",
            lambda page: self.sdk.tasks.list(
                project=project.id, page=page, page_size=page_size, include=include, fields=fields, **only
            ),
        )
        for task in pages:
            yield task.model_dump()

    def _exported(self, project: Project, ids: list[str]) -> list[dict[str, Any]]:
        # The SDK's own argument `ids` is sent under a name that the server does not read.
        body = self.sdk.projects.exports.download_sync(
            project.id,
            export_type="JSON",
            download_all_tasks=True,
            request_options={"additional_query_parameters": {"ids[]": ids}},
        )
        tasks = json_value(b"".join(body))
        if not isinstance(tasks, list):
            raise ValueError("no list")
        return tasks
