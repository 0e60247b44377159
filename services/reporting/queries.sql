-- cities
-- Every city as described.
select city_id, name, kind, country, subdivision, within_id, population, latitude, longitude,
    urban, named
from city_at($1);

-- publications_of
-- The versions of a period that were published, the first one first; in the schema `publication`.
select period, version, status, known_at, sha256, published_by, reason, note, cells_changed
from published_report
where period = $1
order by version;

-- publications_latest
-- What was published of any period, the latest first.
select period, version, status, known_at, sha256, published_by, reason, note, cells_changed
from published_report
order by known_at desc, period, version desc
limit $1;

-- published_document
-- The bytes of a version.
select document from published_report where period = $1 and version = $2;

-- published_documents
-- The bytes of all versions of a period, the first one first.
select document from published_report where period = $1 order by version;

-- keep_key
-- A public key that seals reports from now on.
insert into sealing_key (key_id, jwk) values ($1, $2) on conflict do nothing;

-- sealing_keys
-- Every public key that ever sealed a report, in the order in which they came into use.
select jwk from sealing_key order by used_from, key_id;

-- populations
-- Every population stated for a city, by source and vintage.
select city_id, source, year, population
from population_at($1);

-- successions
-- What cities went over into.
select city_id, successors, reason, first_on, last_on
from succession_at($1);

-- memberships
-- When cities joined and left networks.
select city_id, network, active, first_on, last_on, stream, version
from membership_at($1);

-- references
-- The city that each answered question means; none when it was dismissed.
select reference_id, city_id
from reference_at($1);

-- occurrences
-- The occurrences near the dates from $2 to $3, in their latest state.
select *
from occurrence_at($1, $2, $3);

-- activities
-- The activities of some ids, as announced and claimed.
select *
from activity_at($1, $2);

-- appointments
-- Every announced sitting in its latest state, how long it is to take, and how often what is known
-- of it has changed.
select o.*, told.announced_at, told.changed_at, told.changes, announced.duration_minutes
from occurrence_at($1, $2, $3) o
join lateral (
    select d.duration_minutes
    from activity_description d
    where d.activity_id = o.activity_id and d.recorded_at <= $1
    order by d.version desc, d.stream
    limit 1
) announced on true
join lateral (
    select min(recorded_at) as announced_at, max(recorded_at) as changed_at,
        count(distinct (stream, version))::integer - 1 as changes
    from (
        select p.recorded_at, p.stream, p.version
        from occurrence_plan p
        where p.activity_id = o.activity_id and p.occurrence = o.occurrence and p.recorded_at <= $1
        union all
        select e.recorded_at, e.stream, e.version
        from occurrence_outcome e
        where e.activity_id = o.activity_id and e.occurrence = o.occurrence and e.recorded_at <= $1
        union all
        select d.recorded_at, d.stream, d.version
        from activity_description d
        where d.activity_id = o.activity_id and d.recorded_at <= $1
        union all
        select c.recorded_at, c.stream, c.version
        from activity_claim c
        where c.activity_id = o.activity_id and c.recorded_at <= $1
    ) word
) told on true
order by o.activity_id, o.occurrence;

-- turnouts
-- Who came to occurrences that may have been held, and which cities were there. Arguments: known at;
-- activities, occurrences, actual starts and ends, starts for those who register; the least
-- seconds; the days of the recording. `number` is the place of the occurrence in the arguments.
select number, people, attended, attended_registered, erased, named, positions, position_attended,
    cities, city_attended, city_contributed, city_named
from turnout_at($1, $2, $3, $4, $5, $6, $7, $8);

-- uniques
-- Distinct people over each window: as `turnouts`, and for each occurrence by its number ($9) a
-- window ($10) in which it lies.
select person.lies_in,
    count(*) filter (where person.attended)::integer as attendees,
    count(*) filter (where person.attended and person.weak)::integer as weak,
    count(*) filter (where person.walked_in)::integer as walk_ins,
    count(*) filter (where person.late)::integer as late_viewers
from (
    select w.lies_in, bool_or(p.attended) as attended, bool_or(p.weak) as weak,
        bool_or(p.attended and p.final and not p.registered) as walked_in,
        bool_or(p.late) as late
    from attender_at($1, $2, $3, $4, $5, $6, $7, $8) p
    join unnest($9::bigint[], $10::integer[]) as w (number, lies_in) using (number)
    group by w.lies_in, p.person
) person
group by person.lies_in;

