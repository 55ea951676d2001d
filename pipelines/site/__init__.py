"""The page renderer: front matter, SQL fences, components, charts, number formats, the static build.

What belongs here: how a page file of ``dashboards/pages/`` becomes HTML. What does not: any figure's value or name,
the text of any page, SQL of any page. ``build.build`` is the one entry.
"""
