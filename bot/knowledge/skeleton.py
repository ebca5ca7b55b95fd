"""Write the skeleton of a new entry at the end of a topic file: every field, with what belongs in it.

It has too few examples to be published, so a skeleton that nobody filled in never reaches anybody.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import yaml

from bot.errors import SkeletonError
from bot.knowledge.loading import TOPICS, read_knowledge
from bot.knowledge.whole_file import write_whole
from bot.knowledge.yaml_file import read_mapping

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MAX_ID = 48

SKELETON = """\
  - id: {id}
    title: Title of the card, as people say it
    act: routine  # now, today or routine: how soon to act
    summary: One or two short sentences that say what matters most and what to do about it.
    steps:  # 3 to 7, verbs first, the safest first
      - text: "Child in danger now? Ring 999."
        evidence: general  # verified: seen on the page; review: stated in the review; general: usual practice
        source: {source}
      - text: Say who does what next.
        evidence: general
        source: {source}
      - text: Write down what you saw, heard and did.
        evidence: general
        source: {source}
    time_limits: []  # like steps; only those that a source gives
    watch_for:  # how the moment looks to somebody who does not know the policy's name
      - First sign that this card applies.
      - Second sign that this card applies.
    detail: []  # like steps; shown under "More detail"
    by_agency: {{}}  # only where an agency does something different
    examples:  # how people ask: 20 or more, all different
      scenes:
        - an example of how somebody would ask about {words}
    not_for: []  # looks like this card, belongs to another: text and entry
    follow_ups: []  # what people ask next: asks, and entry or show
    contacts: [{contact}]
    sources: [{source}]
    see_also: [{other}]  # the other card names this one in turn
    owner:
    changes:
      - on: {on}
        what: First version.
    confirmed:
    review_by:
"""


def write_skeleton(folder: Path, id_: str, group: str, on: dt.date) -> Path:
    """Add the skeleton of an entry to a group's topic file; return the file.

    Raises:
        SkeletonError: nothing was written: the id is none or is taken, the group is not there, or the disk is full.
    """
    if not _ID.fullmatch(id_) or len(id_) > MAX_ID:
        raise SkeletonError(
            f"'{id_}' is no id: up to {MAX_ID} small letters, digits and hyphens, such as lost-property"
        )
    reading = read_knowledge(folder)
    knowledge = reading.knowledge
    if knowledge is None:
        raise SkeletonError("the knowledge has faults: run 'signpost check' and mend them first")
    for file, data in reading.files.items():
        if file.startswith(f"{TOPICS}/") and id_ in _ids_in(data):
            raise SkeletonError(f"'{id_}' is taken by {file}: choose another id")
    if group not in knowledge.groups:
        raise SkeletonError(f"there is no topic file '{group}': there are {', '.join(knowledge.groups)}")
    path = folder / TOPICS / f"{group}.yaml"
    text = SKELETON.format(
        id=id_ if isinstance(yaml.safe_load(id_), str) else f'"{id_}"',  # YAML takes no, 9 or null for no text
        words=id_.replace("-", " "), on=on, source=next(iter(knowledge.sources)),
        contact=knowledge.partnership.help_contacts[0], other=knowledge.partnership.consultation_entry,
    )  # fmt: skip
    try:
        before = path.read_bytes()
        line_end = b"\r\n" if b"\r\n" in before else b"\n"
        after = before.rstrip() + line_end + text.encode().replace(b"\n", line_end)
        document, faults = read_mapping(after)
        entries = (document or {}).get("entries")
        if faults or not isinstance(entries, list) or entries[-1].get("id") != id_:
            raise SkeletonError(f"{path}: its last field is not 'entries', so nothing can be added: move it to the end")
        write_whole(path, after)
    except OSError as error:
        raise SkeletonError(f"{path}: cannot be written: {error.strerror}") from None
    return path


def _ids_in(data: bytes) -> set[object]:
    """Return the ids of a topic file's entries, sound or not."""
    entries = (read_mapping(data)[0] or {}).get("entries")
    return {entry.get("id") for entry in entries if isinstance(entry, dict)} if isinstance(entries, list) else set()
