-- put_seen
-- A fact that was projected; the same one twice breaks the primary key.
insert into seen (ledger, stream, version, type) values ($1, $2, $3, $4);

-- tally
-- How many facts of a stream were projected, and the last one: tells repeats and wrong order.
insert into tally (stream, facts, last_type) values ($1, 1, $2)
on conflict (stream) do update set facts = tally.facts + 1, last_type = excluded.last_type;
