-- What was published. It stands in a schema of its own, beside the ledger that says so, because a
-- rebuild replaces the schema of the projections. {role} adds, it never changes.

do $$ begin execute format('grant usage on schema %I to {role}', current_schema()); end $$;

-- The bytes of each version, written in the transaction of the fact that names their hash.
create table published_report (
    period text not null,
    version integer not null,
    status text not null,
    known_at timestamptz not null,
    sha256 text not null,
    published_by text not null,
    reason text,
    note text,
    cells_changed integer not null,
    document bytea not null,
    primary key (period, version)
);
grant select, insert on published_report to {role};

-- Every public key that ever sealed a report, as a JSON Web Key: the old ones stay valid.
create table sealing_key (
    key_id text primary key,
    jwk text not null,
    used_from timestamptz not null default now()
);
grant select, insert on sealing_key to {role};
