//! The tables, in the order in which they came to be. What has shipped is never changed; a new step adds, so that the version
//! before can run on it (D16). Newer tables are written down beside the code that uses them.

use shell::database::Schema;

use super::tables::{faults, kept, power, receipts};

/// One step a version.
pub(super) const SCHEMA: Schema = Schema {
    steps: &[BILLING, AUTHORISED_BY, kept::CREATE, faults::CREATE, receipts::CREATE, SEGMENTS, power::CREATE],
    oldest: 0,
};

const BILLING: &str = "
    CREATE TABLE sessions (
        id TEXT PRIMARY KEY,
        connector INTEGER NOT NULL,
        chain TEXT NOT NULL,
        id_tag TEXT NOT NULL,
        boot TEXT NOT NULL, mono INTEGER NOT NULL, wall_ms INTEGER NOT NULL, wall_quality TEXT NOT NULL,
        meter TEXT NOT NULL, start_digits INTEGER NOT NULL, start_exponent INTEGER NOT NULL,
        last_meter TEXT NOT NULL, last_digits INTEGER NOT NULL, last_exponent INTEGER NOT NULL,
        last_boot TEXT NOT NULL, last_mono INTEGER NOT NULL, last_wall_ms INTEGER NOT NULL, last_wall_quality TEXT NOT NULL,
        stopped_boot TEXT, stopped_mono INTEGER, stopped_wall_ms INTEGER, stopped_wall_quality TEXT,
        reason TEXT
    ) STRICT;
    CREATE INDEX sessions_open ON sessions (id) WHERE reason IS NULL;
    CREATE TABLE readings (
        session TEXT NOT NULL REFERENCES sessions (id),
        boot TEXT NOT NULL, mono INTEGER NOT NULL, wall_ms INTEGER NOT NULL, wall_quality TEXT NOT NULL,
        meter TEXT NOT NULL, digits INTEGER NOT NULL, exponent INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX readings_session ON readings (session, mono);
    CREATE TABLE outbox (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        boot TEXT NOT NULL, mono INTEGER NOT NULL, wall_ms INTEGER NOT NULL, wall_quality TEXT NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
    CREATE TABLE readers (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT;
";

const AUTHORISED_BY: &str = "ALTER TABLE sessions ADD COLUMN authorised_by TEXT";

/// The parts of a session whose meter did not count on; nothing for all others.
const SEGMENTS: &str = "ALTER TABLE sessions ADD COLUMN segments TEXT";
