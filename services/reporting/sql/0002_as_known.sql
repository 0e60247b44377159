-- The rows as they were known at a moment. Every reader goes through these functions, so that
-- "as known now" and "as known then" are the same statement with another argument.

create function city_at(known_at timestamptz) returns setof city_description
language sql stable parallel safe as $$
    select distinct on (city_id) *
    from city_description
    where recorded_at <= known_at
    order by city_id, version desc, stream
$$;

-- The population of a city in every source and vintage that was ever stated for it.
create function population_at(known_at timestamptz)
returns table (city_id text, source text, year integer, population bigint)
language sql stable parallel safe as $$
    select distinct on (c.city_id, c.population_source, c.population_year)
        c.city_id, c.population_source, c.population_year, c.population
    from city_description c
    where c.recorded_at <= known_at and c.population is not null
    order by c.city_id, c.population_source, c.population_year, c.version desc, c.stream
$$;

-- The last word on each city's succession, unless it was revoked.
create function succession_at(known_at timestamptz) returns setof city_succession
language sql stable parallel safe as $$
    select * from (
        select distinct on (city_id) *
        from city_succession
        where recorded_at <= known_at
        order by city_id, version desc, stream
    ) latest
    where reason <> 'revoked'
$$;

create function membership_at(known_at timestamptz) returns setof membership_change
language sql stable parallel safe as $$
    select * from membership_change where recorded_at <= known_at
$$;

create function reference_at(known_at timestamptz) returns setof reference_answer
language sql stable parallel safe as $$
    select distinct on (reference_id) *
    from reference_answer
    where recorded_at <= known_at
    order by reference_id, version desc, stream
$$;

-- The latest description of each activity; its leads are those of the announcement and of the
-- latest claim of every other system that published it.
create function activity_at(known_at timestamptz, activity_ids text[])
returns table (
    activity_id text, version integer, announced_by text, kind text, title text, organisers text[],
    time_zone text, delivery text, themes text[], phase text, languages text[], series text
)
language sql stable parallel safe as $$
    select
        latest.activity_id, latest.version, latest.announced_by, latest.kind, latest.title,
        latest.organisers || coalesce(claims.organisers, '{}'),
        latest.time_zone, latest.delivery, latest.themes, latest.phase, latest.languages,
        latest.series
    from unnest(activity_ids) as wanted (activity_id)
    cross join lateral (
        select d.*
        from activity_description d
        where d.activity_id = wanted.activity_id and d.recorded_at <= known_at
        order by d.version desc, d.stream
        limit 1
    ) latest
    left join lateral (
        select array_agg(organiser) as organisers
        from (
            select distinct on (c.claimed_by) c.organisers
            from activity_claim c
            where c.activity_id = wanted.activity_id and c.recorded_at <= known_at
            order by c.claimed_by, c.version desc, c.stream
        ) claim, unnest(claim.organisers) as organiser
    ) claims on true
$$;

-- Every occurrence that a plan or an outcome ever put near these dates, in its latest state.
-- The dates of an outcome are of UTC: one day more on either side covers every time zone.
create function occurrence_at(known_at timestamptz, since date, until date)
returns table (
    activity_id text, occurrence text, time_zone text, planned_on date, planned_at timestamptz,
    outcome text, began timestamptz, ended timestamptz, first_on date, last_on date,
    attendance integer, registrations integer,
    counted_at timestamptz, final_roll_at timestamptz
)
language sql stable parallel safe as $$
    with candidate as (
        select p.activity_id, p.occurrence
        from occurrence_plan p
        where p.planned_on between since and until and p.recorded_at <= known_at
        union
        select o.activity_id, o.occurrence
        from occurrence_outcome o
        where o.last_on >= since - 1 and o.first_on <= until + 1 and o.recorded_at <= known_at
    )
    select
        c.activity_id, c.occurrence, coalesce(plan.time_zone, announced.time_zone),
        plan.planned_on, plan.planned_at,
        case ending.held when true then 'held' when false then 'cancelled' end,
        case when ending.held then ending.began end,
        case when ending.held then ending.ended end,
        case when ending.held then ending.first_on end,
        case when ending.held then ending.last_on end,
        case when ending.held then ending.attendance end,
        case when not ending.held then ending.registrations end,
        counted.recorded_at, rolls.recorded_at
    from candidate c
    left join lateral (
        select d.version, d.time_zone
        from activity_description d
        where d.activity_id = c.activity_id and d.recorded_at <= known_at
        order by d.version desc, d.stream
        limit 1
    ) announced on true
    left join lateral (
        select p.*
        from occurrence_plan p
        where p.activity_id = c.activity_id and p.occurrence = c.occurrence
            and p.recorded_at <= known_at
            -- A new announcement replaces the starts that the one before it gave.
            and p.version >= coalesce(announced.version, 0)
        order by p.version desc, p.stream
        limit 1
    ) plan on true
    left join lateral (
        select o.*
        from occurrence_outcome o
        where o.activity_id = c.activity_id and o.occurrence = c.occurrence
            and o.recorded_at <= known_at
        order by o.version desc, o.stream
        limit 1
    ) ending on true
    left join lateral (
        select min(o.recorded_at) as recorded_at
        from occurrence_outcome o
        where o.activity_id = c.activity_id and o.occurrence = c.occurrence
            and o.recorded_at <= known_at and o.attendance is not null
    ) counted on true
    left join lateral (
        select min(r.recorded_at) as recorded_at
        from roll r
        where r.activity_id = c.activity_id and r.occurrence = c.occurrence
            and r.recorded_at <= known_at and r.final
    ) rolls on true
