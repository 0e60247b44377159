-- inbox_known
-- Which of these idempotency keys came before, with what content and which facts.
select source, id, digest, streams, versions
  from inbox
  join unnest($1::text[], $2::text[]) as wanted (source, id) using (source, id);

-- waiting_known
-- Which of these idempotency keys wait already, with what content.
select source, id, digest, needs
  from waiting
  join unnest($1::text[], $2::text[]) as wanted (source, id) using (source, id);

-- provided_keys
-- Which of these keys exist.
select key from provided where key = any ($1::text[]);

-- load_streams
-- The facts of these streams behind the version kept of each, oldest first; the kept one comes
-- without data, as the proof that it is there.
select ledger.stream, ledger.version, ledger.type,
       case when ledger.version > kept.version then ledger.data::text end as data
  from unnest($1::text[], $2::integer[]) as kept (stream, version)
  join ledger on ledger.stream = kept.stream and ledger.version >= kept.version
 order by ledger.stream, ledger.version;

-- places
-- The next positions of the ledger, as many as facts are to be added, and the time by its clock.
select nextval('ledger_position_seq') as position, now() as appended_at
  from generate_series(1, $1);

-- provide
-- Keys that exist from now on.
insert into provided (key) select unnest($1::text[]) on conflict do nothing;

-- wait
-- A message that waits for what it speaks of.
insert into waiting (source, id, type, needs, digest, subject, headers, body, received_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing;

-- wait_no_longer
-- Messages that were dealt with, whether they waited or not.
delete from waiting w
 using unnest($1::text[], $2::text[]) as settled (source, id)
 where w.source = settled.source and w.id = settled.id;

-- reject
-- A message that cannot be accepted; the same bytes are kept once.
insert into rejected (rejection_id, source, id, type, reason, detail, violations, subject, headers, body, traceparent, received_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict do nothing;

-- released
-- Waiting messages whose need is met, longest waiting first; ended by a count or by their bytes.
select source, id, digest, subject, headers::text as headers, body, received_at
  from (
    select page.*,
           sum(length(body)) over (order by received_at, source, id) - length(body) as bytes_before
      from (
        select w.*
          from waiting w
          join provided p on p.key = w.needs
         order by w.received_at, w.source, w.id
         limit $1
      ) page
  ) sized
 where bytes_before < $2
 order by received_at, source, id;

-- receipt_facts
-- The facts behind a receipt.
select stream, version, type, fact_id
  from ledger
  join unnest($1::text[], $2::integer[]) as wanted (stream, version) using (stream, version)
 order by position;

-- outbox_next
-- The oldest facts that the broker has not acknowledged, each stream in order of versions: at most
-- $1 of them, and no more once they are $2 bytes as stored.
select position, stream, version, fact_id, type, data::text as data, occurred_at, recorded_at,
       source, source_id, traceparent
  from (
    select ledger.*,
           sum(pg_column_size(data)) over (order by position) - pg_column_size(data) as bytes_before
      from ledger
     where position in (select position from outbox order by position limit $1)
  ) next
 where bytes_before < $2
 order by position;

-- outbox_done
-- Facts that the broker has acknowledged.
delete from outbox where position = any ($1::bigint[]);

-- backlog
-- What should not stand for long: how much of it, and for how many seconds the oldest.
select (select count(*) from outbox) as outbox,
       coalesce((select extract(epoch from now() - min(appended_at))
                   from outbox join ledger using (position)), 0)::float8 as outbox_age_seconds,
       (select count(*) from waiting) as waiting,
       coalesce((select extract(epoch from now() - min(received_at)) from waiting), 0)::float8
           as waiting_age_seconds,
       (select count(*) from rejected) as rejected;

-- ledger_after
-- A page of the ledger in order of position, ended by a count of facts or of bytes as stored.
select position, stream, version, fact_id, type, data::text as data, occurred_at, recorded_at,
       source, source_id, traceparent
  from (
    select page.*,
           sum(pg_column_size(data)) over (order by position) - pg_column_size(data) as bytes_before
      from (select * from ledger where position > $1 order by position limit $2) page
  ) sized
 where bytes_before < $3
 order by position;

-- ledger_streams
-- A page of some streams: for each, what follows a version; ended as `ledger_after`.
select position, stream, version, fact_id, type, data::text as data, occurred_at, recorded_at,
       source, source_id, traceparent
  from (
    select page.*,
           sum(pg_column_size(data)) over (order by stream, version) - pg_column_size(data)
               as bytes_before
      from (
        select l.*
          from unnest($1::text[], $2::integer[]) as wanted (stream, after_version)
          join ledger l on l.stream = wanted.stream and l.version > wanted.after_version
         order by l.stream, l.version
         limit $3
      ) page
  ) sized
 where bytes_before < $4
 order by stream, version;

-- ledger_heads
-- The last version of every stream that grew behind a position.
select stream, max(version) as version
  from ledger
 where position > $1
 group by stream;

-- ledger_settled
-- The position below which no transaction can still commit: all that began before it have ended,
-- because no transaction lives longer than the server's transaction_timeout.
select coalesce(max(position), 0) from ledger where appended_at < now() - $1::interval;

-- ledger_total
-- How many facts the ledger holds.
select count(*) from ledger;

-- rejected_page
-- Rejected messages, newest first, behind the last one of the page before.
select rejection_id, source, id, type, reason, detail, violations::text as violations, subject,
       headers::text as headers, body, traceparent, received_at
  from rejected
 where ($1::text is null or source = $1)
   and ($2::text is null or reason = $2)
   and ($3::timestamptz is null or (received_at, rejection_id) < ($3, $4::text::uuid))
 order by received_at desc, rejection_id desc
 limit $5;

-- waiting_page
-- Waiting messages, longest waiting first, behind the last one of the page before.
select source, id, source || chr(10) || id as key, type, needs, received_at
  from waiting
 where ($1::text is null or needs = $1)
   and ($2::timestamptz is null or (received_at, source || chr(10) || id) > ($2, $3::text))
 order by received_at, key
 limit $4;

-- projected_versions
-- How far each of these streams was projected; streams without any fact are absent.
select wanted.ledger, wanted.stream, last.version
  from unnest($1::text[], $2::text[]) as wanted (ledger, stream)
 cross join lateral (
    select version
      from fact
     where fact.ledger = wanted.ledger and fact.stream = wanted.stream
     order by version desc
     limit 1
 ) last;

-- projected_counts
-- So many more facts of these ledgers are projected now, the newest of them recorded then.
insert into projected as p (ledger, facts, data_to)
select ledger, count(*), max(recorded_at)
  from unnest($1::text[], $2::timestamptz[]) as fresh (ledger, recorded_at)
 group by ledger
 order by ledger
on conflict (ledger) do update
   set facts = p.facts + excluded.facts, data_to = greatest(p.data_to, excluded.data_to);

-- audited_position
-- How far this ledger was compared.
select position from audited where ledger = $1;

-- audited_until
-- This ledger was compared that far.
insert into audited (ledger, position) values ($1, $2)
on conflict (ledger) do update set position = greatest(audited.position, excluded.position);
