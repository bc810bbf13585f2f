"""The Python stack's way to Silver, in Spark: python silverJob.py <landing> <lake> <threads>

Raw files of three platforms → validated → the first that comes of each id → zstd Parquet by platform and day;
what is refused goes to a quarantine with its reason.
"""

import sys

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

landing, lake, threads = sys.argv[1:4]
CORRUPT = "_corrupt_record"
TIMESTAMP = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$"
LAST_SECOND = 253402300799

spark = (
    SparkSession.builder.master(f"local[{threads}]")
    .config("spark.ui.enabled", "false")
    .config("spark.ui.showConsoleProgress", "false")
    .config("spark.driver.memory", "3g")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.sql.shuffle.partitions", threads)
    .config("spark.sql.parquet.compression.codec", "zstd")
    .config("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
    .config("spark.log.level", "ERROR")
    .getOrCreate()
)


def is_time(column: str) -> str:
    return f"{column} RLIKE r'{TIMESTAMP}' AND try_to_timestamp({column}) IS NOT NULL"


def is_count(*columns: str) -> str:
    return " AND ".join(f"{column} >= 0" for column in columns)


def is_count_text(*columns: str) -> str:
    return " AND ".join(f"{column} RLIKE r'^\\d{{1,18}}$'" for column in columns)


def is_there(*columns: str) -> str:
    return " AND ".join(f"{column} IS NOT NULL" for column in columns)


def lower(words: str) -> str:
    return f"array_distinct(transform({words}, word -> lower(word)))"


def found(mark: str, text: str) -> str:
    return lower(f"regexp_extract_all({text}, r'{mark}([A-Za-z0-9_]+)', 1)")


# By platform: how its files are read, what makes a record valid by reason, and its row of Silver.
PLATFORMS = {
    "twitter": (
        """id STRING,
        user STRUCT<id: STRING, username: STRING, followers: BIGINT, verified: BOOLEAN, created_at: STRING>,
        text STRING, created_at STRING, lang STRING, public_metrics STRUCT<
          likes: BIGINT, retweets: BIGINT, replies: BIGINT, quotes: BIGINT, impressions: BIGINT>,
        entities STRUCT<hashtags: ARRAY<STRING>, mentions: ARRAY<STRING>, urls: ARRAY<STRING>>,
        source STRING""",
        {
            "missing_id": "id <> ''",
            "bad_timestamp": f"{is_time('created_at')} AND {is_time('user.created_at')}",
            "negative_count": is_count(
                "user.followers",
                *(f"public_metrics.{name}" for name in ["likes", "retweets", "replies", "quotes"]),
                "public_metrics.impressions",
            ),
            "invalid_field": "user.id <> '' AND "
            + is_there("user.username", "user.verified", "text", "lang", "source")
            + " AND "
            + is_there("entities.hashtags", "entities.mentions", "entities.urls"),
        },
        {
            "post_id": "id",
            "created_at": "to_timestamp(created_at)",
            "author_id": "user.id",
            "author_name": "user.username",
            "author_followers": "user.followers",
            "author_verified": "user.verified",
            "author_created_at": "to_timestamp(user.created_at)",
            "text": "text",
            "lang": "lang",
            "likes": "public_metrics.likes",
            "shares": "public_metrics.retweets + public_metrics.quotes",
            "comments": "public_metrics.replies",
            "impressions": "public_metrics.impressions",
            "hashtags": lower("entities.hashtags"),
            "mentions": lower("entities.mentions"),
            "url": "get(entities.urls, 0)",
            "source": "source",
        },
    ),
    "reddit": (
        """id STRING, author STRUCT<id: STRING, name: STRING, karma: BIGINT, created_utc: BIGINT>,
        subreddit STRING, title STRING, selftext STRING, created_utc BIGINT, lang STRING,
        ups BIGINT, upvote_ratio DOUBLE, num_comments BIGINT, num_crossposts BIGINT,
        view_count BIGINT, over_18 BOOLEAN, flair STRING, permalink STRING""",
        {
            "missing_id": "id <> ''",
            "bad_timestamp": f"created_utc BETWEEN 1 AND {LAST_SECOND} "
            f"AND author.created_utc BETWEEN 1 AND {LAST_SECOND}",
            "negative_count": is_count(
                "author.karma", "ups", "num_comments", "num_crossposts", "view_count"
            ),
            "invalid_field": "author.id <> '' AND "
            + is_there("author.name", "subreddit", "title", "selftext", "lang")
            + " AND "
            + is_there("upvote_ratio", "over_18", "permalink"),
        },
        {
            "post_id": "id",
            "created_at": "timestamp_seconds(created_utc)",
            "author_id": "author.id",
            "author_name": "author.name",
            "author_followers": "author.karma",
            "author_verified": "cast(null AS BOOLEAN)",
            "author_created_at": "timestamp_seconds(author.created_utc)",
            "text": "title || '\\n' || selftext",
            "lang": "lang",
            "likes": "ups",
            "shares": "num_crossposts",
            "comments": "num_comments",
            "impressions": "view_count",
            "hashtags": found("#", "title || '\\n' || selftext"),
            "mentions": found("@", "title || '\\n' || selftext"),
            "url": "permalink",
            "source": "'r/' || subreddit",
        },
    ),
    "youtube": (
        ", ".join(
            f"{name} STRING"
            for name in "video_id channel_id channel_title subscribers channel_created_at title "
            "description tags published_at language view_count like_count comment_count "
            "share_count duration_s".split()
        ),
        {
            "missing_id": "video_id <> ''",
            "bad_timestamp": f"{is_time('published_at')} AND {is_time('channel_created_at')}",
            "negative_count": is_count_text(
                *("subscribers", "view_count", "like_count", "comment_count", "share_count"),
                "duration_s",
            ),
            "invalid_field": "channel_id <> ''",
        },
        {
            "post_id": "video_id",
            "created_at": "to_timestamp(published_at)",
            "author_id": "channel_id",
            "author_name": "channel_title",
            "author_followers": "cast(subscribers AS BIGINT)",
            "author_verified": "cast(null AS BOOLEAN)",
            "author_created_at": "to_timestamp(channel_created_at)",
            "text": "title || '\\n' || description",
            "lang": "language",
            "likes": "cast(like_count AS BIGINT)",
            "shares": "cast(share_count AS BIGINT)",
            "comments": "cast(comment_count AS BIGINT)",
            "impressions": "cast(view_count AS BIGINT)",
            "hashtags": lower("filter(split(coalesce(tags, ''), '[|]'), tag -> tag <> '')"),
            "mentions": found("@", "title || '\\n' || description"),
            "url": "'https://youtu.be/' || video_id",
            "source": "'youtube'",
        },
    ),
}


def read(platform: str, schema: str) -> DataFrame:
    reader = spark.read.schema(f"{schema}, {CORRUPT} STRING").option("mode", "PERMISSIVE")
    reader = reader.option("columnNameOfCorruptRecord", CORRUPT)
    if platform != "youtube":
        return reader.json(f"{landing}/{platform}")
    # Descriptions have line feeds in them; an empty field is an empty text.
    csv = reader.option("header", "true").option("multiLine", "true").option("escape", '"')
    return csv.option("nullValue", "\0").option("emptyValue", "").csv(f"{landing}/{platform}")


def streams(platform: str) -> tuple[DataFrame, DataFrame]:
    """The rows and the refused records of a platform."""
    schema, valid, row = PLATFORMS[platform]
    reason = f"CASE WHEN {CORRUPT} IS NOT NULL THEN 'broken_record' "
    for name, test in valid.items():
        reason += f"WHEN NOT coalesce({test}, false) THEN '{name}' "
    # Files are split, and each part decoded, twice: once for the rows and once for what is refused.
    raw = read(platform, schema).selectExpr(
        "*", f"{reason} END AS reason", "_metadata.file_path AS file", f"'{platform}' AS platform"
    )
    posts = raw.where("reason IS NULL").selectExpr(
        "platform",
        f"to_date({row['created_at']}) AS date",
        *(f"{value} AS {name}" for name, value in row.items()),
        "current_timestamp() AS ingested_at",
        "file AS source_position",
    )
    refused = raw.where("reason IS NOT NULL").selectExpr(
        "platform",
        "reason",
        f"coalesce({CORRUPT}, to_json(struct(* EXCEPT (reason, file, platform)))) AS raw",
        "file AS source",
        "current_timestamp() AS ingested_at",
    )
    return posts, refused


pairs = [streams(platform) for platform in PLATFORMS]
posts, refused = pairs[0]
for more_posts, more_refused in pairs[1:]:
    posts, refused = posts.unionByName(more_posts), refused.unionByName(more_refused)
first = posts.dropDuplicates(["platform", "post_id"])
first.write.partitionBy("platform", "date").parquet(f"{lake}/silver/posts")
refused.write.partitionBy("platform").parquet(f"{lake}/quarantine")

spark.stop()
