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
-- A message that cannot be accepted; the same bytes are kept once. One that was replayed and comes
-- back, because it waited and cannot be accepted after all, is open again.
with kept as (
    insert into rejected (rejection_id, source, id, type, reason, detail, violations, subject, headers, body, traceparent, received_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict do nothing
    returning rejection_id
)
insert into repair (rejection_id, how, by_whom, outcome, at)
select $1, 'reopened', last.by_whom, $5, now()
  from (select how, by_whom from repair where rejection_id = $1 order by number desc limit 1) last
 where last.how = 'replayed' and not exists (select from kept);

-- repair
-- What somebody did about a rejected message; said twice it is said once.
insert into repair (rejection_id, how, by_whom, reason, outcome, at)
select $1, $2, $3, $4, $5, $6
 where $2 = 'retried'
    or $2 is distinct from (select how from repair where rejection_id = $1
                             order by number desc limit 1);

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
       (select count(*) from rejected)
           - (select count(*)
                from (select distinct on (rejection_id) how
                        from repair order by rejection_id, number desc) last
               where how in ('replayed', 'discarded')) as rejected;

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
-- How far the facts of a page, in order of position, take their streams.
select stream, max(version) as version, max(position) as position
  from (select stream, version, position
          from ledger
         where position > $1
         order by position
         limit $2) page
 group by stream;

-- ledger_census
-- A page of streams by name, ended by a number of facts, each with a digest of its fact ids and
-- versions. The hash is the one that hash partitions rest on, so it is the same in every database.
-- The last name is looked up first, so that however it is grouped only the page is read.
select stream as name, max(version) as version, count(*)::integer as facts,
       bit_xor(uuid_hash_extended(fact_id, version)) as digest
  from ledger
 where stream > $1
   and stream <= coalesce(
        (select stream from ledger where stream > $1 order by stream offset $2 limit 1),
        (select max(stream) from ledger))
 group by stream
 order by stream;

-- ledger_settled
-- The position below which no transaction can still commit: all that began before it have ended,
-- because no transaction lives longer than the server's transaction_timeout.
select coalesce(max(position), 0) from ledger where appended_at < now() - $1::interval;

-- ledger_total
-- How many facts the ledger holds.
select count(*) from ledger;

-- rejected_page
-- Rejected messages, newest first, behind the last one of the page before: the open ones, or all.
-- Ended by a count, or by the bytes of their bodies.
select page.*
  from (
    select r.rejection_id, r.source, r.id, r.type, r.reason, r.detail,
           r.violations::text as violations, r.subject, r.headers::text as headers, r.body,
           r.traceparent, r.received_at,
           last.how, last.by_whom, last.reason as repair_reason, last.outcome, last.at,
           sum(length(r.body)) over (order by r.received_at desc, r.rejection_id desc)
               - length(r.body) as bytes_before,
           count(*) over ()::integer as found
      from (
        select r.*
          from rejected r
         where ($1::text is null or r.source = $1)
           and ($2::text is null or r.reason = $2)
           and ($3::timestamptz is null or (r.received_at, r.rejection_id) < ($3, $4::text::uuid))
           and ($5 or coalesce((select how from repair p where p.rejection_id = r.rejection_id
                                 order by p.number desc limit 1), 'open')
                      not in ('replayed', 'discarded'))
         order by r.received_at desc, r.rejection_id desc
         limit $6
      ) r
      left join lateral (
        select * from repair p where p.rejection_id = r.rejection_id order by p.number desc limit 1
      ) last on true
  ) page
 where bytes_before < $7
 order by received_at desc, rejection_id desc;

-- rejected_between
-- Rejected messages by their ids, from one to another: whoever types one types its beginning.
select r.rejection_id, r.source, r.id, r.type, r.reason, r.detail, r.violations::text as violations,
       r.subject, r.headers::text as headers, r.body, r.traceparent, r.received_at,
       last.how, last.by_whom, last.reason as repair_reason, last.outcome, last.at
  from rejected r
  left join lateral (
    select * from repair p where p.rejection_id = r.rejection_id order by p.number desc limit 1
  ) last on true
 where r.rejection_id between $1 and $2
 order by r.rejection_id
 limit $3;

-- rejected_messages
-- Some rejected messages as they came, the one that came first first.
select r.rejection_id, r.source, r.id, r.reason, r.subject, r.headers::text as headers, r.body,
       r.received_at,
       (select how from repair p where p.rejection_id = r.rejection_id
         order by p.number desc limit 1) as how
  from rejected r
 where r.rejection_id = any ($1::uuid[])
 order by r.received_at, r.rejection_id;

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

-- projected_census
-- A page of the streams of a ledger by name, as `ledger_census` describes them.
select stream as name, max(version) as version, count(*)::integer as facts,
       bit_xor(uuid_hash_extended(fact_id, version)) as digest
  from fact
 where ledger = $1 and stream > $2
   and stream <= coalesce(
        (select stream from fact where ledger = $1 and stream > $2
          order by stream offset $3 limit 1),
        (select max(stream) from fact where ledger = $1))
 group by stream
 order by stream;

-- projected_until
-- Some streams as `projected_census` describes them, each up to a version.
select wanted.stream as name, coalesce(held.version, 0) as version, held.facts,
       coalesce(held.digest, 0) as digest
  from unnest($2::text[], $3::integer[]) as wanted (stream, version)
 cross join lateral (
    select max(fact.version) as version, count(*)::integer as facts,
           bit_xor(uuid_hash_extended(fact.fact_id, fact.version)) as digest
      from fact
     where fact.ledger = $1 and fact.stream = wanted.stream and fact.version <= wanted.version
 ) held;

-- projected_total
-- How many facts of a ledger are projected.
select count(*) from fact where ledger = $1;

-- projected_facts
-- The facts of a stream from one version to another.
select version, fact_id, type, recorded_at, source, source_id
  from fact
 where ledger = $1 and stream = $2 and version between $3 and $4
 order by version;

-- projection_tables
-- Which tables serve: another number after a rebuild has switched them.
select 'fact'::regclass::oid::bigint;
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

-- projected_keys
-- Which facts of some streams are projected.
select stream, version from fact where ledger = $1 and stream = any ($2::text[]);

-- rebuild_begins
-- A rebuild begins to read a ledger, of which so much is settled.
insert into rebuilt (ledger, position, settled) values ($1, 0, $2);

-- rebuilt_position
-- How far a rebuild has read a ledger.
select position from rebuilt where ledger = $1;

-- rebuilt_settled
-- What was settled of a ledger when a rebuild began.
select settled from rebuilt where ledger = $1;

-- rebuilt_until
-- A rebuild has read a ledger that far.
update rebuilt set position = $2 where ledger = $1;

-- schema_comment
-- What is noted of a schema; none when there is no such schema.
select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = $1;

-- schema_rights
-- Who may do what with a schema, as words of a grant.
select case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end as grantee,
       privilege_type as privilege
  from pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner)))
 where nspname = $1 and grantee <> nspowner;

