-- kept_tables
-- The tables whose rows a restored database is compared by: the record, and what must not be lost
-- beside it. Rows of reporting's projections follow from the ledgers, and its auditor compares them.
select format('%I.%I', schemaname, tablename) as name
  from pg_tables
 where schemaname in ('public', 'publication')
   and tablename = any (array[
       'ledger', 'inbox', 'outbox', 'waiting', 'rejected', 'repair', 'person', 'person_identity',
       'published_report', 'sealing_key'])
 order by 1;

-- ledgers
-- Where ledgers stand, by schema.
select schemaname as schema
  from pg_tables
 where schemaname in ('public', 'publication') and tablename = 'ledger'
 order by 1;

-- size
-- How many bytes the database takes on the disk.
select pg_database_size(current_database());
