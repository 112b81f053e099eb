-- The schema of Brickwork 0.1.0 (version 8), as it was released. Never to be edited: databases of that release are out there.
PRAGMA application_id = 0x4257524B;

CREATE TABLE projects (
    project_id     TEXT NOT NULL PRIMARY KEY,
    name           TEXT NOT NULL,
    folder         TEXT,
    global_context TEXT NOT NULL DEFAULT '{}',
    created_at     INTEGER NOT NULL
) STRICT;
INSERT INTO projects (project_id, name, created_at)
VALUES ('550e8400-e29b-41d4-a716-446655440000', 'Default project', unixepoch() * 1000000);

CREATE TABLE orchestration_runs (
    run_id               TEXT NOT NULL PRIMARY KEY,
    project_id           TEXT NOT NULL REFERENCES projects (project_id),
    name                 TEXT NOT NULL,
    name_folded          TEXT NOT NULL,
    status               TEXT NOT NULL CHECK (status IN ('PENDING', 'RUNNING', 'SUCCESS', 'FAILED', 'CANCELLED')),
    interrupted          INTEGER NOT NULL CHECK (interrupted IN (0, 1)),
    simulated            INTEGER NOT NULL CHECK (simulated IN (0, 1)),
    error                TEXT,
    pipeline             TEXT NOT NULL,
    models               TEXT NOT NULL,
    seeds                TEXT NOT NULL,
    total_steps          INTEGER NOT NULL,
    final_artifacts_from TEXT,
    created_at           INTEGER NOT NULL,
    started_at           INTEGER,
    finished_at          INTEGER,
    seq                  INTEGER NOT NULL
) STRICT;
CREATE INDEX runs_by_time ON orchestration_runs (created_at, run_id);
CREATE INDEX runs_by_project ON orchestration_runs (project_id, created_at, run_id);
CREATE INDEX runs_by_status ON orchestration_runs (status, created_at, run_id);
CREATE INDEX runs_by_project_and_status ON orchestration_runs (project_id, status, created_at, run_id);

CREATE TABLE run_steps (
    run_id         TEXT NOT NULL REFERENCES orchestration_runs (run_id) ON DELETE CASCADE,
    position       INTEGER NOT NULL,
    step_name      TEXT NOT NULL,
    role           TEXT NOT NULL,
    model_id       TEXT NOT NULL,
    model_path     TEXT NOT NULL,
    stand_in       INTEGER NOT NULL CHECK (stand_in IN (0, 1)),
    status         TEXT NOT NULL CHECK (status IN ('PENDING', 'RUNNING', 'SUCCESS', 'FAILED', 'CANCELLED')),
    prompt         TEXT NOT NULL,
    result         TEXT NOT NULL,
    error_code     TEXT,
    error          TEXT,
    finish_reason  TEXT,
    warnings       TEXT NOT NULL,
    execution_time REAL NOT NULL,
    timings        TEXT,
    started_at     INTEGER,
    finished_at    INTEGER,
    text_bytes     INTEGER NOT NULL DEFAULT 0,
    text_after_seq INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (run_id, position)
) STRICT;

CREATE TABLE generated_artifacts (
    artifact_id   INTEGER PRIMARY KEY,
    run_id        TEXT NOT NULL REFERENCES orchestration_runs (run_id) ON DELETE CASCADE,
    is_final      INTEGER NOT NULL CHECK (is_final IN (0, 1)),
    position      INTEGER NOT NULL,
    ordinal       INTEGER NOT NULL,
    type          TEXT NOT NULL,
    name          TEXT NOT NULL,
    content       TEXT NOT NULL,
    named         INTEGER NOT NULL CHECK (named IN (0, 1)),
    closed        INTEGER NOT NULL CHECK (closed IN (0, 1)),
    content_start INTEGER NOT NULL,
    content_end   INTEGER NOT NULL,
    simulated     INTEGER NOT NULL CHECK (simulated IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX generated_artifacts_of_run ON generated_artifacts (run_id, is_final, position, ordinal);

CREATE TABLE run_events (
    run_id TEXT NOT NULL REFERENCES orchestration_runs (run_id) ON DELETE CASCADE,
    seq    INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    kind   TEXT NOT NULL,
    change TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX run_events_in_order ON run_events (run_id, seq, kind);

CREATE TABLE pipelines (
    pipeline_id TEXT NOT NULL PRIMARY KEY,
    project_id  TEXT NOT NULL REFERENCES projects (project_id),
    name        TEXT NOT NULL,
    document    TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX pipelines_of_project ON pipelines (project_id, updated_at, pipeline_id);

CREATE TABLE settings (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
PRAGMA user_version = 8;
