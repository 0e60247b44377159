-- How far a rebuild has read each ledger; empty where tables grew fact by fact. Behind `settled` a
-- transaction may have made facts visible after they were passed by: those are looked for at the end.
--
-- Whoever reads several tables for one answer locks this one in ACCESS SHARE first, so that no
-- rebuild puts other tables in their place meanwhile.
create table rebuilt (
    ledger text primary key,
    position bigint not null,
    settled bigint not null
);
grant select on rebuilt to {role};
