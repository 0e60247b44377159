-- Every fact that was projected: the checkpoint (versions without a gap), the provenance of a
-- report and the way back to the ledger. {role} adds, it never changes.

create table fact (
    ledger text not null,
    stream text not null,
    version integer not null,
    position bigint not null,
    fact_id uuid not null,
    type text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    source text not null,
    source_id text not null,
    traceparent text,
    primary key (ledger, stream, version)
);
create index fact_recorded_at on fact (ledger, recorded_at);
grant select, insert on fact to {role};

-- How far each ledger was compared with `fact`, stream by stream: nothing below can appear later.
create table audited (
    ledger text primary key,
    position bigint not null
);
grant select, insert, update on audited to {role};
