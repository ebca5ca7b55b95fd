"""The tables of the usage log, one step after another. A released step is never edited: add a new one.

No column can hold message text.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

steps = Migrations("signpost-usage")


def migrate(db: Database) -> None:
    """Bring the database to the newest step.

    The steps run inside one transaction that holds the write lock, each in its own savepoint: of two
    processes starting at once the second waits and finds nothing to do, and being killed halfway leaves the
    old tables.
    """
    if not steps.pending(db):
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        steps.apply(db)
    except BaseException:
        db.rollback()
        raise
    db.commit()


@steps()
def daily_counters(db: Database) -> None:
    """How often each decision was made, by day; nobody in it."""
    # An entry that is missing is an empty text: in a key, SQLite takes every NULL for another value.
    db.table("counter").create(
        {"day": str, "channel": str, "entry": str, "decision": str, "count": int},
        pk=("day", "channel", "entry", "decision"),
        not_null={"day", "channel", "entry", "decision", "count"},
    )


@steps()
def people_and_interactions(db: Database) -> None:
    """Who said yes or no (`changed_at` only for a yes), and the interactions of those who said yes."""
    db.table("person").create(
        {"pseudonym": str, "consent": int, "agency": str, "changed_at": str},
        pk="pseudonym",
        not_null={"consent"},
    )
    interaction = db.table("interaction").create(
        {
            "id": int,
            "at": str,
            "day": str,
            "channel": str,
            "person": str,
            "agency": str,
            "decision": str,
            "entry": str,
            "score": float,
            "latency_ms": float,
            "knowledge_version": str,
            "feedback": str,
        },
        pk="id",
        not_null={"at", "day", "channel", "person", "decision", "latency_ms", "knowledge_version"},
    )
    interaction.create_index(["person", "day", "entry"])
