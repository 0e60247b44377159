-- The planner keeps samples of values, and those of messages would name people where nobody looks.
alter table rejected
    alter column id set statistics 0,
    alter column detail set statistics 0,
    alter column violations set statistics 0,
    alter column headers set statistics 0,
    alter column body set statistics 0;
alter table waiting
    alter column id set statistics 0,
    alter column headers set statistics 0,
    alter column body set statistics 0;
