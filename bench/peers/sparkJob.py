"""The job on Spark: python sparkJob.py <landing> <lake> <threads> batch|streaming

Batch is one query; streaming is Structured Streaming with a checkpoint, all files of the landing zone at once
(`availableNow`), which keeps ids in its state store.
"""

import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as f

landing, lake, threads, mode = sys.argv[1:5]
TIMESTAMP = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$"
TWEET = """
  id STRING,
  user STRUCT<id: STRING, username: STRING, followers: BIGINT, verified: BOOLEAN, created_at: STRING>,
  text STRING, created_at STRING, lang STRING,
  public_metrics STRUCT<likes: BIGINT, retweets: BIGINT, replies: BIGINT, quotes: BIGINT, impressions: BIGINT>,
  entities STRUCT<hashtags: ARRAY<STRING>, mentions: ARRAY<STRING>, urls: ARRAY<STRING>>,
  source STRING
"""
VALID = f"""
  id <> '' AND user.id <> ''
  AND created_at RLIKE r'{TIMESTAMP}' AND user.created_at RLIKE r'{TIMESTAMP}'
  AND try_to_timestamp(created_at) IS NOT NULL AND try_to_timestamp(user.created_at) IS NOT NULL
  AND user.username IS NOT NULL AND user.followers >= 0 AND user.verified IS NOT NULL
  AND text IS NOT NULL AND lang IS NOT NULL AND source IS NOT NULL
  AND public_metrics.likes >= 0 AND public_metrics.retweets >= 0 AND public_metrics.replies >= 0
  AND public_metrics.quotes >= 0 AND public_metrics.impressions >= 0
  AND entities.hashtags IS NOT NULL AND entities.mentions IS NOT NULL AND entities.urls IS NOT NULL
"""
POST = [
    "'twitter' AS platform",
    "to_date(to_timestamp(created_at)) AS date",
    "id AS post_id",
    "to_timestamp(created_at) AS created_at",
    "user.id AS author_id",
    "user.username AS author_name",
    "user.followers AS author_followers",
    "user.verified AS author_verified",
    "to_timestamp(user.created_at) AS author_created_at",
    "text",
    "lang",
    "public_metrics.likes AS likes",
    "public_metrics.retweets + public_metrics.quotes AS shares",
    "public_metrics.replies AS comments",
    "public_metrics.impressions AS impressions",
    "array_distinct(transform(entities.hashtags, tag -> lower(tag))) AS hashtags",
    "array_distinct(transform(entities.mentions, name -> lower(name))) AS mentions",
    "get(entities.urls, 0) AS url",
    "source",
    "current_timestamp() AS ingested_at",
    "_metadata.file_path AS source_position",
]

spark = (
    SparkSession.builder.master(f"local[{threads}]")
    .config("spark.ui.enabled", "false")
    .config("spark.driver.memory", "3g")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.sql.shuffle.partitions", threads)
    .config("spark.sql.parquet.compression.codec", "zstd")
    .config("spark.log.level", "ERROR")
    .getOrCreate()
)


def posts(reader):
    raw = reader.schema(TWEET).option("mode", "PERMISSIVE").json(f"{landing}/twitter")
    return raw.where(VALID).selectExpr(*POST)


if mode == "batch":
    first = posts(spark.read).dropDuplicates(["post_id"])
    first.write.partitionBy("platform", "date").parquet(f"{lake}/silver")
else:
    first = posts(spark.readStream).dropDuplicates(["post_id"])
    (
        first.writeStream.format("parquet")
        .partitionBy("platform", "date")
        .option("checkpointLocation", f"{lake}/checkpoint")
        .trigger(availableNow=True)
        .start(f"{lake}/silver")
        .awaitTermination()
    )
spark.stop()
