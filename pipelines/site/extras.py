"""Further files of the site, made from the finished pages: pictures as PNG, feeds, sitemap, PDF, data.

What belongs here: the list of them, in order; each sees the files of those before it. What does not: their code (one
module each). A maker is a function from the draft (draft.py) to files by path; it raises InputError when it can't.
"""

from pipelines.site import feeds, lineage_file, not_found, pdf, png, product_files, sitemap, status_json
from pipelines.site.draft import Extra

EXTRAS: tuple[Extra, ...] = (
    *(not_found.make, feeds.make, sitemap.make, status_json.make, png.make, pdf.make),
    product_files.make,
    lineage_file.make,
)
