"""Fills a data folder with many runs: copies of its newest one, each a minute older than the one before.

They are whole runs (steps, files, events) with names of their own. Only the words of the search are not made for them, since
that takes a newer SQLite than Python may have; what is searched for, the tests run for real.

Usage: many_runs.py DATABASE COUNT.
"""

import sqlite3
import sys
import uuid

MINUTE_US = 60_000_000


def columns(connection, table):
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def copy(connection, table, source, changed):
    """Copies the rows of a run, with the SQL expressions of `changed` in place of some columns."""
    names = columns(connection, table)
    values = ", ".join(changed.get(name, name) for name in names)
    connection.execute(f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM {table} WHERE run_id = ?", (source,))


def main(database, count):
    connection = sqlite3.connect(database, timeout=30)
    with connection:
        source, name = connection.execute(
            "SELECT run_id, name FROM orchestration_runs ORDER BY created_at DESC LIMIT 1"
        ).fetchone()
        for number in range(1, count + 1):
            run_id = f"'{uuid.UUID(int=number, version=4)}'"
            own_name = f"'{name} {number:04}'"
            earlier = {column: f"{column} - {number * MINUTE_US}" for column in ("created_at", "started_at", "finished_at")}
            run = {"run_id": run_id, "name": own_name, "name_folded": own_name.lower(), "search_id": "NULL", **earlier}
            copy(connection, "orchestration_runs", source, run)
            for table in ("run_steps", "generated_artifacts", "run_events"):
                # An artifact's own number is given out by the database.
                copy(connection, table, source, {"run_id": run_id, "artifact_id": "NULL"})


main(sys.argv[1], int(sys.argv[2]))