-- registrations
-- How many registrations count, by occurrence; $4 are the instants before which one can withdraw.
select number, count(*)::integer as registrations
from registration_at($1, $2, $3, $4)
where counts
group by number;

-- help
-- Cities helped on dates from $2 to $3.
select city, network, first_on, last_on, stream, version
from city_help
where recorded_at <= $1 and last_on >= $2 and first_on <= $3;

-- works
-- Every work as described, and when it was withdrawn.
select distinct on (d.resource_id)
    d.resource_id, d.title, d.kind, d.publisher, d.first_on, d.last_on, d.languages, d.themes,
    w.first_on as withdrawn_first_on, w.last_on as withdrawn_last_on
from resource_description d
left join resource_withdrawal w
    on w.resource_id = d.resource_id and w.recorded_at <= $1 and w.version > d.version
where d.recorded_at <= $1
order by d.resource_id, d.version desc, d.stream, w.version;

-- editions
-- Every edition of every work.
select resource_id, language, edition, first_on, last_on
from resource_edition
where recorded_at <= $1;

-- shares
-- Every share of every work.
select resource_id, shared_with, first_on, last_on
from resource_share
where recorded_at <= $1;

-- deliveries
-- Works handed to cities on dates from $2 to $3.
select resource_id, city, first_on, last_on, count(*)::integer as times
from resource_delivery
where recorded_at <= $1 and last_on >= $2 and first_on <= $3
group by resource_id, city, first_on, last_on;

-- downloads
-- Downloads from $2 to $3, by work, city and month.
select resource_id, city, date_trunc('month', downloaded_on)::date as month,
    count(*)::integer as times
from resource_download
where recorded_at <= $1 and downloaded_on between $2 and $3
group by resource_id, city, month;

-- count_reach
-- Works that reached cities: for each, the pointer to the city (nothing where none is known), the
-- work, the stated date, how often it was handed over and how often downloaded. A city is new to a
-- work in a window when the work was not handed to it there before.
with said as materialized (
    select coalesce(city, '') as city, resource_id, first_on, last_on,
        sum(deliveries)::integer as deliveries, sum(downloads)::integer as downloads
    from unnest($1::text[], $2::text[], $3::date[], $4::date[], $5::integer[], $6::integer[])
        as s (city, resource_id, first_on, last_on, deliveries, downloads)
    group by coalesce(city, ''), resource_id, first_on, last_on
),
of_city as (
    insert into reach_by_city as r
    select s.first_on, s.last_on, said.city, sum(said.deliveries), sum(said.downloads)
    from said
    cross join lateral stretch_around(said.first_on, said.last_on) s
    group by s.first_on, s.last_on, said.city
    on conflict (first_on, last_on, city) do update
    set deliveries = r.deliveries + excluded.deliveries,
        downloads = r.downloads + excluded.downloads
),
of_work as (
    insert into reach_by_work as r
    select p.first_on, p.last_on, p.resource_id, count(*)
    from (
        select distinct w.first_on, w.last_on, said.resource_id, said.city
        from said
        cross join lateral windows_around(said.first_on, said.last_on) w
        where said.deliveries > 0
    ) p
    where not exists (
        select from reach h
        where h.city = p.city and h.resource_id = p.resource_id and h.deliveries > 0
            and h.last_on between p.first_on and p.last_on and h.first_on >= p.first_on
    )
    group by p.first_on, p.last_on, p.resource_id
    on conflict (first_on, last_on, resource_id) do update
    set cities = r.cities + excluded.cities
)
insert into reach as r
select city, resource_id, last_on, first_on, deliveries, downloads
from said
where city <> ''
on conflict (city, resource_id, last_on, first_on) do update
set deliveries = r.deliveries + excluded.deliveries, downloads = r.downloads + excluded.downloads;

-- reach_by_city
-- How often works reached cities in each stretch that may lie between the days $1 and $2.
select first_on, last_on, array_agg(city) as cities, array_agg(deliveries) as deliveries,
    array_agg(downloads) as downloads
from reach_by_city
where last_on >= $1 and first_on <= $2
group by first_on, last_on;

