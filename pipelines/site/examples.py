"""One example of each component, for the reference (reference.py) and its test, which renders them all.

What belongs here: what an author would write, on the published tables. What does not: what it gives.
"""

from collections.abc import Mapping

QUERIES = """\
```sql regions
select name_fi as region, region_code, name_fi, name_sv, name_en from marts.regions order by name_fi
```
```sql by_region
select r.name_fi as region, a.associations
from marts.regions as r
left join marts.associations_by_region_class as a
    on r.region_code = a.region_code and a.class = 'total' and a.is_current
order by a.associations desc nulls last, region
```
```sql starts
select period, employer_sector, starts, bound
from marts.wage_subsidy_starts
where frequency = 'year' and period >= '2015' and employer_sector <> 'tuntematon'
order by employer_sector desc, period
```
```sql private
select period, starts, bound from ${starts} where employer_sector = 'yksityinen' order by period
```
```sql reforms
select cast(date as varchar) as since, event_fi as text_fi, event_sv as text_sv, event_en as text_en
from marts.wage_subsidy_events
```
```sql said
select * from marts.figure_vintages where id = 'yhdistykset' order by clock, valid_from
```
```sql observed
select * from marts.observations where series = 'associations_by_region_and_class' order by reference, geo, category
```
```sql one
select * from marts.observations
where series = 'associations_by_region_and_class' and geo = 'Lappi' and category = 'Yhteensä' and as_of = '2025-01-02'
order by recorded_at, vintage
```
```sql kept
select distinct sha256, path, url, licence, imported_from from meta.snapshots order by sha256
```
```sql glossary
select * from marts.glossary order by all limit 2
```
```sql grants empty="Avustuksia ei ole."
select * from marts.grants
```
```sql stems empty="Avustuksia ei ole."
select word, family from marts.purpose_words
```
```sql edition empty="Avustuksia ei ole."
select edition, published_on, snapshot_sha256 from meta.editions where edition in (select edition from marts.grants)
```
```sql columns
select * from meta.columns where table_name = 'regions' order by column_index
```
```sql tables
select * from meta.tables where table_name = 'regions'
```
```sql warnings
select * from meta.warnings order by ordinal
```
```sql files
select * from meta.files where table_name = 'regions' order by path
```
"""
"""Queries that the examples use; a page has them once, anywhere in it."""

_OWN = 'figure("yhdistykset")'

