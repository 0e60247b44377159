-- state
-- What the server itself says: its time, and how many of its connections are taken.
select clock_timestamp() as now,
       (select count(*) from pg_stat_activity where backend_type = 'client backend') as connections,
       current_setting('max_connections')::integer as connections_max;

-- vault_mark
-- The mark of the key that the vault was filled with.
select mark from vault_key;
