-- Facts go in by COPY, with positions taken from the sequence beforehand.
grant usage on sequence ledger_position_seq to {role};
