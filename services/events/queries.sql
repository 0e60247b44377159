-- vault_key
-- The mark of the key that the vault was filled with; the first key to come is remembered.
with first as (insert into vault_key (mark) values ($1) on conflict do nothing returning mark)
select mark from first union all select mark from vault_key limit 1;

-- identities_known
-- Whose these hashed identities are.
select identity, person from person_identity where identity = any ($1::bytea[]);

-- identities_of
-- All hashed identities of a person.
select identity from person_identity where person = $1;

-- remember_people
-- People who are met for the first time.
insert into person (person) select unnest($1::text[]) on conflict do nothing;

-- remember_identities
-- Hashed identities of people.
insert into person_identity (identity, person, weak)
select * from unnest($1::bytea[], $2::text[], $3::boolean[])
on conflict do nothing;

-- erase_person
-- Forget a person: nobody can say any more who the key was.
with forgotten as (delete from person_identity where person = $1)
delete from person where person = $1;

-- forget_people
-- Forget these people, and say how many of them were still known.
with forgotten as (delete from person_identity where person = any ($1::text[])),
     gone as (delete from person where person = any ($1::text[]) returning person)
select count(*) from gone;

-- erased_people
-- Who was erased, and when: each has a stream of their own, so the index of streams leads there.
select data->>'person' as person, min(recorded_at) as erased_at
  from ledger
 where stream >= 'person-' and stream < 'person.' and type = 'events.person_erased.v1'
 group by 1;

-- put_activity
-- An activity as it was announced last.
insert into activity (activity_id, title, kind, starts_at) values ($1, $2, $3, $4)
on conflict (activity_id) do update
   set title = excluded.title, kind = excluded.kind, starts_at = excluded.starts_at;

-- activity_page
-- Activities in the order of their ids.
select activity_id
  from activity
 where activity_id > $1
   and ($2::text is null or kind = $2)
 order by activity_id
 limit $3;
