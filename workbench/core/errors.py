"""What can go wrong, said so that the person knows what to do next.

    WorkbenchError            exit status 1: one sentence for a person, never a traceback
    ├── InputError            a file, a text or an option of the user's is wrong
    │   ├── CorpusError       a corpus file: broken JSON, spans out of range, ids twice
    │   └── SchemaError       a schema file, or a label that the schema does not have
    ├── StudioError           Label Studio: down, wrong token, project missing, changed texts
    ├── AssistError           a language model: no address, refused, too slow, budget spent
    ├── ModelError            a model folder: missing, damaged, of another schema
    ├── MissingExtraError     a library of an extra that is not installed
    └── GateFailedError       exit status 3: a quality gate said no

A message names who found it, where, what was found, what was expected, and the remedy.
"""

# Characters of a sentence for a person, and how many of a longer one are kept of its beginning and of its end.
_LONGEST, _HEAD, _TAIL = 2000, 1200, 600


class WorkbenchError(Exception):
    """A failure that the user can act on; its text is one plain sentence (or two) without a traceback."""

    exit_status = 1

    def __init__(self, message: str = "") -> None:
        # What was found may be of any length; who, where and the remedy stand at the two ends.
        super().__init__(message if len(message) <= _LONGEST else f"{message[:_HEAD]} … {message[-_TAIL:]}")


class InputError(WorkbenchError):
    """Something that the user gave is wrong."""


class CorpusError(InputError):
    """A corpus file holds something that is not a bulletin."""


class SchemaError(InputError):
    """A schema is wrong, or a label is not in it."""


class StudioError(WorkbenchError):
    """Label Studio did not do what was asked."""


class AssistError(WorkbenchError):
    """A language model cannot be asked, or did not answer as it should."""


class ModelError(WorkbenchError):
    """A model folder cannot be used."""


class MissingExtraError(WorkbenchError):
    """A command needs a library that the light install leaves out."""

    def __init__(self, library: str, extra: str) -> None:
        super().__init__(
            f"this command needs {library}, which the light install leaves out: pip install 'workbench[{extra}]'"
        )


class GateFailedError(WorkbenchError):
    """A gate compared two models and said no."""

    exit_status = 3
