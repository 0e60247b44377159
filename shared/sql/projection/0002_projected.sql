-- How many facts of each ledger were projected and when the newest of them was recorded, kept with
-- the facts, because counting ten million rows takes a second.
create table projected (
    ledger text primary key,
    facts bigint not null,
    data_to timestamptz not null
);
insert into projected (ledger, facts, data_to)
select ledger, count(*), max(recorded_at) from fact group by ledger;
grant select, insert, update on projected to {role};