-- reach_by_work
-- To how many pointers works were handed within each of some windows.
select w.first_on, w.last_on, array_agg(r.resource_id) as resources, array_agg(r.cities) as cities
from unnest($1::date[], $2::date[]) as w (first_on, last_on)
join reach_by_work r using (first_on, last_on)
group by w.first_on, w.last_on;

-- reach_of_cities
-- What reached some pointers ($1) on dates from $2 to $3, by work and date.
select city, resource_id, first_on, last_on, deliveries, downloads
from reach
where city = any ($1::text[]) and last_on >= $2 and first_on <= $3;

-- ledgers
-- How many facts of each ledger are known, and when the last of them was recorded.
select ledger, count(*)::integer as facts, max(recorded_at) as data_to
from fact
where recorded_at <= $1
group by ledger;

-- hold_tables
-- No rebuild puts other tables in the place of these until this transaction ends. A lock of a table
-- comes before the snapshot, so whoever waited for a switch sees what it has brought.
lock table rebuilt in access share mode;

-- not_for_long
-- A statement that takes or waits longer than $1 is broken off, in this transaction.
select set_config('statement_timeout', $1::text, true), set_config('lock_timeout', $1::text, true);

-- more_memory
-- Room to sort and hash the people of a few quarters without going to disk, in this transaction.
set local work_mem = '32MB';

-- rows_by_key
-- In this transaction rows are looked up by their keys. A planner that takes a few sittings for many
-- reads whole tables instead: 160 ms for a sitting among a million facts, and all of it history. So
-- bound, a plan holds however the tables grow, and is made once: to plan `derive` takes 26 ms.
select set_config('enable_seqscan', 'off', true),
    set_config('plan_cache_mode', 'force_generic_plan', true);

-- first_met
-- Where each person of a period is met first: as `turnouts`, for held occurrences in their order.
select p.number,
    count(*) filter (where p.attended and p.place = 1)::integer as attendees,
    count(*) filter (where p.walked_in and p.place_walked_in = 1)::integer as walk_ins,
    count(*) filter (where p.late and p.place_late = 1)::integer as late_viewers
from (
    select p.number, p.attended, p.late, w.walked_in,
        row_number() over (partition by p.person, p.attended order by p.number) as place,
        row_number() over (partition by p.person, w.walked_in order by p.number)
            as place_walked_in,
        row_number() over (partition by p.person, p.late order by p.number) as place_late
    from attender_at($1, $2, $3, $4, $5, $6, $7, $8) p
    cross join lateral (
        select p.attended and p.final and not p.registered as walked_in
    ) w
) p
group by p.number;

-- facts_of_sittings
-- The facts behind some occurrences and what counts as them: their announcement, their last outcome, the roll that counts
-- or else the first $4 of the live webhook for each city, what names a city, and the first $4
-- registrations for each city.
with sitting as (
    select s.activity_id, s.occurrence, ($2::text[])[s.number] as counted_as, s.own
    from part_at($1, $2, $3) s
),
counted as (
    select r.*, s.counted_as
    from counted_roll_at($1, $2, $3) r
    join sitting s using (activity_id, occurrence)
),
part as (
    select s.counted_as as activity_id, s.occurrence, 'announced' as part, d.stream, d.version,
        null as city, false as personal
    from sitting s
    cross join lateral (
        select d.stream, d.version
        from activity_description d
        where d.activity_id = s.activity_id and d.recorded_at <= $1
        order by d.version desc, d.stream
        limit 1
    ) d
    union all
    select s.counted_as, s.occurrence, case when o.held then 'held' else 'cancelled' end,
        o.stream, o.version, null, false
    from sitting s
    cross join lateral (
        select o.stream, o.version, o.held
        from occurrence_outcome o
        where o.activity_id = s.activity_id and o.occurrence = s.occurrence
            and o.recorded_at <= $1
        order by o.version desc, o.stream
        limit 1
    ) o
    union all
    select s.counted_as, s.occurrence, 'merged', m.stream, m.version, null, false
    from sitting s
    cross join lateral (
        select m.stream, m.version
        from merge m
        where m.kind = 'activities' and m.id = s.activity_id and m.recorded_at <= $1
        order by m.version desc, m.stream
        limit 1
    ) m
    where not s.own
    union all
    select counted_as, occurrence, 'roll', stream, version, null, false
    from counted
    union all
    select sitting.counted_as, m.occurrence, 'mention', m.stream, m.version, m.city, false
    from sitting
    join city_mention m using (activity_id, occurrence)
    where m.recorded_at <= $1
    union all
    select counted_as, occurrence, 'passage', stream, version, city, true
    from (
        select sitting.counted_as, p.occurrence, p.stream, p.version,
            coalesce(p.city, p.city_by_domain) as city,
            row_number() over (
                partition by sitting.counted_as, p.occurrence, coalesce(p.city, p.city_by_domain)
                order by p.at, p.stream, p.version
            ) as number
        from sitting
        join passage p using (activity_id, occurrence)
        where p.recorded_at <= $1 and not exists (
            select from counted c
            where c.final and c.activity_id = p.activity_id and c.occurrence = p.occurrence
        )
    ) numbered
    where number <= $4
    union all
    select counted_as, occurrence, 'registration', stream, version, city, true
    from (
        select sitting.counted_as, r.occurrence, r.stream, r.version,
            coalesce(r.city, r.city_by_domain) as city,
            row_number() over (
                partition by sitting.counted_as, r.occurrence, coalesce(r.city, r.city_by_domain)
                order by r.at, r.stream, r.version
            ) as number
        from sitting
        join registration r using (activity_id, occurrence)
        where r.recorded_at <= $1
    ) numbered
    where number <= $4
)
select p.*, f.ledger, f.type, f.fact_id, f.source, f.occurred_at, f.recorded_at, f.traceparent
from part p
join fact f using (stream, version)
where f.ledger = 'events';

