-- Purpose: what to mind about each published table and view: usage warnings, key, sources.
-- Grain: one table or view.
select schema_name, table_name, table_kind, purpose, warnings, key_columns, source_ids from input.dictionary_tables
