"""Which arithmetic a model is run in: fp32, bf16 or int8, and when `auto` dares to take a faster one."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from workbench.core.errors import ModelError

# What `auto` asks of a faster precision, measured on annotated bulletins when the model was exported.
LEAST_TAGS = 0.999  # share of tags as in fp32: for bf16
MOST_F1_LOST = 0.005  # strict F1 below fp32's: for both
LEAST_ENTITY_TAGS = 0.97  # share of tags on entities as in fp32: for int8, as F1 on a few bulletins says little


@dataclass(frozen=True, slots=True)
class Measured:
    """What a precision cost, on annotated bulletins: shares of tags, and of tags on entities, that are as in fp32;
    strict micro F1 in it and in fp32; the temperature fitted for it; SHA-256 of the files that only it needs."""

    tags: float
    entity_tags: float
    f1: float
    f1_fp32: float
    documents: int
    temperature: float
    files: Mapping[str, str] = field(default_factory=dict)

    def good_enough(self, precision: str) -> bool:
        """Whether `auto` may use it."""
        alike = self.entity_tags >= LEAST_ENTITY_TAGS if precision == "int8" else self.tags >= LEAST_TAGS
        return alike and self.f1_fp32 - self.f1 <= MOST_F1_LOST

    def table(self) -> dict[str, Any]:
        """For the manifest."""
        return asdict(self)


def pick_precision(wanted: str, *, measured: Mapping[str, Measured], native: Sequence[str], where: object) -> str:
    """The precision to run in: the one wanted; for "auto", int8 or else bf16 where the model's export measured it as
    good enough and this processor computes it, else fp32. Raises ModelError for one that cannot be had.
    """
    if wanted == "auto":
        faster = (name for name in ("int8", "bf16") if name in native and name in measured)
        return next((name for name in faster if measured[name].good_enough(name)), "fp32")
    if wanted not in native:
        raise ModelError(
            f"this processor and engine do not compute {wanted}; they have {', '.join(native)}: "
            "use --precision auto (int8 and bf16 need the extra `fast` and an x86 processor that has them)"
        )
    if wanted == "int8" and "int8" not in measured:
        raise ModelError(
            f"{where} was not exported in int8; do that with `workbench export --model {where} --data FILE`, "
            "or use --precision auto"
        )
    return wanted