-- facts_of_resources
-- The facts of some works that describe and share them, and of those that hand them on from $3 to
-- $4 the first $5 for each city.
with part as (
    select d.resource_id, 'work' as part, d.stream, d.version, null as city, d.recorded_at
    from resource_description d
    where d.resource_id = any($2::text[])
    union all
    select s.resource_id, 'share', s.stream, s.version, null, s.recorded_at
    from resource_share s
    where s.resource_id = any($2::text[]) and s.first_on <= $4
    union all
    select resource_id, part, stream, version, city, recorded_at
    from (
        select reached.*, row_number() over (
            partition by resource_id, part, city order by recorded_at, stream, version
        ) as number
        from (
            select resource_id, 'delivery' as part, stream, version, city, recorded_at
            from resource_delivery
            where resource_id = any($2::text[]) and last_on >= $3 and first_on <= $4
            union all
            select resource_id, 'download', stream, version, city, recorded_at
            from resource_download
            where resource_id = any($2::text[]) and downloaded_on between $3 and $4
                and city is not null
        ) reached
        where recorded_at <= $1
    ) numbered
    where number <= $5
)
select p.resource_id, p.part, p.stream, p.version, p.city, false as personal,
    f.ledger, f.type, f.fact_id, f.source, f.occurred_at, f.recorded_at, f.traceparent
from part p
join fact f using (stream, version)
where f.ledger = 'resources' and p.recorded_at <= $1;

-- facts_by_key
-- Some facts of help by their streams and versions.
select 'help' as part, f.stream, f.version, null as city, false as personal,
    f.ledger, f.type, f.fact_id, f.source, f.occurred_at, f.recorded_at, f.traceparent
from unnest($2::text[], $3::integer[]) as k (stream, version)
join fact f using (stream, version)
where f.ledger = 'events' and f.recorded_at <= $1;

-- city_at_sittings
-- In which roles the people of a city were at some occurrences, and whether some watched the
-- recording only: as `turnouts`, then the pointers to the city.
select p.number, array_agg(distinct p.role) as roles, bool_or(p.late) as late
from attender_at($1, $2, $3, $4, $5, $6, $7, $8) p
where p.city = any ($9::text[])
group by p.number;

-- city_registered_at
-- At which occurrences somebody of a city is registered: as `registrations`, then the pointers.
select distinct number
from registration_at($1, $2, $3, $4)
where counts and coalesce(city, city_by_domain) = any ($5::text[]);

-- city_named_at
-- Which of some occurrences name a city as there, as speaker or as host.
select distinct ($2::text[])[s.number] as activity_id, m.occurrence
from part_at($1, $2, $3) s
join city_mention m using (activity_id, occurrence)
where m.recorded_at <= $1 and m.city = any ($4::text[]);

