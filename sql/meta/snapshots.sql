-- Purpose: every stored answer of a publisher, or file taken in, with the sha256 that traces rows to bytes.
-- Grain: one snapshot.
select * from input.snapshots
