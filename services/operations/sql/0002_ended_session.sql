-- Sessions that browsers have ended: a copied cookie opens nothing, after a restart neither.
create table ended_session (
    session bytea primary key,
    until timestamptz not null -- when its hours are over, and it may be forgotten
);
grant select, insert, delete on ended_session to {role};
