-- A sender asks for its rejected messages by id.
create index rejected_message on rejected (source, id);
