-- migrated_schemas
-- Where it is written which migrations have run.
select schemaname as schema
  from pg_tables
 where schemaname in ('public', 'publication') and tablename = 'migration'
 order by 1;
