"""Ties a project to a backend: who is asked for predictions, who is told of events, what is shown, in which order."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

from workbench.core.errors import StudioError
from workbench.studio.backends import Webhook
from workbench.studio.calls import CallError
from workbench.studio.client import Studio
from workbench.studio.filters import UNLABELLED
from workbench.studio.project import Project
from workbench.studio.views import make_view

VIEW = "Least sure first"
UNCERTAIN = "Uncertainty sampling"
# What training and predictions depend on. New tasks are no event of ours: an import would send all their texts.
EVENTS = ("ANNOTATION_CREATED", "ANNOTATION_UPDATED", "ANNOTATIONS_DELETED", "PROJECT_UPDATED")


@dataclass(frozen=True, slots=True)
class Address:
    """Where the backend answers, as the server reaches it, and what it asks for."""

    url: str
    user: str
    password: str = field(repr=False)
    header: str = field(repr=False)

    @property
    def events(self) -> str:
        """Where it is told of events; the name that the server gives to a webhook of its own."""
        return f"{self.url.rstrip('/')}/webhook"


@dataclass(frozen=True, slots=True)
class Wired:
    """What was tied: the project, the number of its backend, and whether backend, webhook and view are new."""

    project: Project
    backend: int
    new_backend: bool
    new_webhook: bool
    new_view: bool


def wire(studio: Studio, title: str, address: Address, *, version: str) -> Wired:
    """Registers the backend with the project of that title; run again it changes what is there instead of doubling it.

    The backend bears the model's version as its title: then the page shows that version's predictions and asks for
    them where a task has none, and "Uncertainty sampling" goes by their scores. Raises StudioError, also where the
    server does not reach the backend.
    """
    project = studio.project(title)
    # Before the backend: the server makes a webhook for a new backend, without the header, where it finds none.
    new_webhook = _webhook(studio, project, address)
    backend, new_backend = _backend(studio, project, address, version)
    show(studio, project, version)
    return Wired(studio.project_by_id(project.id), backend, new_backend, new_webhook, view_by_score(studio, project))


def retitle(studio: Studio, project: Project, backend: int, address: Address, *, version: str) -> None:
    """Tells the server that the backend answers with another model from now on, and lets the page show that."""
    _update(studio, project, backend, address, version)
    show(studio, project, version)


def show(studio: Studio, project: Project, version: str) -> None:
    """Lets the page show that version's predictions, the least sure first."""
    studio.ask(
        "choose the predictions to show",
        lambda: studio.sdk.projects.update(
            project.id, model_version=version, show_collab_predictions=True, sampling=UNCERTAIN
        ),
    )


def unwire(studio: Studio, title: str, address: Address) -> bool:
    """Takes backend and webhook of that address away from the project; false where there was neither."""
    project = studio.project(title)
    hooks = _hooks(studio, project, address)
    backends = [each for each in studio.backends(project) if _same(each.url, address.url)]
    for hook in hooks:
        studio.ask("remove a webhook", partial(studio.sdk.webhooks.delete, hook.id))
    for backend in backends:
        studio.ask("remove an ML backend", partial(studio.sdk.ml.delete, backend.id))
    return bool(hooks or backends)


def _backend(studio: Studio, project: Project, address: Address, version: str) -> tuple[int, bool]:
    """The number of the project's backend at that address, and whether it is new."""
    there = [each for each in studio.backends(project) if _same(each.url, address.url)]
    if there:
        _update(studio, project, there[0].id, address, version)
        return there[0].id, False
    made = _reaching(
        address,
        lambda: studio.ask(
            "register the backend",
            lambda: studio.sdk.ml.create(project=project.id, url=address.url, **_login(address, version)),
            again=False,
        ),
    )
    return int(made.id), True


def _update(studio: Studio, project: Project, backend: int, address: Address, version: str) -> None:
    _reaching(
        address,
        lambda: studio.ask(
            "change the backend",
            lambda: studio.sdk.ml.update(backend, project=project.id, url=address.url, **_login(address, version)),
        ),
    )


def _login(address: Address, version: str) -> dict[str, Any]:
    return {
        "title": version,
        "auth_method": "BASIC_AUTH",
        "basic_auth_user": address.user,
        "basic_auth_pass": address.password,
        "is_interactive": False,
    }


def _reaching(address: Address, action: Any) -> Any:
    """The action's result; the server's many words on a backend that it does not reach become the remedy."""
    try:
        return action()
    except CallError as error:
        said = str(error)
        if "reserved network address" in said or error.status == 403:
            raise StudioError(
                f"Label Studio may not call {address.url}, an address of its own machine; start it with "
                "ML_BLOCK_LOCAL_IP=false and SSRF_PROTECTION_ENABLED=false (the embedded server has both)"
            ) from None
        if "health check failed" in said or "connect to ML" in said:
            raise StudioError(
                f"Label Studio does not reach a backend at {address.url}; start it with `workbench serve`, or name the "
                "address under which the server reaches it with --url"
            ) from None
        if "valid ML backend" in said and "401" in said:
            raise StudioError(
                f"the backend at {address.url} does not accept the user {address.user!r} with the password in force; "
                "use the credentials that it was started with"
            ) from None
        raise


def _webhook(studio: Studio, project: Project, address: Address) -> bool:
    """Whether a webhook was made; one that is there gets the header, and further ones of the same address go."""
    there = _hooks(studio, project, address)
    form: Any = {
        "url": address.events,
        "headers": {"Authorization": address.header},
        "is_active": True,
        "send_payload": True,
        "send_for_all_actions": False,
        "actions": list(EVENTS),
    }
    if not there:
        studio.ask("make a webhook", lambda: studio.sdk.webhooks.create(project=project.id, **form), again=False)
        return True
    studio.ask("change a webhook", lambda: studio.sdk.webhooks.update(there[0].id, **form))
    for extra in there[1:]:
        studio.ask("remove a webhook", partial(studio.sdk.webhooks.delete, extra.id))
    return False


def _hooks(studio: Studio, project: Project, address: Address) -> list[Webhook]:
    return [hook for hook in studio.webhooks() if hook.project == project.id and _same(hook.url, address.events)]


def view_by_score(studio: Studio, project: Project) -> bool:
    """Makes a tab of the tasks that nobody has labelled, the least sure first; false where it is there."""
    return make_view(studio, project, VIEW, only=UNLABELLED)


def _same(one: str, other: str) -> bool:
    return one.rstrip("/") == other.rstrip("/")
