-- Purpose: the data dictionary: every published table and column with its type and meaning.
-- Grain: one column.
select schema_name, table_name, column_index, column_name, data_type, comment as meaning
from duckdb_columns()
where database_name = current_database() and schema_name in ('marts', 'meta') and not internal
