-- Sessions that somebody has ended, by their hash: they stay ended when reporting starts again, and
-- are no projections.
create table ended_session (
    session bytea primary key,
    until timestamptz not null -- when its hours are over, and it may be forgotten
);
grant select, insert, delete on ended_session to {role};
