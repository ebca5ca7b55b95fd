"""Is a child in danger now? Looked for in the raw text, before anything else; never raises.

Two judges stand side by side: the rules of `danger.yaml`, which the partnership edits, and the built-in minimum,
which goes on working when that file is broken or gone. Either of them is enough.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from graphlib import CycleError

from bot.errors import Problem
from bot.knowledge.model import DangerRules
from bot.safety.minimum import says_danger_plainly
from bot.safety.rules import Rules

FILE = "danger.yaml"

log = logging.getLogger(__name__)


class Danger:
    """Tells whether a message speaks of a child in danger now. None as rules leaves the built-in minimum."""

    def __init__(self, rules: DangerRules | None) -> None:
        self._rules: Rules | None = None
        try:
            self._rules = None if rules is None else Rules(rules)
        except Exception as error:  # a fault in the rules must not take the minimum down; `problems` names it
            log.error("danger.yaml cannot be used, the built-in minimum goes on: %s", type(error).__name__)

    def found(self, text: str) -> bool:
        """Say whether the raw text of a message speaks of danger now. Never raises."""
        return self.rule(text) is not None

    def rule(self, text: str) -> str | None:
        """Return the id of the first rule that fires, "built-in" for the minimum, or None. Never raises."""
        try:
            if says_danger_plainly(text):
                return "built-in"
        except Exception:  # whatever a text does to one judge, the other is still asked
            pass
        try:
            return next(self._rules.fired(text), None) if self._rules is not None else None
        except Exception:  # a message is answered even when the rules cannot read it
            return None

    def excused(self, text: str) -> bool:
        """Say whether a message speaks of the past, of learning or of policy, so that likeness to danger is not enough.

        Never raises; where the rules cannot tell, nothing is excused.
        """
        try:
            return self._rules is not None and self._rules.excuse(text)
        except Exception:  # as in `rule`: a message that the rules cannot read is answered all the same
            return False


def problems(rules: DangerRules) -> list[Problem]:
    """Return a problem for each sentence that a rule gets wrong and for each name that no group has.

    A `must_fire` sentence must fire by its own rule. A `must_not_fire` sentence must fire by no rule at all,
    unless another rule lists it under `must_fire`.
    """
    faults = list(_unknown_groups(rules))
    try:
        compiled = Rules(rules)
    except CycleError as error:
        names = " -> ".join(error.args[1])
        return [*faults, Problem(FILE, "", "words", f"the groups name one another in a circle: {names}")]
    wanted = {sentence.casefold() for rule in rules.rules for sentence in rule.must_fire}
    for rule in rules.rules:
        for number, sentence in enumerate(rule.must_fire, 1):
            if rule.id not in compiled.fired(sentence):
                faults.append(Problem(FILE, rule.id, f"must_fire {number}", f"'{sentence}' does not fire the rule"))
        for number, sentence in enumerate(rule.must_not_fire, 1):
            fired = list(compiled.fired(sentence))
            if rule.id in fired:
                by = "the rule"
            elif fired and sentence.casefold() not in wanted:
                by = f"the rule '{fired[0]}'"
            else:
                continue
            faults.append(Problem(FILE, rule.id, f"must_not_fire {number}", f"'{sentence}' fires {by}"))
    return faults


def _unknown_groups(rules: DangerRules) -> Iterator[Problem]:
    """The groups that no `words` hold. Those a rule names are reported where the file is loaded."""
    known = {*rules.words, "number"}
    for field in ("unless", "even_so", "unless_anywhere", "denied_by"):
        for name in getattr(rules, field):
            if name not in known:
                yield Problem(FILE, "", field, f"'{name}' is not in the 'words' of this file")
    for group, texts in rules.words.items():
        for number, text in enumerate(texts, 1):
            for name in re.findall(r"<([^<>]{1,60})>", text):
                if name not in known:
                    yield Problem(FILE, f"words {group}", f"{number}", f"<{name}> is not in the 'words' of this file")
