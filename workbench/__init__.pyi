"""Types of the public names for checkers and editors; __init__.py loads each on first use. See _PUBLIC there."""

from workbench.check.corpus import check_corpus as check_corpus
from workbench.core.corpus import Annotation as Annotation
from workbench.core.corpus import Document as Document
from workbench.core.corpus import Entry as Entry
from workbench.core.corpus import load_corpus as load_corpus
from workbench.core.corpus import read_corpus as read_corpus
from workbench.core.corpus import write_corpus as write_corpus
from workbench.core.errors import WorkbenchError as WorkbenchError
from workbench.core.schema import Schema as Schema
from workbench.core.schema import load_schema as load_schema
from workbench.core.span import Relation as Relation
from workbench.core.span import Span as Span
from workbench.core.workspace import Workspace as Workspace
from workbench.core.workspace import find_workspace as find_workspace
from workbench.core.workspace import packaged as packaged
from workbench.figure.grammar import normal_form as normal_form
from workbench.read.paths import read_paths as read_paths
from workbench.record.run import load_tools as load_tools
from workbench.record.run import records_of as records_of
from workbench.record.write import write_records as write_records
from workbench.score.agreement import agree as agree
from workbench.score.evaluation import evaluate_entries as evaluate_entries
from workbench.score.record import history_of as history_of
from workbench.score.record import record_run as record_run
from workbench.score.resample import bootstrap as bootstrap
from workbench.studio.connect import connect as connect
from workbench.studio.importing import import_entries as import_entries
from workbench.studio.pulling import pull as pull
from workbench.studio.pushing import push as push
from workbench.tag.find import find_model as find_model
from workbench.tag.model import load_model as load_model
from workbench.tag.prelabel import label_entries as label_entries
from workbench.train.run import train_model as train_model
from workbench.train.settings import TrainingSettings as TrainingSettings

__version__: str
__all__: list[str]
