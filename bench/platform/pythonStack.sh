#!/usr/bin/env bash
# The Python stack, step by step, as a scheduler would start them: pythonStack.sh <landing> <lake> <threads>
# with the Pythons of the three environments in SPARK_PYTHON, GX_PYTHON and DBT_PYTHON, and the dbt project in MODELS.
set -euo pipefail
landing=$1 lake=$2 threads=$3
here=$(dirname "$(realpath "$0")")

"$SPARK_PYTHON" "$here/silverJob.py" "$landing" "$lake" "$threads"
"$GX_PYTHON" "$here/silverSuite.py" "$lake/silver/posts"

# dbt reads Silver as a Delta table: delta-rs writes the log of the files that are there.
"$DBT_PYTHON" - "$lake/silver/posts" <<'PYTHON'
import sys
from deltalake import Field, Schema, convert_to_deltalake
from deltalake.schema import PrimitiveType

by = Schema([Field("platform", PrimitiveType("string")), Field("date", PrimitiveType("date"))])
convert_to_deltalake(sys.argv[1], partition_by=by, partition_strategy="hive")
PYTHON

# One model at a time, each with DuckDB's own threads: with two at a time its delta plugin now and then ends with
# "Catalog write-write conflict".
export DBT_SEND_ANONYMOUS_USAGE_STATS=false DBT_VERSION_CHECK=false
export SLUICEBOX_LAKE=$lake SLUICEBOX_DBT_DATABASE=$lake/gold.duckdb
"$(dirname "$DBT_PYTHON")/dbt" build --quiet --no-use-colors --threads 1 \
  --profiles-dir "$MODELS" --project-dir "$MODELS" \
  --target-path "$lake/target" --log-path "$lake/logs"
