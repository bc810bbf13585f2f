"""The Python stack's suite of Silver, in Great Expectations: python silverSuite.py <folder of the table>

On pandas, with the columns that it asks for: on Spark the same suite takes longer.
"""

import os
import sys

os.environ["GX_ANALYTICS_ENABLED"] = "false"

import great_expectations as gx
import great_expectations.expectations as gxe
import pyarrow.dataset

PLATFORMS = ["twitter", "reddit", "youtube"]
COUNTS = ["likes", "shares", "comments", "impressions", "author_followers"]
WANTED = ["platform", "date", "post_id", "created_at", "text", "ingested_at"]

table = pyarrow.dataset.dataset(sys.argv[1], partitioning="hive")
posts = table.to_table(columns=[*WANTED, *COUNTS, "lang"]).to_pandas()
suite = gx.ExpectationSuite(
    name="silver_posts",
    expectations=[
        gxe.ExpectTableRowCountToBeBetween(min_value=1),
        gxe.ExpectColumnValuesToBeInSet(column="platform", value_set=PLATFORMS),
        gxe.ExpectCompoundColumnsToBeUnique(column_list=["platform", "post_id"]),
        gxe.ExpectColumnValueLengthsToBeBetween(column="post_id", min_value=1),
        *(gxe.ExpectColumnValuesToNotBeNull(column=name) for name in WANTED),
        *(gxe.ExpectColumnValuesToBeBetween(column=name, min_value=0) for name in COUNTS),
        gxe.ExpectColumnValueLengthsToBeBetween(
            column="lang", min_value=2, max_value=12, mostly=0.99
        ),
    ],
)
context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}
asset = context.data_sources.add_pandas("lake").add_dataframe_asset("posts")
batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": posts})
found = batch.validate(suite, result_format="BASIC")
for result in found.results:
    if not result.success:
        print(result.expectation_config.type, result.result, result.exception_info, file=sys.stderr)
sys.exit(0 if found.success else 1)
