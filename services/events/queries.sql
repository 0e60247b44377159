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

-- remember_namesakes
-- Hashes of the names and organisations of people, as they were said first.
insert into namesake (person, name) select * from unnest($1::text[], $2::bytea[])
on conflict do nothing;

-- erase_person
-- Forget a person: nobody can say any more who the key was.
with forgotten as (delete from person_identity where person = $1),
     nameless as (delete from namesake where person = $1)
delete from person where person = $1;

-- forget_people
-- Forget these people, and say how many of them were still known.
with forgotten as (delete from person_identity where person = any ($1::text[])),
     nameless as (delete from namesake where person = any ($1::text[])),
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

-- put_merge
-- Something counts as another one from now on.
insert into merge (kind, id, into_id) values ($1, $2, $3)
on conflict (kind, id) do update set into_id = excluded.into_id;

-- drop_merge
-- It stands for itself again.
delete from merge where kind = $1 and id = $2;

-- put_dismissal
-- Two are not one.
insert into dismissal (kind, first_id, second_id) values ($1, $2, $3) on conflict do nothing;

-- drop_dismissal
-- Whether they are one is a question again.
delete from dismissal where kind = $1 and first_id = $2 and second_id = $3;

-- counted_as
-- All that something counts as, one after the other.
with recursive chain (id) as (
    select into_id from merge where kind = $1 and id = $2
    union
    select m.into_id from chain c join merge m on m.kind = $1 and m.id = c.id
)
select id from chain;

-- activities_known
-- Which of these activities were announced.
select activity_id as id from activity where activity_id = any ($1::text[]);

-- people_known
-- Which of these keys somebody in the vault has.
select person as id from person where person = any ($1::text[]);

-- merge_page
-- What counts as another one, behind the last of the page before.
select kind, id, into_id
  from merge
 where (kind, id) > ($1, $2)
 order by kind, id
 limit $3;

-- dismissal_page
-- Which were said to be two, behind the last of the page before.
select kind, first_id, second_id
  from dismissal
 where (kind, first_id, second_id) > ($1, $2, $3)
 order by kind, first_id, second_id
 limit $4;

-- namesakes
-- Keys of people who share name and organisation with somebody else, each with the key of whoever of
-- them is known best: not only by these, and for longest.
with standing as (
    select n.person, n.name, p.first_seen_at,
           not exists (select from person_identity i
                        where i.person = n.person and not i.weak) as weak
      from namesake n
      join person p using (person)
     where not exists (select from merge m where m.kind = 'people' and m.id = n.person)
),
placed as (
    select s.*, first_value(person) over best as best, first_value(weak) over best as best_weak
      from standing s
    window best as (partition by name order by weak, first_seen_at, person)
)
select person, best, weak, best_weak, first_seen_at
  from placed
 where person <> best and person > $1
   and not exists (select from dismissal d
                    where d.kind = 'people' and d.first_id = least(person, best)
                      and d.second_id = greatest(person, best))
 order by person
 limit $2;