$$;

-- How long intervals last together, in seconds.
create function seconds_of(intervals tstzmultirange) returns double precision
language sql immutable parallel safe as $$
    select coalesce(sum(extract(epoch from upper(piece) - lower(piece))), 0)
    from unnest(intervals) as piece
$$;

-- How long intervals last within an actual window, in seconds; all of them where none is known.
-- A single interval, which is nearly every row, needs no unnesting: 2 µs instead of 15.
create function seconds_within(intervals tstzmultirange, began timestamptz, ended timestamptz)
returns double precision
language sql immutable parallel safe as $$
    select case
        when isempty(intervals) then 0
        when tstzmultirange(range_merge(intervals)) = intervals then
            greatest(0, extract(epoch from
                least(upper(intervals), ended) - greatest(lower(intervals), began)))
        else seconds_of(intervals * tstzmultirange(tstzrange(began, ended)))
    end
$$;

-- The roll that counts for each occurrence: the latest final one, else the latest there is.
create function counted_roll_at(known_at timestamptz, activity_ids text[], occurrences text[])
returns setof roll
language sql stable parallel safe as $$
    select latest.*
    from unnest(activity_ids, occurrences) as s (activity_id, occurrence)
    cross join lateral (
        select r.*
        from roll r
        where r.activity_id = s.activity_id and r.occurrence = s.occurrence
            and r.recorded_at <= known_at
        order by r.final desc, r.version desc, r.stream
        limit 1
    ) latest
$$;

-- Everybody who was at these occurrences in any role, one row per occurrence and person; `number`
-- is the place of the occurrence in the arguments, counted from 1.
--
-- A final roll counts alone. Until there is one, the latest provisional roll and the joins and
-- leaves of the live webhook are united. In that union `inside` is how many of a person's devices
-- are in: they are present while it is above the lowest it ever was or zero, whichever is less, so
-- a leave without a join counts from the actual start and a join without a leave until the end.
create function participant_at(
    known_at timestamptz, activity_ids text[], occurrences text[],
    begans timestamptz[], endeds timestamptz[]
)
returns table (
    number bigint, person text, weak boolean, role text, city text, city_by_domain text,
    "position" text, listed boolean, seconds double precision, intervals tstzmultirange,
    ended timestamptz, final boolean
)
language sql stable parallel safe as $$
    with sitting as materialized (
        select s.number, s.activity_id, s.occurrence, s.began, s.ended, r.stream, r.version,
            coalesce(r.final, false) as final
        from unnest(activity_ids, occurrences, begans, endeds) with ordinality
            as s (activity_id, occurrence, began, ended, number)
        left join counted_roll_at(known_at, activity_ids, occurrences) r
            using (activity_id, occurrence)
    ),
    step as (
        select distinct on (s.number, p.person, p.at, p.entered)
            s.number, s.began, s.ended, p.person, p.weak, p.role, p.city, p.city_by_domain,
            p.entered, p.at
        from sitting s
        join passage p using (activity_id, occurrence)
        where not s.final and p.recorded_at <= known_at
        order by s.number, p.person, p.at, p.entered desc, p.stream, p.version
    ),
    running as (
        select step.*,
            sum(case when entered then 1 else -1 end) over sequence as inside,
            lead(at) over sequence as next_at,
            row_number() over sequence = 1 as opens
        from step
        window sequence as (
            partition by number, person order by at, entered desc rows unbounded preceding
        )
    ),
    balance as (
        select running.*, least(0, min(inside) over (partition by number, person)) as outside
        from running
    ),
    provisional as (
        select s.number, p.person, p.weak, p.role, p.city, p.city_by_domain, p.position,
            p.listed, p.intervals, s.began, s.ended, false as live
        from sitting s
        join roll_participant p using (stream, version)
        where not s.final
        union all
        select number, person, weak, role, city, city_by_domain, null, false,
            case when inside > outside and at < coalesce(next_at, ended)
                then tstzmultirange(tstzrange(at, coalesce(next_at, ended)))
                else '{}'::tstzmultirange end
            + case when opens and outside < 0 and began < at
                then tstzmultirange(tstzrange(began, at))
                else '{}'::tstzmultirange end,
            began, ended, true
        from balance
    ),
    united as (
        -- Where a person was given several cities, the roll goes first, then the first by name:
        -- an order that does not depend on the order of arrival.
        select p.number, p.person, bool_or(p.weak) as weak,
            (array['attendee', 'panelist', 'host', 'staff', 'test'])[max(array_position(
                array['attendee', 'panelist', 'host', 'staff', 'test'], p.role))] as role,
            coalesce(min(p.city) filter (where not p.live), min(p.city)) as city,
            coalesce(min(p.city_by_domain) filter (where not p.live), min(p.city_by_domain))
                as city_by_domain,
            min(p.position) as position, bool_or(p.listed) as listed,
            range_agg(p.intervals) as intervals, min(p.began) as began, min(p.ended) as ended
        from provisional p
        group by p.number, p.person
    )
    select s.number, p.person, p.weak, p.role, p.city, p.city_by_domain, p.position, p.listed,
        seconds_within(p.intervals, s.began, s.ended), p.intervals, s.ended, true
    from sitting s
    join roll_participant p using (stream, version)
    where s.final
    union all
    select u.number, u.person, u.weak, u.role, u.city, u.city_by_domain, u.position, u.listed,
        seconds_within(u.intervals, u.began, u.ended), u.intervals, u.ended, false
    from united u
