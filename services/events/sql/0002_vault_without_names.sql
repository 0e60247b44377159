-- Nothing reads names, addresses and employers, so the vault keeps none: a person is known by keyed
-- hashes alone. Written anew, because a dropped column stays in the file of its table.
create table person_kept (
    person text primary key,
    first_seen_at timestamptz not null default now()
);
insert into person_kept select person, first_seen_at from person;
drop table person;
alter table person_kept rename to person;
alter index person_kept_pkey rename to person_pkey;
comment on table person is 'The people in the vault: the key of each, and since when.';
grant select, insert, delete on person to {role};
