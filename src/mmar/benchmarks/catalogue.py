"""The benchmarks that are known by name: where each is published, at which revision, with which digest.

A digest here is final: a file with another one is refused, wherever it came from. Where a benchmark has several
editions (`mmar.items.editions`), `NAME@EDITION` names one and `NAME` the default.
"""

from __future__ import annotations

from typing import Any

import msgspec

from mmar.errors import UsageError, did_you_mean
from mmar.items.editions import Edition, editions

__all__ = ["CATALOGUE", "DEMO", "Archive", "Entry", "RemoteFile", "entry_named", "similar"]

DEMO = "demo"
"""The benchmark that is generated instead of downloaded."""


class RemoteFile(msgspec.Struct, frozen=True):
    """One published file at a pinned revision.

    Attributes:
        url: address of this revision.
        filename: the publisher's name for it, also used in the cache.
        revision: the publisher's commit.
        size: bytes.
        sha256: of the file, lower-case hexadecimal.
        repo: the data set of the Hugging Face Hub that it belongs to; empty for other hosts.
    """

    url: str
    filename: str
    revision: str
    size: int
    sha256: str
    repo: str = ""


class Archive(RemoteFile, frozen=True, kw_only=True):
    """An archive of clips.

    Attributes:
        unpacked_size: approximate size of its files in bytes, to check for free space.
    """

    unpacked_size: int


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One benchmark of the catalogue.

    Attributes:
        name: what commands call it.
        title: what its authors call it.
        items: number of questions; `None` where the program generates it.
        homepage: the publisher's page.
        licence: of the data.
        citation: one line that names the paper.
        bibtex: the publisher's own entry.
        metadata: the file of questions; `None` where it is generated, or cannot be downloaded at a fixed address.
        audio: the archive of clips, where one can be downloaded with a known digest.
        parquet: the data set of the Hugging Face Hub whose Parquet files hold the clips, at its newest revision; where
            there is no archive.
        audio_advice: what to do where neither was fetched.
        digest: content digest of the questions (`mmar.items.digest`).
        edition: name of the edition, where there are several.
    """

    name: str
    title: str
    items: int | None
    homepage: str
    licence: str
    citation: str
    bibtex: str
    metadata: RemoteFile | None = None
    audio: Archive | None = None
    parquet: str = ""
    audio_advice: str = ""
    digest: str = ""
    edition: str = ""

    @property
    def label(self) -> str:
        """Name and edition, as signatures show it."""
        return f"{self.name}@{self.edition}" if self.edition else self.name


_MMAR = Entry(
    name="mmar",
    edition="2026-02",
    title="MMAR",
    items=1000,
    digest="dfc060aec26a30ab0740c61752947c1ef39342819943328f3a1f284456d1efb5",
    homepage="https://github.com/ddlBoJack/MMAR",
    licence="CC BY-NC 4.0 (https://creativecommons.org/licenses/by-nc/4.0/): not for commercial use",
    citation=(
        "Ma et al., MMAR: A Challenging Benchmark for Deep Reasoning in Speech, Audio, Music, and Their Mix, "
        "NeurIPS 2025, arXiv 2505.13032"
    ),
    bibtex="""\
