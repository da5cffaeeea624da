"""The ways in which a project and its backend fail to meet, each with its remedy."""

from collections.abc import Callable, Iterator, Sequence

from workbench.core.errors import WorkbenchError
from workbench.studio.backends import Backend, Webhook
from workbench.studio.client import Studio
from workbench.studio.findings import ERROR, OK, WARNING, Finding, halves
from workbench.studio.project import Project
from workbench.studio.wiring import UNCERTAIN

# Asks the backend at an address with the credentials in force here; returns the model_version that answers.
Ask = Callable[[str], str]


def neighbours(studio: Studio, project: Project, ask: Ask | None) -> Iterator[Finding]:
    """Findings on the backends that the project asks, and on the webhooks that are told of its events."""
    try:
        # In this order: the server looks at its backends anew when it lists them, and notes what it saw.
        backends, webhooks = studio.backends(project), studio.webhooks()
    except WorkbenchError as error:
        yield Finding("backend", ERROR, *halves(error))
        return
    hooks = [hook for hook in webhooks if hook.project in (None, project.id)]
    if not backends:
        yield Finding("backend", OK, "none is registered", "`workbench studio connect` ties one to the project")
    if len(backends) > 1:
        others = ", ".join(backend.url for backend in backends[1:])
        yield Finding(
            "backend",
            WARNING,
            f"{len(backends)} are registered, and Label Studio asks only {backends[0].url}",
            f"remove the others ({others}) under Settings > Model",
        )
    for backend in backends[:1]:
        yield from _backend(backend, project, ask, connect=f'workbench studio connect --project "{project.title}"')
        yield from _told(backend, hooks, connect=f'workbench studio connect --project "{project.title}"')
    addresses = [_events(backend) for backend in backends[:1]]
    yield from (_hook(hook) for hook in hooks if hook.url.rstrip("/") not in addresses)


def _backend(backend: Backend, project: Project, ask: Ask | None, *, connect: str) -> Iterator[Finding]:
    import httpx

    try:
        # The server allows one second for this call.
        answer = httpx.get(f"{backend.url.rstrip('/')}/health", timeout=1.0, trust_env=False)
        reached = answer.status_code < 300
    except httpx.HTTPError:
        reached = False
    if not reached:
        remedy = "start it with `workbench serve`, or remove it with `workbench studio connect --remove`"
        yield Finding("backend", ERROR, f"{backend.url} does not answer within a second", remedy)
        return
    if backend.state not in ("CO", "TR"):
        yield _unconnected(backend, connect)
        return
    try:
        version = ask(backend.url) if ask else backend.version
    except WorkbenchError as error:
        yield Finding("backend", WARNING, *halves(error))
        version = backend.version
    yield Finding("backend", OK, f"{version or backend.title} answers at {backend.url}")
    yield from _shown(project, version, connect)


def _unconnected(backend: Backend, connect: str) -> Finding:
    said = (backend.error or "").strip().splitlines()
    if any("401" in line for line in said):
        found = f"{backend.url} does not accept the password that Label Studio has for it"
        return Finding("backend", ERROR, found, f"tell it the one in force: {connect}")
    if any("400" in line for line in said):
        found = f"{backend.url} cannot label this project: its page has none of the model's labels"
        return Finding("backend", ERROR, found, "serve a model of its labels, or `workbench import --fix-config`")
    why = f" ({said[-1][:200]})" if said else ""
    return Finding(
        "backend",
        ERROR,
        f"Label Studio has no connection to {backend.url}{why}",
        "it must reach that address itself; where it runs on this machine, start it with ML_BLOCK_LOCAL_IP=false and "
        "SSRF_PROTECTION_ENABLED=false, or name another address with `workbench studio connect --url`",
    )


def _shown(project: Project, version: str | None, connect: str) -> Iterator[Finding]:
    """Whether the annotators see what the backend says, and in which order."""
    if not project.shows:
        yield Finding("predictions", ERROR, "the page does not show any to annotators", f"let it: {connect}")
    elif version and project.model_version != version:
        found = f"the page shows those of {project.model_version or 'no version'}, but {version} answers"
        yield Finding("predictions", ERROR, found, f"let it show them: {connect}")
    else:
        yield Finding("predictions", OK, f"the page shows those of {version}")
    if project.sampling != UNCERTAIN:
        found = f"tasks are handed out by {project.sampling or 'no rule'!r}, not the least sure first"
        yield Finding("order", WARNING, found, f"change it with {connect}, or leave it if it is meant so")


def _told(backend: Backend, hooks: Sequence[Webhook], *, connect: str) -> Iterator[Finding]:
    """Whether the backend hears of annotations."""
    ours = [hook for hook in hooks if hook.url.rstrip("/") == _events(backend)]
    if not ours:
        yield Finding("webhook", WARNING, f"{backend.url} is told of no events", f"make it hear them: {connect}")
    for hook in ours:
        if not hook.active:
            yield Finding("webhook", WARNING, f"{hook.url} is switched off", f"switch it on: {connect}")
        elif not hook.authorized:
            found = f"{hook.url} is told of events without a password, and turns them away"
            yield Finding("webhook", ERROR, found, f"give it the header: {connect}")
        elif not hook.payload:
            yield Finding("webhook", ERROR, f"{hook.url} is not told which project it is", f"mend it: {connect}")
        else:
            yield Finding("webhook", OK, f"{hook.url} is told of events")


def _hook(hook: Webhook) -> Finding:
    if hook.active:
        return Finding("webhook", OK, f"{hook.url} is told of events")
    return Finding("webhook", WARNING, f"{hook.url} is switched off", "switch it on under Settings > Webhooks")


def _events(backend: Backend) -> str:
    return f"{backend.url.rstrip('/')}/webhook"