$$;

-- Who registered for these occurrences; it counts unless cancelled before the start.
create function registration_at(
    known_at timestamptz, activity_ids text[], occurrences text[], starts timestamptz[]
)
returns table (
    number bigint, person text, city text, city_by_domain text, "position" text, counts boolean
)
language sql stable parallel safe as $$
    with said as materialized (
        select s.number, s.starts, r.person, r.received, r.city, r.city_by_domain, r.position,
            r.at, r.version, r.stream
        from unnest(activity_ids, occurrences, starts) with ordinality
            as s (activity_id, occurrence, starts, number)
        join registration r using (activity_id, occurrence)
        where r.recorded_at <= known_at
    ),
    withdrawn as (
        select w.number, w.person, max(w.version) as version
        from said w
        where not w.received and (w.starts is null or w.at < w.starts)
        group by w.number, w.person
    )
    select distinct on (r.number, r.person)
        r.number, r.person, r.city, r.city_by_domain, r.position,
        w.version is null or w.version < r.version
    from said r
    left join withdrawn w on w.number = r.number and w.person = r.person
    where r.received
    order by r.number, r.person, r.version desc, r.stream
$$;

-- Who was there, and in which way it counts: the only place that says "attended".
--
-- The city is the one declared at the occurrence, else at the registration, else the one of the
-- e-mail domain in the same order; the first that was given decides, also while it is not known
-- which city it means.
create function attender_at(
    known_at timestamptz, activity_ids text[], occurrences text[],
    begans timestamptz[], endeds timestamptz[], starts timestamptz[],
    seconds_min integer, recording_days integer
)
returns table (
    number bigint, person text, weak boolean, role text, city text, "position" text,
    attended boolean, registered boolean, late boolean, erased boolean, final boolean
)
language sql stable parallel safe as $$
    with person as materialized (
        select p.*,
            p.role = 'attendee' and (p.listed or p.seconds >= seconds_min) as attended
        from participant_at(known_at, activity_ids, occurrences, begans, endeds) p
    ),
    registrant as materialized (
        select * from registration_at(known_at, activity_ids, occurrences, starts)
    )
    select p.number, p.person, p.weak, p.role,
        coalesce(p.city, g.city, p.city_by_domain, g.city_by_domain),
        coalesce(p.position, g.position),
        p.attended, coalesce(g.counts, false),
        p.role = 'attendee' and not p.attended and upper(p.intervals) > p.ended and exists (
            select from unnest(p.intervals) as piece
            where lower(piece) >= p.ended
                and lower(piece) <= p.ended + make_interval(days => recording_days)
        ),
        e.person is not null,
        p.final
    from person p
    left join registrant g on g.number = p.number and g.person = p.person
    left join (
        select distinct person from person_erasure where recorded_at <= known_at
    ) e on e.person = p.person
$$;

grant execute on all functions in schema public to {role};
