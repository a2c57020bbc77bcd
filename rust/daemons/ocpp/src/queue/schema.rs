//! The tables, and how they came to be.

use shell::database::Schema;

pub(super) const SCHEMA: Schema = Schema { steps: &[QUEUE, NOTICES], oldest: 0 };

const QUEUE: &str = "
CREATE TABLE settings (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE transactions (
    ordinal        INTEGER PRIMARY KEY AUTOINCREMENT,
    session        TEXT NOT NULL UNIQUE,
    connector      INTEGER NOT NULL,
    transaction_id INTEGER,
    meter_start_wh INTEGER NOT NULL,
    meter_stop_wh  INTEGER,
    started        TEXT NOT NULL,
    stopped        TEXT,
    delivered      INTEGER NOT NULL DEFAULT 0,
    given_up       TEXT
);
CREATE INDEX transactions_by_number ON transactions (transaction_id) WHERE stopped IS NULL;

CREATE TABLE messages (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    seq      INTEGER NOT NULL,
    session  TEXT NOT NULL,
    kind     TEXT NOT NULL,
    boot     TEXT NOT NULL,
    mono     INTEGER NOT NULL,
    event    TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    given_up TEXT
);
CREATE INDEX messages_waiting ON messages (id) WHERE given_up IS NULL;
CREATE INDEX messages_by_session ON messages (session);
";

const NOTICES: &str = "
CREATE TABLE notices (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    notice   TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0
);
";
