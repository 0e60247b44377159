-- The system of record of one service. {role} is the service's own role: it adds, it never changes.

create table ledger (
    position bigint generated always as identity primary key,
    stream text not null,
    version integer not null check (version > 0),
    fact_id uuid not null,
    type text not null,
    data jsonb not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    appended_at timestamptz not null default now(),
    source text not null,
    source_id text not null,
    traceparent text,
    unique (stream, version)
);
create index ledger_appended_at on ledger using brin (appended_at);
grant select, insert on ledger to {role};

-- What was accepted, by its idempotency key, with the facts that followed.
create table inbox (
    source text not null,
    id text not null,
    digest bytea not null,
    received_at timestamptz not null,
    streams text[] not null,
    versions integer[] not null,
    primary key (source, id)
);
grant select, insert on inbox to {role};

-- Positions that the relay has still to publish; a row goes once the broker has acknowledged it.
create table outbox (
    position bigint primary key
);
alter table outbox set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
grant select, insert, delete on outbox to {role};

-- What exists, by the key that others may need: "activity-w1", "city-athens-oh".
create table provided (
    key text primary key
);
grant select, insert on provided to {role};

-- Messages that wait for what they speak of.
create table waiting (
    source text not null,
    id text not null,
    type text not null,
    needs text not null,
    digest bytea not null,
    subject text not null,
    headers jsonb not null,
    body bytea not null,
    received_at timestamptz not null,
    primary key (source, id)
);
create index waiting_needs on waiting (needs);
grant select, insert, delete on waiting to {role};

-- Messages that cannot be accepted, as they came, until somebody replays or discards them.
create table rejected (
    rejection_id uuid primary key,
    source text not null,
    id text,
    type text,
    reason text not null,
    detail text not null,
    violations jsonb not null,
    subject text not null,
    headers jsonb not null,
    body bytea not null,
    traceparent text,
    received_at timestamptz not null
);
create index rejected_source on rejected (source, received_at);
grant select, insert on rejected to {role};
