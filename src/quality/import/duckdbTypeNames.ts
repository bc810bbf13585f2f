/** What pandas, Spark and other databases call a type, in lower case, and DuckDB's types for it. */
const CALLED: Readonly<Record<string, readonly string[]>> = {
  ...many(['str', 'object', 'string', 'stringtype', 'text', 'char', 'string_'], ['VARCHAR']),
  ...many(['bool', 'bool_', 'boolean', 'booleantype'], ['BOOLEAN']),
  ...many(['int8', 'bytetype', 'tinyint'], ['TINYINT']),
  ...many(['int16', 'shorttype', 'smallint'], ['SMALLINT']),
  ...many(['int32', 'integertype', 'integer'], ['INTEGER']),
  ...many(['int64', 'longtype', 'bigint'], ['BIGINT']),
  ...many(['int'], ['INTEGER', 'BIGINT']),
  ...many(['uint8'], ['UTINYINT']),
  ...many(['uint16'], ['USMALLINT']),
  ...many(['uint32'], ['UINTEGER']),
  ...many(['uint64'], ['UBIGINT']),
  ...many(['float32', 'floattype', 'real'], ['FLOAT']),
  ...many(['float64', 'doubletype', 'double', 'double precision', 'double_precision'], ['DOUBLE']),
  ...many(['float'], ['FLOAT', 'DOUBLE']),
  ...many(['date', 'datetype'], ['DATE']),
  ...many(
    ['datetime64', 'datetime64[ns]', 'datetime64[us]', 'timestamp', 'timestamptype', 'datetime'],
    ['TIMESTAMP', 'TIMESTAMP WITH TIME ZONE', 'TIMESTAMP_NS'],
  ),
  ...many(['timestamptz'], ['TIMESTAMP WITH TIME ZONE']),
  ...many(['numeric', 'decimal'], ['DECIMAL(18,3)']),
  ...many(['bytes', 'binarytype', 'binary', 'blob'], ['BLOB']),
}

/** Names that DuckDB itself gives in `describe`. */
const OWN =
  /^(?:VARCHAR|BOOLEAN|U?(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DATE|TIME(?: WITH TIME ZONE)?|BIT|TIMESTAMP(?:_NS|_MS|_S| WITH TIME ZONE)?|INTERVAL|BLOB|UUID|JSON|DECIMAL\(\d+,\s*\d+\)|.+\[\d*\]|(?:STRUCT|MAP|ENUM)\(.*\))$/i

/** DuckDB's types that such a name may mean; none where it means nothing. */
export function duckdbTypeNames(name: string): readonly string[] {
  const lower = name.toLowerCase()
  if (Object.hasOwn(CALLED, lower)) return CALLED[lower]!
  // DuckDB has all texts as one type.
  if (/^(?:var|n?var|n)?char(?:acter)?\s*\(\d+\)$/.test(lower)) return ['VARCHAR']
  return OWN.test(name) ? [name] : []
}

function many(
  names: readonly string[],
  types: readonly string[],
): Record<string, readonly string[]> {
  return Object.fromEntries(names.map((name) => [name, types]))
}
