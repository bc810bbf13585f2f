"""The job in Flink SQL: python flinkJob.py <landing> <lake> <threads> batch|streaming

Streaming keeps the ids in Flink's state and commits its files at checkpoints, each 5 s; batch has neither. PyFlink
brings no Parquet: the jars for it come from Maven Central, by HADOOP_CLASSPATH.
"""

import sys

from pyflink.table import EnvironmentSettings, TableEnvironment

landing, lake, threads, mode = sys.argv[1:5]
TIMESTAMP = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$"

settings = EnvironmentSettings.new_instance()
settings = settings.in_batch_mode() if mode == "batch" else settings.in_streaming_mode()
table_env = TableEnvironment.create(settings.build())
for key, value in {
    "parallelism.default": threads,
    "table.local-time-zone": "UTC",
    "execution.checkpointing.interval": "5 s",
    "pipeline.object-reuse": "true",
    "restart-strategy.type": "none",
}.items():
    if mode == "streaming" or not key.startswith("execution.checkpointing"):
        table_env.get_config().set(key, value)

table_env.execute_sql(
    f"""
    CREATE TABLE tweets (
      id STRING,
      `user` ROW<id STRING, username STRING, followers BIGINT, verified BOOLEAN, created_at STRING>,
      text STRING, created_at STRING, lang STRING,
      public_metrics ROW<likes BIGINT, retweets BIGINT, replies BIGINT, quotes BIGINT, impressions BIGINT>,
      entities ROW<hashtags ARRAY<STRING>, mentions ARRAY<STRING>, urls ARRAY<STRING>>,
      source STRING,
      `file.path` STRING NOT NULL METADATA,
      read_at AS PROCTIME()
    ) WITH (
      'connector' = 'filesystem', 'path' = 'file://{landing}/twitter', 'format' = 'json',
      'json.ignore-parse-errors' = 'true'
    )
    """
)
table_env.execute_sql(
    f"""
    CREATE TABLE silver (
      post_id STRING, created_at TIMESTAMP(6), author_id STRING, author_name STRING,
      author_followers BIGINT, author_verified BOOLEAN, author_created_at TIMESTAMP(6),
      text STRING, lang STRING, likes BIGINT, shares BIGINT, comments BIGINT, impressions BIGINT,
      hashtags ARRAY<STRING>, mentions ARRAY<STRING>, url STRING, source STRING,
      ingested_at TIMESTAMP(6), source_position STRING, platform STRING, `date` STRING
    ) PARTITIONED BY (platform, `date`) WITH (
      'connector' = 'filesystem', 'path' = 'file://{lake}/silver', 'format' = 'parquet',
      'parquet.compression' = 'ZSTD', 'parquet.write.int64.timestamp' = 'true',
      'parquet.timestamp.time.unit' = 'micros', 'parquet.utc-timezone' = 'true'
    )
    """
)


def instant(text):
    return f"TRY_CAST(REPLACE(SUBSTRING({text}, 1, CHAR_LENGTH({text}) - 1), 'T', ' ') AS TIMESTAMP(6))"


def exists(text):
    """Flink takes the 30th of February for the 1st of March."""
    return f"EXTRACT(DAY FROM {instant(text)}) = CAST(SUBSTRING({text}, 9, 2) AS INT)"


def lower(words):
    """No function of Flink's changes each element of an array: they are joined for it."""
    joined = f"SPLIT(LOWER(ARRAY_JOIN({words}, ',')), ',')"
    return f"CASE WHEN CARDINALITY({words}) = 0 THEN {words} ELSE ARRAY_DISTINCT({joined}) END"


table_env.execute_sql(
    f"""
    INSERT INTO silver
    SELECT id, {instant("created_at")}, `user`.id, `user`.username,
      `user`.followers, `user`.verified, {instant("`user`.created_at")},
      text, lang, public_metrics.likes, public_metrics.retweets + public_metrics.quotes,
      public_metrics.replies, public_metrics.impressions,
      {lower("entities.hashtags")}, {lower("entities.mentions")}, entities.urls[1], source,
      CAST(LOCALTIMESTAMP AS TIMESTAMP(6)), `file.path`, 'twitter', SUBSTRING(created_at, 1, 10)
    FROM (
      SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY read_at ASC) AS turn FROM tweets
      WHERE id <> '' AND `user`.id <> ''
        AND REGEXP(created_at, '{TIMESTAMP}') AND REGEXP(`user`.created_at, '{TIMESTAMP}')
        AND {exists("created_at")} AND {exists("`user`.created_at")}
        AND `user`.username IS NOT NULL AND `user`.followers >= 0 AND `user`.verified IS NOT NULL
        AND text IS NOT NULL AND lang IS NOT NULL AND source IS NOT NULL
        AND public_metrics.likes >= 0 AND public_metrics.retweets >= 0
        AND public_metrics.replies >= 0 AND public_metrics.quotes >= 0
        AND public_metrics.impressions >= 0
        AND entities.hashtags IS NOT NULL AND entities.mentions IS NOT NULL
        AND entities.urls IS NOT NULL
    ) WHERE turn = 1
    """
).wait()
