-- slots
-- The partitions in use: since when each, and how much room it takes.
select slot, began_at,
       pg_total_relation_size(format('span_%s', slot)::regclass)
       + pg_total_relation_size(format('span_link_%s', slot)::regclass)
       + pg_total_relation_size(format('log_record_%s', slot)::regclass) as bytes
  from telemetry_slot
 order by began_at;

-- begin_slot
-- New rows go into this partition from now on.
insert into telemetry_slot (slot, began_at) values ($1, $2)
on conflict (slot) do update set began_at = excluded.began_at;

-- forget_slot
-- A partition is not in use any more.
delete from telemetry_slot where slot = $1;

-- search
-- The latest traces with a span that is all of this, and each as a whole.
with matching as (
    select trace_id, max(started_at) as at, (array_agg(name order by duration desc))[1] as matched
      from (select trace_id, started_at, name, duration
              from span
             where started_at >= $1 and started_at < $2
               and ($3::text is null or service = $3)
               and ($4::text is null or name = $4)
               and ($5::text is null or starts_with(name, $5))
               and duration >= $6
               and (not $7 or error is not null)
               and ($8::text is null or attributes ->> $8 = $9)
               and name <> all ($11::text[])
             order by started_at desc
             limit 20000) as span
     group by trace_id
     order by at desc
     limit $10
)
select matching.trace_id, matching.matched, whole.*
  from matching
 cross join lateral (
    select min(started_at) as started_at,
           (array_agg(service order by parent_id is not null, started_at))[1] as service,
           (array_agg(name order by parent_id is not null, started_at))[1] as root,
           (extract(epoch from max(started_at + duration * interval '1 microsecond')
                               - min(started_at)) * 1000000)::bigint as duration,
           count(distinct span_id) as spans,
           count(distinct span_id) filter (where error is not null) as errors,
           array_agg(distinct service) as services
      from span
     where trace_id = matching.trace_id
 ) as whole
 order by matching.at desc;

-- services
-- Who has said anything.
with recursive known as (
    (select min(service) as service from span)
    union all
    select (select min(service) from span where service > known.service)
      from known where known.service is not null
)
select service from known where service is not null order by service;

-- spans_of_traces
-- The spans of these traces, the earliest first.
select trace_id, span_id, parent_id, service, name, kind, started_at, duration, error, attributes,
       events
  from span
 where trace_id = any ($1::bytea[])
 order by started_at, duration desc
 limit $2;

-- links_of_traces
-- What the spans of these traces follow from.
select distinct trace_id, span_id, linked_trace_id, linked_span_id
  from span_link
 where trace_id = any ($1::bytea[]);

-- linked_to
-- The spans of other traces that follow from this one.
select distinct trace_id, span_id
  from span_link
 where linked_trace_id = $1 and trace_id <> $1
 limit $2;

-- logs_of_traces
-- The lines of logs that belong to these traces, the earliest first.
select at, service, severity, logger, body, trace_id, span_id, attributes
  from log_record
 where trace_id = any ($1::bytea[])
 order by at
 limit $2;

-- calls
-- Who called whom: by spans under those of others, by links, and by what clients say of databases.
with recent as materialized (
    select trace_id, span_id, parent_id, service, kind, duration, error, attributes
      from span
     where started_at >= $1 and started_at < $2
     order by started_at desc
     limit $3
), called as (
    select parent.service as caller, child.service as called,
           case child.kind when 'server' then 'call' else 'messages' end as way,
           child.duration, child.error
      from recent as child
      join recent as parent
        on parent.trace_id = child.trace_id and parent.span_id = child.parent_id
       and parent.service <> child.service
    union all
    select distinct on (taking.trace_id, taking.span_id, source.service)
           source.service, taking.service, 'messages', taking.duration, taking.error
      from recent as taking
      join span_link using (trace_id, span_id)
      join recent as source
        on source.trace_id = linked_trace_id and source.span_id = linked_span_id
       and source.service <> taking.service
    union all
    select service, attributes ->> 'db.system.name', 'call', duration, error
      from recent
     where attributes ? 'db.system.name' and kind = 'client'
)
select caller, called, way, count(*) as count, count(error) as errors,
       sum(duration)::bigint as duration
  from called
 group by caller, called, way
 order by caller, called, way;

-- weak_settings
-- Settings of this cluster that are off, and could lose what was acknowledged.
select name
  from pg_settings
 where name in ('fsync', 'full_page_writes', 'data_checksums', 'synchronous_commit')
   and setting = 'off'
 order by name;
