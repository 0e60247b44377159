-- put_city
-- A city as it is described from now on.
insert into city (city_id, version, name_key, country, subdivision, geonames_id, census_geoid, description)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (city_id) do update
   set version = excluded.version, name_key = excluded.name_key, country = excluded.country,
       subdivision = excluded.subdivision, geonames_id = excluded.geonames_id,
       census_geoid = excluded.census_geoid, description = excluded.description
 where city.version < excluded.version;

-- start_membership
-- A membership that begins.
insert into membership (city_id, network, since) values ($1, $2, $3) on conflict do nothing;

-- end_membership
-- The running membership ends.
update membership set until = $3 where city_id = $1 and network = $2 and until is null;

-- put_succession
-- A city that went over into others.
insert into succession (city_id, successors, on_date, reason) values ($1, $2, $3, $4)
on conflict (city_id) do update
   set successors = excluded.successors, on_date = excluded.on_date, reason = excluded.reason;

-- revoke_succession
-- A city that stands for itself again.
delete from succession where city_id = $1;

-- raise_references
-- Questions for a person, each counted as often as it was asked.
insert into reference (reference_id, question, email_domain, candidates, raised_at, mentions)
select r.reference_id, r.question, r.email_domain, r.candidates, $6, r.times
  from unnest($1::text[], $2::jsonb[], $3::text[], $4::jsonb[], $5::bigint[])
       as r (reference_id, question, email_domain, candidates, times)
on conflict (reference_id) do update
   set mentions = reference.mentions + excluded.mentions, candidates = excluded.candidates;

-- answer_reference
-- The answer to a question: a city, or none.
insert into reference (reference_id, question, email_domain, candidates, raised_at, city_id, dismissed)
values ($1, $2, $3, '[]', now(), $4, $5)
on conflict (reference_id) do update
   set city_id = excluded.city_id, dismissed = excluded.dismissed;

-- question
-- What was asked under this id.
select question::text as question, email_domain from reference where reference_id = $1;

-- references_known
-- The state of these questions.
select reference_id, city_id from reference where reference_id = any ($1::text[]);

-- open_references
-- Questions nobody has answered, most asked first; a city_id answers itself once registered.
select reference_id, question::text as question, email_domain, candidates::text as candidates,
       mentions, raised_at
  from reference r
 where r.city_id is null
   and not r.dismissed
   and not exists (select 1 from city c where c.city_id = r.question ->> 'city_id')
 order by mentions desc, reference_id
 limit $1 offset $2;

-- cities_registered
-- Which of these ids are registered.
select city_id from city where city_id = any ($1::text[]);

-- cities_by_geonames
-- The cities with these GeoNames ids.
select city_id, geonames_id from city where geonames_id = any ($1::bigint[]);

-- cities_by_geoid
-- The cities with these Census GEOIDs.
select city_id, census_geoid from city where census_geoid = any ($1::text[]);

-- cities_by_name
-- The cities that carry one of these normalised names in that country.
select c.city_id, c.name_key, c.country, c.subdivision, c.geonames_id, c.census_geoid,
       c.description ->> 'name' as name, c.description ->> 'kind' as kind
  from city c
  join unnest($1::text[], $2::text[]) as wanted (name_key, country) using (name_key, country);

-- city_page
-- Cities in the order of their ids, with memberships and succession.
select c.city_id, c.description::text as description,
       (select max(l.version) from ledger l where l.stream = 'city-' || c.city_id) as version,
       (select coalesce(json_agg(json_build_object('network', m.network, 'started_on', m.since,
                                                   'ended_on', m.until) order by m.since), '[]')
          from membership m where m.city_id = c.city_id)::text as memberships,
       (select json_build_object('successors', s.successors, 'on', s.on_date, 'reason', s.reason)
          from succession s where s.city_id = c.city_id)::text as succession
  from city c
 where c.city_id > $1
   and ($2::text is null or c.city_id = $2)
   and ($3::text is null or c.country = $3)
   and ($4::text is null or exists (select 1 from membership m where m.city_id = c.city_id
                                     and m.network = $4 and m.until is null))
 order by c.city_id
 limit $5;
