-- cities
-- Every city as described.
select city_id, name, kind, country, subdivision, within_id, population, latitude, longitude,
    urban, named
from city_at($1);

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

-- groups
-- People of occurrences that may have been held, by city pointer and position. Arguments: known at;
-- activities, occurrences, actual starts and ends, starts for those who register; the least
-- seconds; the days of the recording. `number` is the place of the occurrence in the arguments.
select p.number, p.city, p.position,
    count(*)::integer as people,
    count(*) filter (where p.attended)::integer as attended,
    count(*) filter (where p.attended and p.registered)::integer as attended_registered,
    count(*) filter (where p.late)::integer as late,
    count(*) filter (where p.attended and p.erased)::integer as erased,
    count(*) filter (where p.role in ('host', 'panelist'))::integer as contributed
from attender_at($1, $2, $3, $4, $5, $6, $7, $8) p
group by p.number, p.city, p.position;

-- uniques
-- Distinct people over each window: as `groups`, and for each occurrence by its number ($9) a
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

-- mentions
-- Cities named at some occurrences.
select m.activity_id, m.occurrence, m.city, m.part
from unnest($2::text[], $3::text[]) as s (activity_id, occurrence)
join city_mention m using (activity_id, occurrence)
where m.recorded_at <= $1;

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

-- more_memory
-- Room to sort and hash the people of a few quarters without going to disk, in this transaction.
set local work_mem = '32MB';

-- first_met
-- Where each person of a period is met first: as `groups`, for held occurrences in their order.
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
-- The facts behind some occurrences: their announcement, their last outcome, the roll that counts
-- or else the first $4 of the live webhook for each city, what names a city, and the first $4
-- registrations for each city.
with sitting as (
    select s.activity_id, s.occurrence
    from unnest($2::text[], $3::text[]) as s (activity_id, occurrence)
),
counted as (
    select * from counted_roll_at($1, $2, $3)
),
part as (
    select s.activity_id, s.occurrence, 'announced' as part, d.stream, d.version,
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
    select s.activity_id, s.occurrence, case when o.held then 'held' else 'cancelled' end,
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
    select activity_id, occurrence, 'roll', stream, version, null, false
    from counted
    union all
    select m.activity_id, m.occurrence, 'mention', m.stream, m.version, m.city, false
    from sitting
    join city_mention m using (activity_id, occurrence)
    where m.recorded_at <= $1
    union all
    select activity_id, occurrence, 'passage', stream, version, city, true
    from (
        select p.activity_id, p.occurrence, p.stream, p.version,
            coalesce(p.city, p.city_by_domain) as city,
            row_number() over (
                partition by p.activity_id, p.occurrence, coalesce(p.city, p.city_by_domain)
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
    select activity_id, occurrence, 'registration', stream, version, city, true
    from (
        select r.activity_id, r.occurrence, r.stream, r.version,
            coalesce(r.city, r.city_by_domain) as city,
            row_number() over (
                partition by r.activity_id, r.occurrence, coalesce(r.city, r.city_by_domain)
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

-- dated
-- The dates stated for works, shares and help.
select distinct first_on, last_on from resource_description where recorded_at <= $1
union
select distinct first_on, last_on from resource_share where recorded_at <= $1
union
select distinct first_on, last_on from city_help where recorded_at <= $1;
