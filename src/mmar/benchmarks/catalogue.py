"""The benchmarks that `mmar get` knows, as data: where each is published, which revision, which digest.

A digest here is the last word: a file that has another one is refused, wherever it came from. What a digest
was taken from stands beside it.
"""

from __future__ import annotations

import msgspec

from mmar.errors import UsageError

__all__ = ["CATALOGUE", "DEMO", "Archive", "Entry", "RemoteFile", "entry_named", "meant_by"]

DEMO = "demo"
"""The benchmark that is synthesised here instead of fetched."""


class RemoteFile(msgspec.Struct, frozen=True):
    """One published file at a pinned revision.

    Attributes:
        url: where the publisher keeps this revision.
        filename: the publisher's name for it, used in the cache too.
        revision: the publisher's commit.
        size: bytes.
        sha256: of the file's bytes, lower-case hexadecimal.
    """

    url: str
    filename: str
    revision: str
    size: int
    sha256: str


class Archive(RemoteFile, frozen=True, kw_only=True):
    """An archive of clips.

    Attributes:
        unpacked_about: bytes that its files take on the disk, roughly; used to ask for space beforehand.
    """

    unpacked_about: int


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One benchmark of the catalogue.

    Attributes:
        name: what commands call it.
        title: what its authors call it.
        items: how many questions it has; `None` where the program makes it.
        homepage: the publisher's page.
        licence: of the data, in words.
        citation: one line that names the paper.
        bibtex: the publisher's own entry.
        metadata: the file of questions; `None` for a benchmark that is made here.
        audio: the archive of clips, where one can be fetched at a fixed digest.
        audio_advice: what a person does where `audio` is `None`.
        digest: content digest of the questions (`mmar.items.digest`), by which a file of whole records is recognised.
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
    audio_advice: str = ""
    digest: str = ""


_MMAR = Entry(
    name="mmar",
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
    # The publisher states no digest in words. This one and the size are those of the Git LFS pointer with
    # which the archive entered the data set's history (commit 7f48b23c14291be0db2f882c8ecdb6540f64c643); no
    # later commit up to the revision pinned here touches it.
    audio=Archive(
        url="https://huggingface.co/datasets/BoJack/MMAR/resolve/3bd051123480e80d273ae9e8e9f1653f49010ac7/mmar-audio.tar.gz",
        filename="mmar-audio.tar.gz",
        revision="3bd051123480e80d273ae9e8e9f1653f49010ac7",
        size=2_983_578_514,
        sha256="a84cea951de2e4ef9fbf23a003a7f6a4e319df7d62bf3a36c4f09efc56612c12",
        unpacked_about=3_500_000_000,
    ),
)

_MMAU_TEST_MINI = Entry(
    name="mmau-test-mini",
    title="MMAU test-mini (v05.15.25)",
    items=1000,
    digest="2e40c8ec6f352f1aaf42ab5410cbe155b390417b0186cc97afc8f4464594f534",
    homepage="https://github.com/Sakshi113/MMAU",
    licence="not known to this program; ask the publisher (https://github.com/Sakshi113/MMAU)",
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
    audio_advice=(
        "the clips of MMAU test-mini have no archive with a fixed address and digest; download the one "
        "linked as “test-mini audios” on https://github.com/Sakshi113/MMAU and give it with "
        "`mmar get mmau-test-mini --from FILE`"
    ),
)

_DEMO = Entry(
    name=DEMO,
    title="Demonstration set, synthesised by this program",
    items=None,
    homepage="",
    licence="Apache-2.0, as this program",
    citation="",
    bibtex="",
)

CATALOGUE: dict[str, Entry] = {entry.name: entry for entry in (_MMAR, _MMAU_TEST_MINI, _DEMO)}
"""Every known benchmark by name."""


def entry_named(name: str) -> Entry:
    """The catalogue's entry of that name.

    Raises:
        UsageError: there is none; the message lists those that are.
    """
    try:
        return CATALOGUE[name]
    except KeyError:
        raise UsageError(f"no benchmark is called “{name}”{meant_by(name)}") from None


def meant_by(name: str) -> str:
    """What a person may have meant by a name that is none, as the end of a sentence."""
    import difflib

    close = difflib.get_close_matches(name, CATALOGUE, n=1)
    return f"; did you mean “{close[0]}”?" if close else f"; names are {', '.join(CATALOGUE)}"
