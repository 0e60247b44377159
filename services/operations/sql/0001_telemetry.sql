-- What services say of themselves. {role} adds, reads, and empties a whole partition, which costs
-- nothing; no row is ever deleted or changed.

-- The ring: new rows go into the slot that was begun last. When that is full or old, the slot that
-- was begun first is emptied and begun anew.
create table telemetry_slot (
    slot smallint primary key check (slot between 0 and 15),
    began_at timestamptz not null
);
grant select, insert, update, delete on telemetry_slot to {role};

create table span (
    slot smallint not null,
    trace_id bytea not null,
    span_id bytea not null,
    parent_id bytea,
    service text not null,
    name text not null,
    kind text not null,
    started_at timestamptz not null,
    duration bigint not null, -- microseconds
    error text,               -- why it failed; null when it did not
    attributes jsonb not null,
    events jsonb not null     -- what happened within it: [{at, name, attributes}]
) partition by list (slot);
create index on span (trace_id);
create index on span (service, started_at);
create index on span (duration);
create index on span (started_at);
create index on span (started_at) where error is not null;

-- What a span follows from beside its parent, in its own trace or in others.
create table span_link (
    slot smallint not null,
    trace_id bytea not null,
    span_id bytea not null,
    linked_trace_id bytea not null,
    linked_span_id bytea not null
) partition by list (slot);
create index on span_link (trace_id);
create index on span_link (linked_trace_id);

create table log_record (
    slot smallint not null,
    at timestamptz not null,
    service text not null,
    severity text not null,
    logger text not null,
    body text not null,
    trace_id bytea,
    span_id bytea,
    attributes jsonb not null
) partition by list (slot);
create index on log_record (trace_id) where trace_id is not null;
create index on log_record (at);

do $$
begin
    for slot in 0..15 loop
        execute format('create table span_%s partition of span for values in (%s)', slot, slot);
        execute format('create table span_link_%s partition of span_link for values in (%s)', slot, slot);
        execute format('create table log_record_%s partition of log_record for values in (%s)', slot, slot);
        execute format('grant truncate on span_%s, span_link_%s, log_record_%s to {role}', slot, slot, slot);
    end loop;
end $$;
grant select, insert on span, span_link, log_record to {role};
