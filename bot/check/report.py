"""Say in plain lines what a check found: faults, remarks, then the figures of what is sound."""

from __future__ import annotations

from collections import defaultdict
from statistics import median

from bot.check.content import Findings
from bot.check.coverage import coverage, table
from bot.check.everything import Checked
from bot.knowledge.model import Evidence, Knowledge

LOWEST = 5  # entries named as those that their own examples find least


def report(checked: Checked) -> str:
    """Return what is printed: each fault as `file: entry: field: problem`, then remarks, then figures."""
    lines = [str(fault) for fault in checked.faults]
    lines += [f"worth a look: {remark}" for remark in checked.remarks]
    knowledge, found = checked.knowledge, checked.findings
    if knowledge is not None and found is not None:
        lines += ["", *_figures(knowledge, found), "", table(coverage(knowledge), len(knowledge.entries)).rstrip(), ""]
    count = len(checked.faults)
    lines.append("no faults" if not count else f"{count} fault{'' if count == 1 else 's'}")
    return "\n".join(lines).lstrip("\n") + "\n"


def _figures(knowledge: Knowledge, found: Findings) -> list[str]:
    statements = [s for entry in knowledge.entries.values() for s in entry.statements]
    kinds = ", ".join(f"{sum(s.evidence is kind for s in statements)} {kind}" for kind in Evidence)
    questions = sum(len(entry.questions) for entry in knowledge.entries.values())
    confirmed = sum(entry.confirmed is not None for entry in knowledge.entries.values())
    lines = [
        f"{len(knowledge.entries)} entries, {confirmed} of them confirmed, {questions} example questions, "
        f"version {knowledge.version}",
        f"{len(statements)} facts: {kinds}",
    ]
    ages = found.reading_ages.values()
    if ages:
        lines.append(f"reading age of summary and steps: median {median(ages):.1f}, highest {max(ages):.1f}")
    if found.left_out:
        lines.append(_left_out(found))
    return lines


def _left_out(found: Findings) -> str:
    hits: dict[str, list[bool]] = defaultdict(list)
    for one in found.left_out:
        hits[one.label].append(one.label == one.ranked[0])
    shares = {id_: sum(mine) / len(mine) for id_, mine in hits.items()}
    lowest = ", ".join(f"{id_} {100 * shares[id_]:.0f} %" for id_ in sorted(shares, key=shares.__getitem__)[:LOWEST])
    total = len(found.left_out)
    first = sum(one.label == one.ranked[0] for one in found.left_out) / total
    among = sum(one.label in one.ranked for one in found.left_out) / total
    return (
        f"each example left out in turn: {100 * first:.1f} % find their card first, {100 * among:.1f} % among three; "
        f"lowest: {lowest}"
    )
