"""The job as one lazy query of Polars: python polarsJob.py <landing> <lake>, threads by POLARS_MAX_THREADS.

A line of broken JSON ends a query of Polars, so that lines whose braces don't match are left out first.
"""

import sys

import polars as pl

landing, lake = sys.argv[1:3]
TIMESTAMP = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$"
COUNTS = ["likes", "retweets", "replies", "quotes", "impressions"]
LISTS = ["hashtags", "mentions", "urls"]
TEXTS = ["id", "text", "created_at", "lang", "source"]
TWEET = pl.Struct(
    {
        **{name: pl.String for name in TEXTS},
        "user": pl.Struct(
            {
                **{name: pl.String for name in ["id", "username", "created_at"]},
                "followers": pl.Int64,
                "verified": pl.Boolean,
            }
        ),
        "public_metrics": pl.Struct({name: pl.Int64 for name in COUNTS}),
        "entities": pl.Struct({name: pl.List(pl.String) for name in LISTS}),
    }
)

line, tweet = pl.col("line"), pl.col("tweet").struct
user, metrics, entities = (tweet.field(name).struct for name in ["user", "public_metrics", "entities"])


def time_of(text: pl.Expr) -> pl.Expr:
    """A real instant in the one notation, else null."""
    return (
        pl.when(text.str.contains(TIMESTAMP))
        .then(text.str.strptime(pl.Datetime("us", "UTC"), "%Y-%m-%dT%H:%M:%S%.fZ", strict=False))
        .otherwise(None)
    )


def lower(words: pl.Expr) -> pl.Expr:
    return words.list.eval(pl.element().str.to_lowercase()).list.unique(maintain_order=True)


posts = (
    pl.scan_lines(f"{landing}/twitter/*.ndjson", include_file_paths="file")
    .filter(
        line.str.ends_with('"}')
        & (line.str.count_matches("{", literal=True) == line.str.count_matches("}", literal=True))
    )
    .select("file", line.str.json_decode(TWEET).alias("tweet"))
    .select(
        pl.lit("twitter").alias("platform"),
        tweet.field("id").alias("post_id"),
        time_of(tweet.field("created_at")).alias("created_at"),
        user.field("id").alias("author_id"),
        user.field("username").alias("author_name"),
        user.field("followers").alias("author_followers"),
        user.field("verified").alias("author_verified"),
        time_of(user.field("created_at")).alias("author_created_at"),
        tweet.field("text"),
        tweet.field("lang"),
        metrics.field("likes"),
        metrics.field("retweets"),
        metrics.field("quotes"),
        metrics.field("replies").alias("comments"),
        metrics.field("impressions"),
        lower(entities.field("hashtags")).alias("hashtags"),
        lower(entities.field("mentions")).alias("mentions"),
        entities.field("urls"),
        tweet.field("source"),
        pl.col("file").alias("source_position"),
    )
    .filter(
        (pl.col("post_id") != "")
        & (pl.col("author_id") != "")
        & pl.all_horizontal(
            pl.col(name).is_not_null()
            for name in ["created_at", "author_created_at", "author_name", "author_verified"]
            + ["text", "lang", "source", *LISTS]
        )
        & pl.all_horizontal(
            pl.col(name) >= 0
            for name in ["author_followers", "likes", "retweets", "quotes", "comments", "impressions"]
        )
    )
    .unique("post_id", keep="any")
    .with_columns(
        pl.col("created_at").dt.date().alias("date"),
        (pl.col("retweets") + pl.col("quotes")).alias("shares"),
        pl.col("urls").list.get(0, null_on_oob=True).alias("url"),
        pl.lit(None, pl.Datetime("us", "UTC")).alias("ingested_at"),
    )
    .drop("retweets", "quotes", "urls")
)
posts.sink_parquet(
    pl.PartitionBy(f"{lake}/silver", key=["platform", "date"], include_key=False),
    compression="zstd",
    mkdir=True,
    engine="streaming",
    maintain_order=False,
)