-- works_for_city
-- The latest $3 works handed to a city or downloaded for it, by the pointers to it.
select resource_id, way, first_on, last_on, stream, version
from (
    select resource_id, 'delivered' as way, first_on, last_on, stream, version, city, recorded_at
    from resource_delivery
    union all
    select resource_id, 'downloaded', downloaded_on, downloaded_on, stream, version, city,
        recorded_at
    from resource_download
) reached
where recorded_at <= $1 and city = any ($2::text[])
order by last_on desc, resource_id, stream, version
limit $3;

-- sittings_of_activity
-- Every occurrence of an activity, or of what it counts as, in its latest state.
with alias as materialized (select * from alias_at($1, 'activities')),
asked as (
    select coalesce((select a.root_id from alias a where a.id = $2), $2) as activity_id
),
of_it as (
    select activity_id from asked
    union
    select a.id from alias a join asked on a.root_id = asked.activity_id
),
known as (
    select p.occurrence from of_it join occurrence_plan p using (activity_id)
    union
    select o.occurrence from of_it join occurrence_outcome o using (activity_id)
),
gathered as (
    select array_agg(asked.activity_id) as activity_ids, array_agg(known.occurrence) as occurrences
    from known cross join asked
)
select s.*
from gathered g
cross join lateral sitting_at($1, g.activity_ids, g.occurrences) s
where g.activity_ids is not null;

-- counted_as
-- What an activity counts as; nothing while it stands for itself.
select root_id from alias_at($1, 'activities') where id = $2;

-- dismissals
-- Which activities were said to be two, by their latest word.
select first_id, second_id
from (
    select distinct on (d.first_id, d.second_id) d.first_id, d.second_id, d.dismissed
    from duplicate_dismissal d
    where d.kind = 'activities' and d.recorded_at <= $1
    order by d.first_id, d.second_id, d.version desc, d.stream
) latest
where latest.dismissed;

-- fact_at
-- The fact at a place of a ledger, as it was projected.
select ledger, stream, version, type, fact_id, source, occurred_at, recorded_at, traceparent
from fact
where ledger = $1 and stream = $2 and version = $3;

-- latest_description
-- Where the description of a city stands that holds now.
select stream, version from city_at('infinity') where city_id = $1;

-- dated
-- The dates stated for works, shares and help.
select distinct first_on, last_on from resource_description where recorded_at <= $1
union
select distinct first_on, last_on from resource_share where recorded_at <= $1
union
select distinct first_on, last_on from city_help where recorded_at <= $1;

-- standing_complete
-- Whether every sitting has been derived.
select exists (select from standing_level where facts is not null);

-- standing_dates
-- The dates of all sittings.
select distinct dated_first as first_on, dated_last as last_on from standing_sitting;

-- projected
-- How many facts of each ledger were projected, and when the last of them was recorded; `tables`
-- is another number when the tables were built anew and switched.
select ledger, facts, data_to, tableoid::bigint as tables from projected order by ledger;

-- arrived
-- How many facts of a ledger ($1) are projected; nothing while one of these is not.
select facts
from projected
where ledger = $1
    and not exists (
        select
        from unnest($2::text[], $3::integer[]) as wanted (stream, version)
        left join fact f
            on f.ledger = $1 and f.stream = wanted.stream and f.version = wanted.version
        where f.version is null
    );

-- standing_level
-- How far everything has been derived under this meaning; nothing while not all of it has been.
select facts, data_to from standing_level where meaning = $1 and facts is not null;

-- standing_sittings
-- The sittings that may lie between the days $1 and $2, in their latest state, with their turnout.
select activity_id, occurrence, time_zone, planned_on, planned_at, outcome, began, ended,
    first_on, last_on, attendance, registrations, counted_at, final_roll_at,
    registered, people, attended, attended_registered, erased, named, positions, position_attended
from standing_sitting
where dated_last >= $1 and dated_first <= $2;

-- standing_cities
-- The cities at the sittings held in each stretch that may lie between the days $1 and $2.
select first_on, last_on, array_agg(city) as cities, array_agg(attended) as attended,
    array_agg(contributed) as contributed, array_agg(named) as named
from standing_city
where last_on >= $1 and first_on <= $2
group by first_on, last_on;

-- standing_cities_of_sittings
-- The cities at each sitting held in a stretch, from $1 to $2; where $3 are some cities, only those
-- sittings at which one of them was.
select activity_id, occurrence, dated_first as first_on, dated_last as last_on, cities,
    city_attended, city_contributed, city_named