@article{ma2025mmar,
  title={MMAR: A Challenging Benchmark for Deep Reasoning in Speech, Audio, Music, and Their Mix},
  author={Ma, Ziyang and Ma, Yinghao and Zhu, Yanqiao and Yang, Chen and Chao, Yi-Wen and Xu, Ruiyang and
    others},
  journal={Proc. NeurIPS},
  year={2025}
}""",
    metadata=RemoteFile(
        url="https://raw.githubusercontent.com/ddlBoJack/MMAR/3bce090a967db576c8ad433b290a8da582d6d2a0/MMAR-meta.jsonl",
        filename="MMAR-meta.jsonl",
        revision="3bce090a967db576c8ad433b290a8da582d6d2a0",
        size=2_700_936,
        sha256="1c9a343e7bebf1037482b935c54eacd43cc63df7b2c668724b5560caf1f84fad",
    ),
    # Size and digest are those of the Git LFS pointer with which the archive was added to the data set (commit
    # 7f48b23c14291be0db2f882c8ecdb6540f64c643); no later commit up to the pinned revision changes it.
    audio=Archive(
        url="https://huggingface.co/datasets/BoJack/MMAR/resolve/3bd051123480e80d273ae9e8e9f1653f49010ac7/mmar-audio.tar.gz",
        filename="mmar-audio.tar.gz",
        repo="BoJack/MMAR",
        revision="3bd051123480e80d273ae9e8e9f1653f49010ac7",
        size=2_983_578_514,
        sha256="a84cea951de2e4ef9fbf23a003a7f6a4e319df7d62bf3a36c4f09efc56612c12",
        unpacked_size=3_500_000_000,
    ),
)

_MMAU_MINI = Entry(
    name="mmau-mini",
    edition="2025-08-09",
    title="MMAU test-mini (v05.15.25)",
    items=1000,
    digest="2e40c8ec6f352f1aaf42ab5410cbe155b390417b0186cc97afc8f4464594f534",
    homepage="https://github.com/Sakshi113/MMAU",
    licence="not stated with the data; see https://github.com/Sakshi113/MMAU",
    citation=(
        "Sakshi et al., MMAU: A Massive Multi-Task Audio Understanding and Reasoning Benchmark, "
        "arXiv 2410.19168"
    ),
    bibtex="""\
