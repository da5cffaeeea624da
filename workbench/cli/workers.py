"""`workbench prelabel --engine ray`: the same on many workers."""

from pathlib import Path

from workbench.cli.common import answer, progress, say, workspace


def label_on_workers(
    paths: tuple[str, ...],
    model: str | None,
    output: Path,
    split: str | None,
    precision: str,
    workers: int | None,
    address: str | None,
    form: str,
    *,
    as_json: bool,
) -> None:
    """Labels every file named, as a shard, and answers for all of them."""
    from workbench.core.errors import InputError
    from workbench.read.report import ReadReport
    from workbench.tag.cluster import label_shards
    from workbench.tag.engines import cores
    from workbench.tag.find import find_model
    from workbench.tag.model import choose
    from workbench.tag.shards import Job, find_shards

    folder = find_model(model, workspace()).resolve()
    choice = choose(folder, precision=precision)
    out = output.resolve()
    job = Job(str(folder), choice.engine, choice.precision, choice.version, str(out), form, split)
    heard = ReadReport()
    shards = find_shards(paths, job, report=heard)
    done = label_shards(shards, job, workers=workers or cores(), address=address, progress=progress)
    heard.unreadable.extend((each.name, each.left_out) for each in done if each.left_out)
    for line in heard.lines():
        say(line)
    documents, spans, resumed, repaired, rejected = (
        sum(getattr(each, name) for each in done) for name in ("documents", "spans", "resumed", "repaired", "rejected")
    )
    if rejected:
        say(f"{rejected:,} could not be labelled and are in {output}.rejects")
    if failed := [each for each in done if each.failed]:
        raise InputError(
            f"{len(failed)} of {len(done)} shards were not finished; {failed[0].name}: {failed[0].failed}; "
            "run the same command again to go on with them"
        )
    if not documents:
        raise InputError(f"no bulletin could be labelled; the reasons are in {output}.rejects")
    earlier = f" ({resumed:,} of them by an earlier run)" if resumed else ""
    answer(
        {
            "output": str(output),
            "model_version": choice.version,
            "engine": "ray",
            "precision": choice.precision,
            "shards": sum(each.documents > 0 for each in done),
            "documents": documents,
            "spans": spans,
            "resumed": resumed,
            "repaired": repaired,
            "rejected": rejected,
        },
        as_json=as_json,
        lines=[f"{documents:,} bulletins{earlier} with {spans:,} spans by {choice.version} are in {output}"],
    )
