"""The job as a dataflow of Bytewax: LANDING=… LAKE=… python -m bytewax.run bytewaxJob:flow -w <threads>."""

import os
import pathlib
import uuid

import bytewax.operators as op
import pyarrow as pa
import pyarrow.parquet as pq
from bytewax.connectors.files import DirSource
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic
from bytewax.outputs import DynamicSink, StatelessSinkPartition

from tweetRow import row_of

LANDING, LAKE = os.environ["LANDING"], os.environ["LAKE"]
LINES_A_BATCH = 1000
ROWS_A_FILE = 100_000
#: Ids meet in one of so many sets: one state a bucket is much faster than one an id.
BUCKETS = 64

TIME = pa.timestamp("us", "UTC")
SCHEMA = pa.schema(
    [("post_id", pa.string()), ("created_at", TIME)]
    + [(name, pa.string()) for name in ("author_id", "author_name")]
    + [("author_followers", pa.int64()), ("author_verified", pa.bool_())]
    + [("author_created_at", TIME), ("text", pa.string()), ("lang", pa.string())]
    + [(name, pa.int64()) for name in ("likes", "shares", "comments", "impressions")]
    + [(name, pa.list_(pa.string())) for name in ("hashtags", "mentions")]
    + [("url", pa.string()), ("source", pa.string()), ("ingested_at", TIME)]
    + [("source_position", pa.string())]
)


class FirstOfEachId(StatefulBatchLogic):
    def __init__(self, seen):
        self.seen = seen or set()

    def on_batch(self, rows):
        first = []
        for row in rows:
            if row["post_id"] not in self.seen:
                self.seen.add(row["post_id"])
                first.append(row)
        return first, StatefulBatchLogic.RETAIN

    def snapshot(self):
        return set(self.seen)


class Partition(StatelessSinkPartition):
    """Files by day, written when there are enough rows and at the end."""

    def __init__(self):
        self.days = {}

    def write_batch(self, items):
        for _, row in items:
            rows = self.days.setdefault(row["date"], [])
            rows.append(row)
            if len(rows) >= ROWS_A_FILE:
                self.write(row["date"])

    def write(self, day):
        folder = pathlib.Path(LAKE, "silver", "platform=twitter", f"date={day}")
        folder.mkdir(parents=True, exist_ok=True)
        table = pa.Table.from_pylist(self.days.pop(day), SCHEMA)
        pq.write_table(table, folder / f"{uuid.uuid4()}.parquet", compression="zstd")

    def close(self):
        for day in list(self.days):
            self.write(day)


class ParquetSink(DynamicSink):
    def build(self, step_id, worker_index, worker_count):
        return Partition()


def rows_of(lines):
    rows = (row_of(line, "twitter") for line in lines)
    return [row for row in rows if row is not None]


flow = Dataflow("tweets")
source = DirSource(pathlib.Path(LANDING, "twitter"), "*.ndjson", batch_size=LINES_A_BATCH)
lines = op.input("lines", flow, source)
rows = op.flat_map_batch("rows", lines, rows_of)
keyed = op.key_on("bucket", rows, lambda row: str(int(row["post_id"]) % BUCKETS))
first = op.stateful_batch("dedup", keyed, FirstOfEachId)
op.output("silver", first, ParquetSink())
