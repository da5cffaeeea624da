"""Parquet tables, batch by batch."""

from workbench.core.errors import InputError
from workbench.read.forms.columns import column_names, row_of_cells
from workbench.read.row import Rows, Source

# Rows in memory at a time: long bulletins of 10 kB make 2.5 MB of it.
_BATCH = 256


def rows(source: Source) -> Rows:
    """Rows by column name. Raises InputError for a damaged file and for one without a text column."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(source.path) as file:
            names = column_names(file.schema_arrow.names, source)
            number = 0
            for batch in file.iter_batches(batch_size=_BATCH):
                for cells in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    number += 1
                    made = f"{source.name}-{number}"
                    yield row_of_cells(f"row {number}", dict(zip(names, cells, strict=True)), made=made)
    except FileNotFoundError:
        raise InputError(f"{source} is not there; check the path") from None
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = str(error).split("\n")[0].rstrip(".")[:120]
        raise InputError(f"{source} is damaged or no Parquet file ({reason}); fetch it again") from None
