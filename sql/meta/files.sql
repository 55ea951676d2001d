-- Purpose: the files of the tables with size, checksum and number of rows, so that a page or program can tell them.
-- Grain: one file of one table; its own two files, the DuckDB file and the package are not among them.
select * from input.files
