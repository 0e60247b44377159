-- The gazetteer: one row a place, and every normalised name a place is found under.

CREATE TABLE source (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE country (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL
) WITHOUT ROWID;

-- ISO 3166-2 without the country; only countries whose GeoNames codes could be told to be ISO.
CREATE TABLE subdivision (
    country TEXT NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (country, code)
) WITHOUT ROWID;

CREATE TABLE time_zone (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL
);

-- A positive id is the GeoNames id. Counties have none in our source: theirs is minus the GEOID.
CREATE TABLE place (
    id INTEGER PRIMARY KEY,
    census_geoid TEXT,
    name TEXT NOT NULL,
    kind INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 2),   -- city, county, region
    country TEXT NOT NULL,
    subdivision TEXT,
    geonames_admin1 TEXT,   -- only where the ISO code is not known
    population INTEGER,
    latitude INTEGER,   -- ten-thousandths of a degree
    longitude INTEGER,
    time_zone INTEGER REFERENCES time_zone (id),
    part_of INTEGER REFERENCES place (id)
);

CREATE UNIQUE INDEX place_census_geoid ON place (census_geoid) WHERE census_geoid IS NOT NULL;

CREATE TABLE name (
    name TEXT NOT NULL,
    place INTEGER NOT NULL REFERENCES place (id),
    is_main INTEGER NOT NULL,
    PRIMARY KEY (name, place)
) WITHOUT ROWID;

-- Further GeoNames records of a place that is kept once.
CREATE TABLE duplicate (
    geonames_id INTEGER PRIMARY KEY,
    place INTEGER NOT NULL REFERENCES place (id)
);