EXAMPLES: Mapping[str, str] = {
    "value": f"Yhdistyksiä oli {{{{ value({_OWN}) }}}}.",
    "cite": f"({{{{ cite({_OWN}) }}}})",
    "quote": f"{{{{ quote({_OWN}) }}}}",
    "as_of": f"Tilanne {{{{ as_of({_OWN}) }}}}.",
    "status_badge": f"{{{{ status_badge({_OWN}) }}}}",
    "source": f"{{{{ source({_OWN}) }}}}",
    "definition": f"{{{{ definition({_OWN}) }}}}",
    "breaks": f"{{{{ breaks({_OWN}) }}}}",
    "ranked_list": '{{ ranked_list(figure("palkkatuki-nimikkeet")) }}',
    "big_value": f'{{{{ big_value({_OWN}, compare="handbook") }}}}',
    "data_table": '{{ data_table(by_region, columns=["region", "associations"], download=true) }}',
    "bar_chart": '{{ bar_chart(by_region, x="region", y="associations", title=_("Yhdistykset maakunnittain")) }}',
    "line_chart": (
        '{{ line_chart(starts, x="period", y="starts", series="employer_sector", bound="bound", events=reforms,'
        ' title=_("Aloitettuja palkkatukijaksoja vuodessa")) }}'
    ),
    "area_chart": (
        '{{ area_chart(starts, x="period", y="starts", series="employer_sector", bound="bound",'
        ' title=_("Aloitetut palkkatukijaksot sektoreittain")) }}'
    ),
    "sparkline": (
        'Yksityiset {{ sparkline(private, x="period", y="starts",'
        ' title=_("Aloitettuja palkkatukijaksoja vuodessa")) }} vuodesta 2015.'
    ),
    "region_map": (
        '{{ region_map(by_region, region="region", value="associations", link="/maakunta/[region]",'
        ' title=_("Rekisteröityjä yhdistyksiä maakunnittain")) }}'
    ),
    "delta": 'Muutos {{ delta(private, x="period", y="starts", bound="bound") }}.',
    "vintages": "{{ vintages(one) }}",
    "link": (
        '{% for row in regions %}{{ link(row.name, to="/maakunta/[region]", row=row) }}'
        "{% if not loop.last %}, {% endif %}{% endfor %}"
    ),
    "web_link": '{{ web_link(_("Yhdistykset maakunnittain"), row=said.rows[0], column="source_url") }}',
    "cell": '{{ cell(by_region.rows[0], "region") }}: {{ cell(by_region.rows[0], "associations") }}',
    "download": '{{ download(by_region, title=_("Yhdistykset maakunnittain")) }}',
    "embed": '{{ embed("/maakunta/[region]", title=regions.rows[0].name, row=regions.rows[0]) }}',
    "details": '{% call details(_("Yhdistykset maakunnittain")) %}\n{{ value(' + _OWN + ") }}\n{% endcall %}",
    "note": '{% call note(kind="warning") %}\n2022–2025 puuttuvat.\n{% endcall %}',
    "grid": (
        "{% call grid(columns=2) %}\n"
        '{{ data_table(by_region, columns=["region", "associations"]) }}\n\n'
        '{{ data_table(private, columns=["period", "starts"]) }}\n'
        "{% endcall %}"
    ),
    "tabs": (
        '{% call tabs(_("Yhdistykset maakunnittain")) %}\n'
        '{% call tab("2018", level=2) %}\n36 122\n{% endcall %}\n'
        '{% call tab("2019", level=2) %}\n33 394\n{% endcall %}\n'
        "{% endcall %}"
    ),
    "tab": '{% call tab("2018", level=2) %}\n36 122\n{% endcall %}',
    "page_break": "{{ page_break() }}",
    "figure_part": '{% call figure_part(_("Lainaa"), id="lainaa") %}\n{{ quote(' + _OWN + ") }}\n{% endcall %}",
    "figure_head": f"{{{{ figure_head({_OWN}, data=observed) }}}}",
    "figure_quote": f"{{{{ figure_quote({_OWN}, data=said) }}}}",
    "figure_then": f"{{{{ figure_then({_OWN}) }}}}",
    "figure_notice": f'{{{{ figure_notice(figure("yhdistykset", said_on=params.date), now={_OWN}) }}}}',
    "figure_card": f"{{{{ figure_card({_OWN}) }}}}",
    "figure_delta": f"{{{{ figure_delta({_OWN}, data=observed) }}}}",
    "figure_history": f"{{{{ figure_history({_OWN}, data=observed) }}}}",
    "figure_vintages": f"{{{{ figure_vintages({_OWN}, data=said) }}}}",
    "figure_rivals": f"{{{{ figure_rivals({_OWN}, data=observed) }}}}",
    "figure_beside": f"{{{{ figure_beside({_OWN}) }}}}",
    "figure_lineage": f"{{{{ figure_lineage({_OWN}, data=observed, snapshots=kept) }}}}",
    "figure_files": f"{{{{ figure_files({_OWN}, data=said) }}}}",
    "figure_cite": f"{{{{ figure_cite({_OWN}, data=said) }}}}",
    "figure_contact": f"{{{{ figure_contact({_OWN}) }}}}",
    "figure_request": '{{ figure_request(figure("palkkatuki-osuus")) }}',
    "figure_json_ld": f"{{{{ figure_json_ld({_OWN}, snapshots=kept) }}}}",
    "grants_explorer": "{{ grants_explorer(grants, words=stems, edition=edition) }}",
    "terms": "{{ terms(glossary, level=2) }}",
    "dictionary": "{{ dictionary(columns, tables=tables, warnings=warnings, level=2) }}",
    "table_files": "{{ table_files(files) }}",
    "contact": "{{ contact() }}",
    "feeds": "{{ feeds() }}",
    "pdf": '{{ pdf("toiminta-lukuina") }}',
}
"""By component. A figure's archived page (``figure_notice``) is the only one that needs a page a row."""
