-- Purpose: the data dictionary: every published table and column with its type and meaning.
-- Grain: one column.
select
    c.schema_name,
    c.table_name,
    c.column_index,
    c.column_name,
    c.data_type,
    d.meaning,
    d.meaning_fi,
    d.unit,
    d.allowed_values,
    d.missing_means,
    d.missing_means_fi,
    cast(nullif(list_position(t.key_columns, c.column_name), 0) as integer) as key_position,
    r.target as references_column
from duckdb_columns() as c
left join
    input.dictionary_columns as d
    on d.entry in (c.column_name, concat_ws('.', c.schema_name, c.table_name, c.column_name))
left join input.dictionary_tables as t on c.schema_name = t.schema_name and c.table_name = t.table_name
left join
    input.dictionary_references as r
    on c.schema_name = r.schema_name
    and c.table_name = r.table_name
    and c.column_name = r.column_name
where c.database_name = current_database() and c.schema_name in ('marts', 'meta') and not c.internal
qualify row_number() over (partition by c.schema_name, c.table_name, c.column_name order by length(d.entry) desc) = 1