-- postponable
-- Constraints and indexes of the tables that restate facts: how to make each, and how to remove it.
-- What is not keyed by a fact is looked up while facts are written, and keeps its index.
with restating as (
    select c.oid
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relkind = 'r'
       and 2 = (select count(*) from pg_attribute a
                 where a.attrelid = c.oid and a.attname in ('stream', 'version'))
)
select format('alter table %s add constraint %I %s', k.conrelid::regclass, k.conname,
              pg_get_constraintdef(k.oid)) as statement,
       format('alter table %s drop constraint %I', k.conrelid::regclass, k.conname) as removal
  from pg_constraint k
  join restating on restating.oid = k.conrelid
 where k.contype in ('p', 'u')
union all
select pg_get_indexdef(i.indexrelid), format('drop index %s', i.indexrelid::regclass)
  from pg_index i
  join restating on restating.oid = i.indrelid
 where not exists (select from pg_constraint k where k.conindid = i.indexrelid);

-- tables_of_both
-- The tables that two schemas have in common, but for some.
select tablename as name from pg_tables where schemaname = $1 and tablename <> all ($3::text[])
intersect
select tablename from pg_tables where schemaname = $2
 order by 1;

-- receipts
-- What became of messages of a source, in the order of their ids as given: of a recorded one its
-- facts, of a waiting one its need, and the last one under the id that could not be accepted.
select wanted.id, i.received_at as inbox_at, i.digest, recorded.at as recorded_at,
       recorded.facts::text as facts, w.needs, w.received_at as waiting_since,
       r.rejection_id, r.reason, r.detail, r.violations::text as violations,
       r.received_at as rejected_at
  from unnest($2::text[]) with ordinality as wanted (id, place)
  left join inbox i on i.source = $1 and i.id = wanted.id
  left join waiting w on w.source = $1 and w.id = wanted.id
  left join lateral (
    select max(l.recorded_at) as at,
           json_agg(json_build_object('stream', l.stream, 'version', l.version, 'type', l.type,
                                      'fact_id', l.fact_id) order by l.position) as facts
      from unnest(i.streams, i.versions) as place (stream, version)
      join ledger l using (stream, version)
  ) recorded on true
  left join lateral (
    select *
      from rejected
     where rejected.source = $1 and rejected.id = wanted.id
     order by rejected.received_at desc, rejected.rejection_id desc
     limit 1
  ) r on true
 order by wanted.place;
