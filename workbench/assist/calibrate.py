"""What gold says of a language model's proposals: how far each sign, and each voice, may be trusted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workbench.assist.confidence import Calibration, Signs, brier, fit_calibration
from workbench.assist.ensemble import Trust, fit_trust
from workbench.assist.label import Method, Outcome
from workbench.core.corpus import Annotation, Entry
from workbench.core.errors import InputError
from workbench.core.workspace import Workspace

_FOLDS = 5


def calibration_file(workspace: Workspace, method: Method) -> Path:
    """Where the calibration of a method is kept."""
    return _folder(workspace) / f"{_plain(method.voices)}.calibration.json"


def trust_file(workspace: Workspace, method: Method) -> Path:
    """Where the trust in the voices of an ensemble is kept."""
    return _folder(workspace) / f"{_plain(method.voices)}.trust.json"


def store_file(workspace: Workspace) -> Path:
    """Where answers and calls are kept."""
    return _folder(workspace) / "answers.sqlite"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The calibration and the trust that gold gives, and how well such probabilities hold on bulletins that were not
    used for them: the mean squared error (Brier) by folds, beside that of one probability for all."""

    calibration: Calibration
    trust: Trust
    spans: int
    brier: float
    brier_of_mean: float


@dataclass
class Judge:
    """Hears outcomes of a run over gold bulletins."""

    gold: Mapping[str, Entry]
    outcomes: list[Outcome] = field(default_factory=list)

    def judgement(self) -> Judgement:
        """Raises InputError where nothing was proposed, or none of the bulletins is gold."""
        judged = [self._judged(o) for o in self.outcomes if o.failure is None and o.entry.document.id in self.gold]
        every = [pair for each in judged for pair in each]
        if not judged:
            raise InputError("no labelled bulletin was answered; calibrate on gold: bulletins that carry spans")
        calibration = fit_calibration(every, bulletins=len(judged))
        mean = sum(right for _, right in every) / len(every)
        return Judgement(
            calibration,
            self._trust(),
            len(every),
            brier(held_out(judged)),
            brier([(mean, right) for _, right in every]),
        )

    def _judged(self, outcome: Outcome) -> list[tuple[Signs, bool]]:
        right = set(self.gold[outcome.entry.document.id].spans)
        return [(each.signs, each.span in right) for each in outcome.trusted]

    def _trust(self) -> Trust:
        answered = [o for o in self.outcomes if o.failure is None and o.entry.document.id in self.gold]
        names = {name for outcome in answered for name in outcome.voices}
        voices: dict[str, dict[str, Annotation]] = {
            name: {o.entry.document.id: o.voices[name] for o in answered} for name in sorted(names)
        }
        return fit_trust([self.gold[o.entry.document.id] for o in answered], voices)


def held_out(judged: Sequence[Sequence[tuple[Signs, bool]]]) -> list[tuple[float, bool]]:
    """Each span's probability by a calibration that did not see its bulletin, with whether it was right."""
    found = []
    for fold in range(_FOLDS):
        rest = [pair for number, each in enumerate(judged) if number % _FOLDS != fold for pair in each]
        own = [pair for number, each in enumerate(judged) if number % _FOLDS == fold for pair in each]
        if rest and own:
            fitted = fit_calibration(rest, bulletins=0)
            found += [(fitted.probability(signs), right) for signs, right in own]
    return found


def _folder(workspace: Workspace) -> Path:
    return workspace.state / "assist"


def _plain(version: str) -> str:
    """A version as a file's name."""
    return "".join(char if char.isalnum() or char in "-._+" else "_" for char in version)