@misc{sakshi2024mmaumassivemultitaskaudio,
  title={MMAU: A Massive Multi-Task Audio Understanding and Reasoning Benchmark},
  author={S Sakshi and Utkarsh Tyagi and Sonal Kumar and Ashish Seth and Ramaneswaran Selvakumar and
    Oriol Nieto and Ramani Duraiswami and Sreyan Ghosh and Dinesh Manocha},
  year={2024},
  eprint={2410.19168},
  archivePrefix={arXiv},
  primaryClass={eess.AS},
  url={https://arxiv.org/abs/2410.19168},
}""",
    metadata=RemoteFile(
        url="https://raw.githubusercontent.com/Sakshi113/MMAU/110127f54c0dfba3faa5ec9feee4a7e4148679c5/mmau-test-mini.json",
        filename="mmau-test-mini.json",
        revision="110127f54c0dfba3faa5ec9feee4a7e4148679c5",
        size=590_823,
        sha256="9f18fda99f8dbc2bc5ecd6323fb5063309f54969810b5c6f1caeb3b8d904cf1c",
    ),
    parquet="gamma-lab-umd/MMAU-test-mini",
    audio_advice=(
        "the clips are fetched from Parquet files, which need pyarrow: pip install 'mmar[parquet]'; or give an archive of "
        "them with mmar get mmau-mini --from FILE"
    ),
)

_DEMO = Entry(
    name=DEMO,
    title="Demonstration set, synthesized by this program",
    items=None,
    homepage="",
    licence="Apache-2.0, as this program",
    citation="",
    bibtex="",
)


def _elsewhere(**fields: Any) -> Entry:
    """A benchmark of which a file or the audio has no fixed address with a known digest."""
    return Entry(**{"bibtex": "", **fields})


_OTHERS = (
    _elsewhere(
        name="mmau-test",
        title="MMAU test (answers withheld)",
        items=9000,
        homepage="https://github.com/Sakshi113/MMAU",
        licence=_MMAU_MINI.licence,
        citation=_MMAU_MINI.citation,
        bibtex=_MMAU_MINI.bibtex,
    ),
    _elsewhere(
        name="mmau-pro",
        title="MMAU-Pro",
        items=5305,
        homepage="https://huggingface.co/datasets/gamma-lab-umd/MMAU-Pro",
        licence="stated on its page",
        citation=(
            "Kumar et al., MMAU-Pro: A Challenging and Comprehensive Benchmark for Holistic Evaluation of Audio General "
            "Intelligence, arXiv 2508.13992"
        ),
    ),
    _elsewhere(
        name="mmsu",
        edition="2025",
        title="MMSU",
        items=5000,
        digest=editions()["mmsu"][0].digest,
        homepage="https://github.com/dingdongwang/MMSU_Bench",
        licence="MIT",
        citation=(
            "Wang et al., MMSU: A Massive Multi-task Spoken Language Understanding and Reasoning Benchmark, "
            "arXiv 2506.04779"
        ),
    ),
    _elsewhere(
        name="sakura",
        title="SAKURA (four tracks)",
        items=4000,
        digest="c3fa5c98975a8ab0f4f0fb30bf55e38a2ea136324a64228e4b39a27c01e77acf",
        homepage="https://github.com/ckyang1124/SAKURA",
        licence="not stated with the data; see https://github.com/ckyang1124/SAKURA",
        citation=(
            "Yang et al., SAKURA: On the Multi-hop Reasoning of Large Audio-Language Models Based on Speech and Audio "
            "Information, Interspeech 2025, arXiv 2505.13237"
        ),
    ),
    _elsewhere(
        name="muchomusic",
        title="MuChoMusic",
        items=1187,
        homepage="https://doi.org/10.5281/zenodo.12709974",
        licence="CC BY-SA 4.0 (https://creativecommons.org/licenses/by-sa/4.0/)",
        citation=(
            "Weck et al., MuChoMusic: Evaluating Music Understanding in Multimodal Audio-Language Models, ISMIR 2024, "
            "arXiv 2408.01337"
        ),
    ),
    Entry(
        name="rul-muchomusic",
        title="RUL-MuChoMusic",
        items=1187,
        digest="d078c564248df9aa2dafc335402a1ca637e4e9fb1927cc23d061c92b7931efc8",
        homepage="https://github.com/yongyizang/AreYouReallyListening",
        licence="MIT (of the repository); the questions are made from MuChoMusic, CC BY-SA 4.0",
        citation=(
            "Zang et al., Are you really listening? Boosting Perceptual Awareness in Music-QA Benchmarks, ISMIR 2025, "
            "arXiv 2504.00369"
        ),
        bibtex="",
        metadata=RemoteFile(
            url="https://raw.githubusercontent.com/yongyizang/AreYouReallyListening/d3971de18934a283deb41f472d21b34eb19e10c2/RUL-MuchoMusic.json",
            filename="RUL-MuchoMusic.json",
            revision="d3971de18934a283deb41f472d21b34eb19e10c2",
            size=722_055,
            sha256="c6508f282eeeb34beb3446911587434f3787e5c720c708092e6cbc25deffea48",
        ),
        audio_advice="the music is your own copy: name its folder, with a file ID.mp3 for each question, with --audio-dir",
    ),
)

CATALOGUE: dict[str, Entry] = {entry.name: entry for entry in (_MMAR, _MMAU_MINI, _DEMO, *_OTHERS)}
"""Every known benchmark by name, in its default edition."""

_RAW = {
    "mmar": "https://raw.githubusercontent.com/ddlBoJack/MMAR",
    "mmau-mini": "https://raw.githubusercontent.com/Sakshi113/MMAU",
}


def entry_named(name: str) -> Entry:
    """The entry of a benchmark, e.g. `mmar`, or of one of its editions, e.g. `mmar@2025-05`.

    Raises:
        UsageError: there is none; the message names similar ones.
    """
    base, _, edition = name.partition("@")
    entry = CATALOGUE.get(base)
    if entry is None:
        raise UsageError(f'unknown benchmark "{name}"', code="unknown-benchmark", hint=similar(base))
    if not edition or edition == entry.edition:
        return entry
    known = editions().get(base, ())
    for each in known:
        if each.name == edition:
            return _entry_of(entry, each)
    listed = ", ".join(each.name for each in known) or "none"
    raise UsageError(
        f'"{base}" has no edition "{edition}"', code="unknown-edition", hint=f"known editions: {listed}"
    )


def similar(name: str) -> str:
    """The hint of an error about a name that is no benchmark's."""
    return did_you_mean(name, CATALOGUE, f"known ones are {', '.join(CATALOGUE)}")


def _entry_of(entry: Entry, edition: Edition) -> Entry:
    newest = edition.files[0]
    remote = RemoteFile(
        url=f"{_RAW[entry.name]}/{newest.commit}/{newest.filename}",
        filename=newest.filename,
        revision=newest.commit,
        size=newest.size,
        sha256=newest.sha256,
    )
    return msgspec.structs.replace(
        entry, metadata=remote, digest=edition.digest, edition=edition.name, items=edition.items
    )
