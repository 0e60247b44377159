-- rewritten_tables
-- The tables that hold messages as they came, or whose key is whose, in the order of their names.
select tablename as name
  from pg_tables
 where schemaname = 'public' and tablename = any (array['person_identity', 'rejected', 'repair', 'waiting'])
 order by 1;

-- later_segments
-- How many segments of the log were kept for later, with what they held before.
select count(*)
  from pg_ls_waldir()
 where name ~ '^[0-9A-F]{24}$' and name > pg_walfile_name(pg_current_wal_lsn());

-- earlier_segments
-- How many segments of the log are still there from before.
select count(*)
  from pg_ls_waldir()
 where name ~ '^[0-9A-F]{24}$' and name < pg_walfile_name(pg_current_wal_lsn());

-- next_segment
-- Go on in the next segment of the log; what is left of this one is filled with zeros.
select pg_logical_emit_message(true, 'tandem', 'wiped'), pg_switch_wal();
