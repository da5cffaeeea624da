"""Engines and precisions: the same answers from each, refusals that name the remedy."""

import json
import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from workbench.core.corpus import load_corpus
from workbench.core.errors import MissingExtraError, ModelError
from workbench.core.workspace import packaged
from workbench.tag import engines
from workbench.tag.decode import best_tags, best_tags_of
from workbench.tag.engines import Batch, native_precisions, open_engine, pick_engine
from workbench.tag.model import load_model, read_manifest
from workbench.tag.precision import Measured, pick_precision

STARTER = packaged("models/starter")
MANY = [entry.document.text for entry in load_corpus(packaged("annotations/corpus.jsonl"))[:60]]
TEXTS = MANY[:12]
openvino = pytest.mark.skipif(pick_engine() != "openvino", reason="OpenVINO is not installed, or this is no x86")


def unpacked_by_hand(path: Path, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The compact network with its weights multiplied out by numpy, through onnx's own rewriting."""
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    import onnxruntime
    from onnx import numpy_helper

    model = onnx.load(str(path))
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    kept = []
    for node in model.graph.node:
        if node.op_type != "DequantizeLinear":
            kept.append(node)
            continue
        scale = tensors[node.input[1]]
        scale = scale[None, :] if node.attribute[0].i == 1 else scale[:, None]
        values = tensors[node.input[0]].astype(np.float32) * scale
        model.graph.initializer.append(numpy_helper.from_array(values, node.output[0]))
    del model.graph.node[:]
    model.graph.node.extend(kept)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["logits"], {"input_ids": ids, "attention_mask": mask})[0])


@pytest.mark.parametrize("engine", ["onnxruntime", pytest.param("openvino", marks=openvino)])
def test_a_compact_model_computes_with_its_weights_in_full(engine: str) -> None:
    rng = np.random.default_rng(3)
    ids = rng.integers(1000, 30_000, (3, 37))
    mask = np.ones_like(ids)
    mask[1, 20:] = 0
    found = dict(open_engine(STARTER / "model.onnx", engine=engine, threads=1).run([("a", Batch(ids, mask))]))["a"]
    expected = unpacked_by_hand(STARTER / "model.onnx", ids, mask)
    assert np.abs(found - expected)[mask.astype(bool)].max() < 1e-3


@openvino
def test_both_engines_give_the_same_spans_and_scores() -> None:
    fast, plain = (load_model(STARTER, engine=name).tagger.label(TEXTS) for name in ("openvino", "onnxruntime"))
    assert [one.spans for one in fast] == [one.spans for one in plain]
    assert sum(len(one.spans) for one in fast) > 100
    for left, right in zip(fast, plain, strict=True):
        for a, b in zip(left.spans, right.spans, strict=True):
            assert a.score == pytest.approx(b.score, abs=1e-4)


@openvino
def test_results_come_in_the_order_of_the_work_and_work_is_taken_as_it_goes() -> None:
    engine = open_engine(STARTER / "model.onnx", engine="openvino", threads=2)
    asked: list[int] = []

    def work():  # type: ignore[no-untyped-def]
        for number in range(40):
            asked.append(number)
            ids = np.full((1, 5 + number % 7), 2000 + number)
            yield number, Batch(ids, np.ones_like(ids))

    results = engine.run(work())
    assert next(results)[0] == 0
    assert len(asked) < 40
    rest = list(results)
    assert [key for key, _ in rest] == list(range(1, 40))
    assert all(logits.shape == (1, 5 + key % 7, 45) for key, logits in rest)


@openvino
def test_how_many_threads_there_are_changes_no_digit() -> None:
    one, two = (load_model(STARTER, threads=threads).tagger.label(TEXTS[:6]) for threads in (1, 2))
    assert [[(s, s.score) for s in x.spans] for x in one] == [[(s, s.score) for s in x.spans] for x in two]


@pytest.mark.parametrize(
    ("engine", "precision"),
    [("onnxruntime", "fp32"), *(pytest.param("openvino", each, marks=openvino) for each in ("fp32", "bf16"))],
)
def test_a_bulletin_is_labelled_alike_in_any_company(engine: str, precision: str) -> None:
    if precision not in native_precisions(engine):
        pytest.skip(f"this processor has no {precision}")
    tagger = load_model(STARTER, engine=engine, precision=precision).tagger
    company = [*MANY, " ".join(MANY[:4]), "Six died.", "", "Seven soldiers were killed in Quetta on Monday."]
    together = [[(s, s.score) for s in found.spans] for found in tagger.label(company)]
    assert sum(map(len, together)) > 500
    assert together == [[(s, s.score) for s in tagger.label([text])[0].spans] for text in company]
    in_threes = tagger.stream(company[first : first + 3] for first in range(0, len(company), 3))
    assert together == [[(s, s.score) for s in found.spans] for some in in_threes for found in some]