from standing_sitting
where stretch_first = $1 and stretch_last = $2 and held and ($3::text[] is null or cities && $3);

-- standing_uniques
-- Distinct people over some windows.
select u.first_on, u.last_on, u.attendees, u.weak, u.walk_ins, u.late_viewers
from standing_uniques u
join unnest($1::date[], $2::date[]) as w (first_on, last_on) using (first_on, last_on);

-- mark_stale
-- What some facts made out of date: a sitting, all sittings of an activity, or those of a person.
insert into stale (activity_id, occurrence, person)
select * from unnest($1::text[], $2::text[], $3::text[]);

-- mark_everything_stale
-- Every sitting there is.
insert into stale (activity_id)
select activity_id from occurrence_plan
union
select activity_id from occurrence_outcome
union
select activity_id from standing_sitting;

-- one_at_a_time
-- Whoever derives waits for whoever does. The first statement of the transaction: what it sees is
-- what stands once it has the lock.
lock table standing_level in share row exclusive mode;

-- marks_so_far
-- The newest mark, and the facts of events that are projected: all that they made out of date is
-- marked with it or before.
select coalesce(max(s.mark), 0) as mark, coalesce(max(p.facts), 0) as facts,
    max(p.data_to) as data_to
from (values ('events')) as of (ledger)
left join projected p using (ledger)
left join lateral (select max(mark) as mark from stale) s on true;

-- stale_marks
-- What is out of date by the marks up to $1, the longest first, with the marks that say so.
select activity_id, occurrence, person, array_agg(mark) as marks
from stale
where mark <= $1
group by activity_id, occurrence, person
order by min(mark)
limit $2;

-- forget_marks
-- Marks that were dealt with.
delete from stale where mark = any ($1::bigint[]);

-- marked_sittings
-- The sittings ($1, $2), all of some activities ($3) and those at which some people ($4) count, in
-- their latest state, and the days under which each was counted so far. What a sitting counts as
-- comes with it; with an activity come what it counts as, and all that count as that: whatever any
-- of these says may be of a sitting of another one.
with alias as materialized (select * from alias_at('infinity', 'activities')),
root as (
    select coalesce(a.root_id, m.id) as id
    from unnest($3::text[]) as m (id)
    left join alias a using (id)
),
activity as (
    select unnest($3::text[]) as activity_id
    union
    select id from root
    union
    select a.id from alias a join root on root.id = a.root_id
),
person_alias as materialized (select * from alias_at('infinity', 'people')),
person_root as (
    select coalesce(a.root_id, m.id) as id
    from unnest($4::text[]) as m (id)
    left join person_alias a using (id)
),
person as (
    select unnest($4::text[]) as person
    union
    select id from person_root
    union
    select a.id from person_alias a join person_root on person_root.id = a.root_id
),
marked as (
    select * from unnest($1::text[], $2::text[]) as s (activity_id, occurrence)
    union
    select activity_id, occurrence from activity join occurrence_plan using (activity_id)
    union
    select activity_id, occurrence from activity join occurrence_outcome using (activity_id)
    union
    select activity_id, occurrence from activity join standing_sitting using (activity_id)
    union
    select s.activity_id, s.occurrence
    from standing_person p
    join standing_sitting s on s.stretch_first = p.first_on and s.stretch_last = p.last_on
    where p.person = any ($4::text[]) and s.held and p.person = any (s.persons)
    union
    -- Also where somebody does not count yet, or no more: no index leads there, because whom people
    -- merge is rare, and every fact would pay for it.
    select r.activity_id, r.occurrence
    from roll_participant p
    join roll r using (stream, version)
    where cardinality($4::text[]) > 0 and p.person in (select person from person)
    union
    select p.activity_id, p.occurrence
    from passage p
    where cardinality($4::text[]) > 0 and p.person in (select person from person)
    union
    select r.activity_id, r.occurrence
    from registration r
    where cardinality($4::text[]) > 0 and r.person in (select person from person)
),
wanted as (
    select activity_id, occurrence from marked
    union
    select a.root_id, m.occurrence from marked m join alias a on a.id = m.activity_id
),
gathered as (
    select array_agg(w.activity_id) as activity_ids, array_agg(w.occurrence) as occurrences
    from wanted w
)
select s.*, before.stretch_first, before.stretch_last
from gathered g
cross join lateral sitting_at('infinity', g.activity_ids, g.occurrences) s
left join standing_sitting before using (activity_id, occurrence);

