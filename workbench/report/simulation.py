"""What a simulation of active learning found, as one HTML page that needs no network."""

from workbench import __version__
from workbench.active.savings import Estimate, Simulation, verdict
from workbench.report.curves import against_random, all_curves
from workbench.report.page import environment, part, writable


def render_simulation(found: Simulation, *, corpus: str) -> str:
    """The whole page; `corpus` is what people call the corpus. The same simulation gives the same characters."""
    from markupsafe import Markup

    templates = environment()
    templates.filters |= {"estimate": _estimate, "signed": _signed, "bulletins": _bulletins}
    page = templates.get_template("simulation.html").render(
        corpus=corpus,
        found=found,
        curves=found.curves,
        sizes=found.curves[0].sizes,
        together=all_curves(found.curves),
        apart=against_random(found.curves),
        verdicts=[verdict(curve) for curve in found.curves],
        style=Markup(part("report.css")),  # noqa: S704 - our own file
        version=__version__,
    )
    return writable(page)


def _estimate(value: Estimate | None) -> str:
    if value is None:
        return "–"
    return f"{value.mean:.3f}" + ("" if value.low is None else f" [{value.low:.3f}, {value.high:.3f}]")


def _signed(value: Estimate | None) -> str:
    if value is None:
        return "–"
    return f"{value.mean:+.3f}" + ("" if value.low is None else f" [{value.low:+.3f}, {value.high:+.3f}]")


def _bulletins(value: Estimate) -> str:
    between = "" if value.low is None or value.high is None else f" [{round(value.low)}, {round(value.high)}]"
    return f"{round(value.mean)}{between}"
