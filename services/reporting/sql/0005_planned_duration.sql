-- How long an activity is to take, as announced; of those projected before, `tandem rebuild` tells.
alter table activity_description add column duration_minutes integer;