-- derive
-- Some sittings derived anew, and everything counted over several moved by the difference. For each
-- sitting: activity, occurrence, its dates, its stretch of days (all four empty where it has no
-- date), whether it was held if somebody came and if nobody did, actual start and end, the start
-- for those who register. Then the least seconds, the days of the recording, and the windows around
-- all stretches that the sittings are counted under, now or before.
with wanted as materialized (
    select * from unnest(
        $1::text[], $2::text[], $3::date[], $4::date[], $5::date[], $6::date[],
        $7::boolean[], $8::boolean[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[]
    ) with ordinality as w (
        activity_id, occurrence, dated_first, dated_last, stretch_first, stretch_last,
        held_if_somebody, held_if_nobody, began, ended, starts, number
    )
),
candidate as materialized (
    select array_agg(activity_id order by number) as activity_ids,
        array_agg(occurrence order by number) as occurrences,
        array_agg(began order by number) as begans, array_agg(ended order by number) as endeds,
        array_agg(starts order by number) as starts
    from wanted
    where held_if_somebody
),
turnout as materialized (
    select c.activity_ids[t.number] as activity_id, c.occurrences[t.number] as occurrence, t.*
    from candidate c
    cross join lateral turnout_at(
        'infinity', c.activity_ids, c.occurrences, c.begans, c.endeds, c.starts, $12, $13
    ) t
),
registered as (
    select number, count(*)::integer as registered
    from registration_at('infinity', $1, $2, $11)
    where counts
    group by number
),
-- Deleted and inserted again, because every column may have changed.
before as materialized (
    delete from standing_sitting s
    using wanted w
    where s.activity_id = w.activity_id and s.occurrence = w.occurrence
    returning s.*
),
after as materialized (
    select s.activity_id, s.occurrence, s.time_zone, s.planned_on, s.planned_at, s.outcome,
        s.began, s.ended, s.first_on, s.last_on, s.attendance, s.registrations, s.counted_at,
        s.final_roll_at, w.dated_first, w.dated_last, w.stretch_first, w.stretch_last,
        case when t.attended > 0 or t.named > 0 then w.held_if_somebody else w.held_if_nobody end
            as held,
        coalesce(r.registered, 0) as registered, coalesce(t.people, 0) as people,
        coalesce(t.attended, 0) as attended,
        coalesce(t.attended_registered, 0) as attended_registered,
        coalesce(t.erased, 0) as erased, coalesce(t.named, 0) as named,
        coalesce(t.positions, '{}') as positions,
        coalesce(t.position_attended, '{}') as position_attended,
        coalesce(t.cities, '{}') as cities, coalesce(t.city_attended, '{}') as city_attended,
        coalesce(t.city_contributed, '{}') as city_contributed,
        coalesce(t.city_named, '{}') as city_named,
        coalesce(t.persons, '{}') as persons, coalesce(t.flags, '{}') as flags
    from wanted w
    join sitting_at('infinity', $1, $2) s using (activity_id, occurrence)
    left join turnout t using (activity_id, occurrence)
    left join registered r on r.number = w.number
    where w.dated_first is not null
),
kept as (
    insert into standing_sitting
    select after.* from after cross join (select count(*) from before) when_all_are_deleted
),
city_difference as (
    select first_on, last_on, city, sum(attended) as attended, sum(contributed) as contributed,
        sum(named) as named
    from (
        select s.stretch_first, s.stretch_last, c.city, -c.attended, -c.contributed, -c.named
        from before s
        cross join lateral unnest(s.cities, s.city_attended, s.city_contributed, s.city_named)
            as c (city, attended, contributed, named)
        where s.held
        union all
        select s.stretch_first, s.stretch_last, c.city, c.attended, c.contributed, c.named
        from after s
        cross join lateral unnest(s.cities, s.city_attended, s.city_contributed, s.city_named)
            as c (city, attended, contributed, named)
        where s.held
    ) moved (first_on, last_on, city, attended, contributed, named)
    group by first_on, last_on, city
    having sum(attended) <> 0 or sum(contributed) <> 0 or sum(named) <> 0
),
cities_moved as (
    insert into standing_city as c select * from city_difference
    on conflict (first_on, last_on, city) do update set
        attended = c.attended + excluded.attended,
        contributed = c.contributed + excluded.contributed,
        named = c.named + excluded.named
),
person_difference as materialized (
    select person, first_on, last_on, sum(sign * (flags & 1)) as attended,
        sum(sign * (flags >> 1 & 1)) as weak, sum(sign * (flags >> 2 & 1)) as walked_in,
        sum(sign * (flags >> 3 & 1)) as late
    from (
        select s.stretch_first, s.stretch_last, p.person, p.flags, -1
        from before s cross join lateral unnest(s.persons, s.flags) as p (person, flags)
        where s.held
        union all
        select s.stretch_first, s.stretch_last, p.person, p.flags, 1
        from after s cross join lateral unnest(s.persons, s.flags) as p (person, flags)
        where s.held
    ) moved (first_on, last_on, person, flags, sign)
    group by person, first_on, last_on
    having sum(sign * (flags & 1)) <> 0 or sum(sign * (flags >> 1 & 1)) <> 0
        or sum(sign * (flags >> 2 & 1)) <> 0 or sum(sign * (flags >> 3 & 1)) <> 0
),
persons_moved as (
    insert into standing_person as p select * from person_difference
    on conflict (person, first_on, last_on) do update set
        attended = p.attended + excluded.attended,
        weak = p.weak + excluded.weak,
        walked_in = p.walked_in + excluded.walked_in,
        late = p.late + excluded.late
),
-- What these people were in the windows and what they are: who was there at another sitting too
-- was counted already, and stays counted.
person_in_window as (
    select w.first_on, w.last_on, p.person,
        coalesce(sum(p.attended) filter (where p.stood), 0) > 0 as attended_before,
        coalesce(sum(p.weak) filter (where p.stood), 0) > 0 as weak_before,
        coalesce(sum(p.walked_in) filter (where p.stood), 0) > 0 as walked_in_before,
        coalesce(sum(p.late) filter (where p.stood), 0) > 0 as late_before,
        sum(p.attended) > 0 as attended, sum(p.weak) > 0 as weak,
        sum(p.walked_in) > 0 as walked_in, sum(p.late) > 0 as late
    from (
        select stood.*, true as stood
        from (select distinct person from person_difference) moved
        -- Kept apart by `offset`, so that each person is looked up and no table is read as a whole.
        cross join lateral (
            select * from standing_person s where s.person = moved.person offset 0
        ) stood
        union all
        select *, false from person_difference
    ) p
    join unnest($14::date[], $15::date[]) as w (first_on, last_on)
        on p.first_on >= w.first_on and p.last_on <= w.last_on
    group by w.first_on, w.last_on, p.person
)
insert into standing_uniques as u
select first_on, last_on,
    sum(attended::integer - attended_before::integer),
    sum((attended and weak)::integer - (attended_before and weak_before)::integer),
    sum(walked_in::integer - walked_in_before::integer),
    sum(late::integer - late_before::integer)
from person_in_window
group by first_on, last_on
on conflict (first_on, last_on) do update set
    attendees = u.attendees + excluded.attendees,
    weak = u.weak + excluded.weak,
    walk_ins = u.walk_ins + excluded.walk_ins,
    late_viewers = u.late_viewers + excluded.late_viewers;

-- drop_empty_cities
-- Rows of cities that count nothing any more.
delete from standing_city where attended = 0 and contributed = 0 and named = 0;

-- drop_empty_persons
-- Rows of people who count nowhere any more.
delete from standing_person where attended = 0 and weak = 0 and walked_in = 0 and late = 0;

-- drop_empty_uniques
-- Windows in which nobody is left.
delete from standing_uniques
where attendees = 0 and weak = 0 and walk_ins = 0 and late_viewers = 0;

-- standing_meaning
-- Under which meaning everything is derived.
select meaning from standing_level;

-- begin_meaning
-- From now on everything is derived under this meaning, and nothing has been yet.
with gone as (delete from standing_level)
insert into standing_level (meaning) values ($1);

-- level_reached
-- So many facts of events are derived for certain, the newest of them recorded then.
update standing_level
set facts = $2, data_to = $3
where meaning = $1 and (facts is null or facts < $2);