def test_an_engine_that_cannot_run_here_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines.platform, "machine", lambda: "aarch64")
    assert pick_engine() == "onnxruntime"
    with pytest.raises(ModelError, match="--engine onnxruntime"):
        pick_engine("openvino")
    monkeypatch.setattr(engines.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    assert pick_engine() == "onnxruntime"
    with pytest.raises(MissingExtraError, match=r"workbench\[fast\]"):
        pick_engine("openvino")


def test_onnx_runtime_has_fp32_only() -> None:
    assert native_precisions("onnxruntime") == ("fp32",)
    with pytest.raises(ModelError, match="do not compute int8"):
        load_model(STARTER, engine="onnxruntime", precision="int8")


def test_auto_takes_the_fastest_precision_that_was_measured_as_good_enough() -> None:
    good = Measured(tags=0.9995, entity_tags=0.999, f1=0.80, f1_fp32=0.80, documents=9, temperature=1.0)
    far = Measured(tags=0.99, entity_tags=0.98, f1=0.79, f1_fp32=0.80, documents=9, temperature=1.0)
    near = Measured(tags=0.99, entity_tags=0.98, f1=0.796, f1_fp32=0.80, documents=9, temperature=1.0)
    native = ("fp32", "bf16", "int8")

    def pick(**measured: Measured) -> str:
        return pick_precision("auto", measured=measured, native=native, where="m")

    assert pick() == "fp32"
    assert pick(bf16=good, int8=near) == "int8"
    assert pick(bf16=good, int8=far) == "bf16"
    assert pick(bf16=near, int8=far) == "fp32"
    assert pick_precision("auto", measured={"int8": good}, native=("fp32",), where="m") == "fp32"
    with pytest.raises(ModelError, match="workbench export --model m"):
        pick_precision("int8", measured={}, native=native, where="m")


def test_a_changed_truncated_or_missing_network_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(STARTER, folder)
    network = folder / "model.onnx"
    network.write_bytes(network.read_bytes()[:-1000])
    with pytest.raises(ModelError, match="truncated or changed"):
        load_model(folder)
    network.unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        load_model(folder)


@pytest.mark.parametrize("engine", ["onnxruntime", pytest.param("openvino", marks=openvino)])
def test_a_file_that_is_no_network_is_a_sentence(engine: str, tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"not a network")
    with pytest.raises(ModelError, match=r"model\.onnx does not load"):
        open_engine(tmp_path / "model.onnx", engine=engine)


def test_many_sequences_decode_as_each_alone() -> None:
    rng = np.random.default_rng(5)
    sequences = [rng.normal(size=(length, 7)).astype(np.float32) for length in (0, 1, 9, 4, 30, 30, 2)]
    together = best_tags_of(sequences)
    for sequence, (tags, repaired) in zip(sequences, together, strict=True):
        alone, mended = best_tags(sequence)
        assert tags.tolist() == alone.tolist()
        assert repaired == mended
    assert any(repaired for _, repaired in together)


@pytest.mark.slow
@openvino
@pytest.mark.skipif(find_spec("nncf") is None, reason="nncf is not installed (extra `int8`)")
def test_an_export_measures_int8_and_loads_it(tmp_path: Path) -> None:
    from workbench.train.precisions import export_precisions

    entries = load_corpus(packaged("annotations/corpus.jsonl"))
    folder = tmp_path / "fast"
    shutil.copytree(STARTER, folder)
    if "int8" not in native_precisions("openvino"):
        pytest.skip("this processor has no int8 arithmetic")
    before = read_manifest(folder).version
    manifest = export_precisions(folder, calibrate=entries[:40], dev=entries[40:60])
    measured = manifest.precisions["int8"]
    assert measured.tags > 0.97
    assert measured.f1_fp32 > 0.6
    assert abs(measured.f1 - measured.f1_fp32) < 0.03
    assert read_manifest(folder) == manifest
    model = load_model(folder, precision="int8")
    together = [[(s, s.score) for s in found.spans] for found in model.tagger.label(MANY)]
    assert together == [[(s, s.score) for s in model.tagger.label([text])[0].spans] for text in MANY]
    assert model.version == f"{before}+int8"
    assert load_model(folder).version == before
    assert f"| int8 | {100 * measured.tags:.2f} %" in (folder / "README.md").read_text(encoding="utf-8")
    weights = folder / "model.int8.bin"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(ModelError, match="truncated or changed"):
        load_model(folder, precision="int8")
    assert json.loads((folder / "workbench.json").read_text(encoding="utf-8"))["precisions"]["int8"]["files"]


@openvino
def test_attention_is_left_in_one_piece_and_word_tables_stay_packed() -> None:
    """What keeps memory low: no guard cuts attention apart, and the table of words is not multiplied out."""
    from workbench.tag.openvino_network import read_network

    nodes = read_network(STARTER / "model.onnx").get_ordered_ops()
    kinds = [node.get_type_name() for node in nodes]
    assert kinds.count("Softmax") == 6
    assert "IsNaN" not in kinds
    large = {
        (tuple(node.get_output_shape(0)), node.get_element_type().get_type_name())
        for node in nodes
        if node.get_type_name() == "Constant" and np.prod(node.get_output_shape(0)) > 1_000_000
    }
    assert large == {((30522, 384), "i8")}
