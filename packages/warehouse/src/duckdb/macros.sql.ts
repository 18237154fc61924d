/**
 * What BigQuery's functions do where DuckDB's differ; the rewrite of `packages/transform` calls them. Each is one statement, installed in
 * the database's main schema at each opening, so a changed text takes effect with the next start.
 *
 * Two habits keep them fast and usable: `typeof` of an argument is a constant for the optimiser, so its CASE costs nothing; and what must
 * raise does so by a cast that fails (`CAST('… is not a BOOL' AS BOOLEAN)`) rather than by `error()`, which DuckDB takes for volatile and
 * refuses inside TRY.
 */
export const duckdbMacros: readonly string[] = [
  ...[
    // json: text or JSON in
    `bq_json_value(j, p := '$') AS json_extract_string(json_value(CAST(j AS JSON), p), '$')`,
    `bq_json_query(j, p := '$') AS json_extract(CAST(j AS JSON), p)`,
    `bq_json_value_array(j, p := '$') AS CASE WHEN json_type(CAST(j AS JSON), p) = 'ARRAY' THEN list_transform(CAST(json_extract(CAST(j AS JSON), p) AS JSON[]), lambda e: json_extract_string(json_value(e, '$'), '$')) END`,
    `bq_json_query_array(j, p := '$') AS CASE WHEN json_type(CAST(j AS JSON), p) = 'ARRAY' THEN CAST(json_extract(CAST(j AS JSON), p) AS JSON[]) END`,
    `bq_lax_int64(j) AS TRY_CAST(json_extract_string(json_value(j,'$'),'$') AS BIGINT)`,
    `bq_lax_float64(j) AS TRY_CAST(json_extract_string(json_value(j,'$'),'$') AS DOUBLE)`,
    `bq_lax_string(j) AS json_extract_string(json_value(j,'$'),'$')`,
    `bq_lax_bool(j) AS TRY_CAST(json_extract_string(json_value(j,'$'),'$') AS BOOLEAN)`,
    `bq_json_int64(j) AS CAST(CASE WHEN json_type(j) IN ('BIGINT','UBIGINT','DOUBLE') THEN json_extract_string(j,'$') ELSE 'a JSON number was expected' END AS BIGINT)`,
    `bq_json_float64(j) AS CAST(CASE WHEN json_type(j) IN ('BIGINT','UBIGINT','DOUBLE') THEN json_extract_string(j,'$') ELSE 'a JSON number was expected' END AS DOUBLE)`,
    `bq_json_bool(j) AS CAST(CASE WHEN json_type(j) = 'BOOLEAN' THEN json_extract_string(j,'$') ELSE 'a JSON boolean was expected' END AS BOOLEAN)`,
    `bq_json_string(j) AS CASE WHEN json_type(j) = 'VARCHAR' THEN json_extract_string(j,'$') ELSE CAST(CAST('a JSON string was expected' AS INTEGER) AS VARCHAR) END`,
    `bq_json_type(j) AS CASE json_type(j) WHEN 'OBJECT' THEN 'object' WHEN 'ARRAY' THEN 'array' WHEN 'VARCHAR' THEN 'string' WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null' WHEN NULL THEN NULL ELSE 'number' END`,
    `bq_parse_json(s) AS json(s)`,
    `bq_to_json(x) AS to_json(x)`,
    `bq_to_json_string(x) AS CASE WHEN regexp_matches(typeof(x), '\\b(TIMESTAMP|DOUBLE|FLOAT|DECIMAL|BLOB|INTERVAL|TIME)\\b') THEN CAST(CAST('TO_JSON_STRING of ' || typeof(x) || ' is written differently by BigQuery: CAST(x AS STRING) first' AS INTEGER) AS VARCHAR) ELSE CAST(to_json(x) AS VARCHAR) END`,

    // dates
    `bq_date_arg(x) AS CASE WHEN typeof(x) IN ('DATE', 'VARCHAR', '"NULL"') THEN CAST(x AS DATE) ELSE CAST('a DATE was expected, not ' || typeof(x) AS DATE) END`,
    `bq_timestamp_arg(x) AS CASE WHEN typeof(x) IN ('TIMESTAMP WITH TIME ZONE', '"NULL"') THEN CAST(x AS TIMESTAMPTZ) ELSE CAST('a TIMESTAMP was expected, not ' || typeof(x) AS TIMESTAMPTZ) END`,
    `bq_datetime_arg(x) AS CASE WHEN typeof(x) IN ('TIMESTAMP', 'DATE', 'VARCHAR', '"NULL"') THEN CAST(x AS TIMESTAMP) ELSE CAST('a DATETIME was expected, not ' || typeof(x) AS TIMESTAMP) END`,
    `bq_date_trunc_week(d, first) AS CAST(CAST(d AS DATE) - CAST((dayofweek(CAST(d AS DATE)) - first + 7) % 7 AS INTEGER) AS DATE)`,
    `bq_date_diff_week(a, b, first) AS date_diff('day', bq_date_trunc_week(b, first), bq_date_trunc_week(a, first)) // 7`,
    `bq_week(d, first) AS (date_diff('day', bq_date_trunc_week(date_trunc('year', d) + INTERVAL 6 DAY, first), CAST(d AS DATE)) + 7) // 7`,
    `bq_timestamp_trunc_tz(u, t, z) AS timezone(z, date_trunc(u, timezone(z, t)))`,
    `bq_timestamp_trunc_week(t, first) AS CAST(bq_date_trunc_week(CAST(t AS DATE), first) AS TIMESTAMPTZ)`,
    `bq_timestamp_trunc_week_tz(t, first, z) AS timezone(z, CAST(bq_date_trunc_week(CAST(timezone(z, t) AS DATE), first) AS TIMESTAMP))`,
    `bq_timestamp_diff(a, b, us) AS (epoch_us(a) - epoch_us(b)) // us`,
    `bq_unix_seconds(t) AS CAST(floor(epoch_us(t) / 1000000) AS BIGINT)`,
    `bq_unix_millis(t) AS CAST(floor(epoch_us(t) / 1000) AS BIGINT)`,
    `bq_dayofweek(d) AS dayofweek(d) + 1`,
    `bq_isoweek(d) AS weekofyear(d)`,
    `bq_timestamp(t) AS CAST(t AS TIMESTAMPTZ)`,

    // casts: BigQuery reads fewer spellings than DuckDB, and writes floats and fractions of seconds its own way
    `bq_hex(s) AS TRY_CAST(regexp_replace(trim(s), '^[+-]', '') AS BIGINT) * CASE WHEN trim(s) LIKE '-%' THEN -1 ELSE 1 END`,
    `bq_float_text(x) AS CASE WHEN x = 0 THEN '0' WHEN CAST(printf('%.15g', x) AS DOUBLE) = x THEN printf('%.15g', x) ELSE printf('%.17g', x) END`,
    `bq_time_text(s) AS regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(s, '^([^ tT]*)[tT]', '\\1 '), '[zZ]$', '+00'), ':60(\\D|$)', ':59\\1'), '([:.]\\d+)([+-])(\\d)(:\\d\\d)?$', '\\1\\20\\3\\4'), '([:.]\\d+[+-]\\d\\d)(\\d\\d)$', '\\1:\\2')`,
    `bq_leap(s) AS CASE WHEN regexp_matches(s, ':60(\\D|$)') THEN to_seconds(1) ELSE to_seconds(0) END`,
    `bq_fraction_text(t) AS regexp_replace(regexp_replace(regexp_replace(regexp_replace(t, '\\.(\\d)(\\+.*)?$', '.\\100\\2'), '\\.(\\d\\d)(\\+.*)?$', '.\\10\\2'), '\\.(\\d{4})(\\+.*)?$', '.\\100\\2'), '\\.(\\d{5})(\\+.*)?$', '.\\10\\2')`,
    `bq_to_string(x) AS CASE WHEN typeof(x) IN ('DOUBLE','FLOAT') THEN bq_float_text(TRY_CAST(x AS DOUBLE)) WHEN typeof(x) LIKE 'DECIMAL%' THEN regexp_replace(regexp_replace(CAST(x AS VARCHAR), '(\\.\\d*?)0+$', '\\1'), '\\.$', '') WHEN typeof(x) LIKE 'TIMESTAMP%' THEN bq_fraction_text(CAST(x AS VARCHAR)) WHEN typeof(x) = 'BLOB' THEN decode(TRY_CAST(x AS BLOB)) ELSE CAST(x AS VARCHAR) END`,
    `bq_try_int64(x) AS CASE WHEN typeof(x) IN ('DOUBLE','FLOAT') OR typeof(x) LIKE 'DECIMAL%' THEN TRY_CAST(round(TRY_CAST(x AS DOUBLE)) AS BIGINT) WHEN typeof(x) = 'VARCHAR' THEN CASE WHEN regexp_matches(CAST(x AS VARCHAR), '^\\s*[+-]?\\d+\\s*$') THEN TRY_CAST(trim(CAST(x AS VARCHAR)) AS BIGINT) WHEN regexp_matches(CAST(x AS VARCHAR), '^\\s*[+-]?0[xX][0-9a-fA-F]+\\s*$') THEN bq_hex(CAST(x AS VARCHAR)) END ELSE TRY_CAST(x AS BIGINT) END`,
    `bq_to_int64(x) AS CASE WHEN typeof(x) IN ('DOUBLE','FLOAT') OR typeof(x) LIKE 'DECIMAL%' THEN CAST(round(TRY_CAST(x AS DOUBLE)) AS BIGINT) WHEN typeof(x) = 'VARCHAR' THEN CASE WHEN x IS NULL THEN NULL ELSE coalesce(bq_try_int64(x), CAST('not an INT64: ' || CAST(x AS VARCHAR) AS BIGINT)) END ELSE CAST(x AS BIGINT) END`,
    `bq_to_float64(x) AS CASE WHEN typeof(x) = 'VARCHAR' THEN CASE WHEN x IS NULL THEN NULL ELSE coalesce(bq_try_float64(x), CAST('not a FLOAT64: ' || CAST(x AS VARCHAR) AS DOUBLE)) END ELSE CAST(x AS DOUBLE) END`,
    `bq_try_float64(x) AS CASE WHEN typeof(x) = 'VARCHAR' THEN CASE WHEN regexp_matches(CAST(x AS VARCHAR), '^\\s*[+-]?((\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?|[iI][nN][fF]([iI][nN][iI][tT][yY])?|[nN][aA][nN])\\s*$') THEN TRY_CAST(trim(CAST(x AS VARCHAR)) AS DOUBLE) WHEN regexp_matches(CAST(x AS VARCHAR), '^\\s*[+-]?0[xX][0-9a-fA-F]+\\s*$') THEN CAST(bq_hex(CAST(x AS VARCHAR)) AS DOUBLE) END ELSE TRY_CAST(x AS DOUBLE) END`,
    `bq_to_numeric(x) AS CASE WHEN typeof(x) = 'VARCHAR' THEN CASE WHEN x IS NULL THEN NULL ELSE coalesce(bq_try_numeric(x), CAST('not a NUMERIC: ' || CAST(x AS VARCHAR) AS DECIMAL(38,9))) END ELSE CAST(x AS DECIMAL(38,9)) END`,
    `bq_try_numeric(x) AS CASE WHEN typeof(x) = 'VARCHAR' THEN CASE WHEN regexp_matches(CAST(x AS VARCHAR), '^\\s*[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?\\s*$') THEN TRY_CAST(trim(CAST(x AS VARCHAR)) AS DECIMAL(38,9)) END ELSE TRY_CAST(x AS DECIMAL(38,9)) END`,
    `bq_try_bool(x) AS CASE WHEN typeof(x) = 'VARCHAR' THEN CASE lower(CAST(x AS VARCHAR)) WHEN 'true' THEN true WHEN 'false' THEN false END ELSE TRY_CAST(x AS BOOLEAN) END`,
    `bq_to_bool(x) AS CASE WHEN typeof(x) = 'VARCHAR' THEN CASE WHEN x IS NULL THEN NULL WHEN lower(CAST(x AS VARCHAR)) = 'true' THEN true WHEN lower(CAST(x AS VARCHAR)) = 'false' THEN false ELSE CAST('not a BOOL: ' || CAST(x AS VARCHAR) AS BOOLEAN) END ELSE CAST(x AS BOOLEAN) END`,
    `bq_to_date(x) AS CASE WHEN typeof(x) = 'VARCHAR' THEN CASE WHEN x IS NULL THEN NULL ELSE coalesce(bq_try_date(x), CAST('not a DATE: ' || CAST(x AS VARCHAR) AS DATE)) END ELSE CAST(x AS DATE) END`,
    `bq_try_date(x) AS CASE WHEN typeof(x) = 'VARCHAR' THEN CASE WHEN regexp_matches(CAST(x AS VARCHAR), '^\\d{4}-\\d{1,2}-\\d{1,2}$') THEN TRY_CAST(CAST(x AS VARCHAR) AS DATE) END ELSE TRY_CAST(x AS DATE) END`,
    `bq_to_datetime(x) AS CASE WHEN typeof(x) = 'VARCHAR' THEN CASE WHEN x IS NULL THEN NULL ELSE coalesce(bq_try_datetime(x), CAST('not a DATETIME: ' || CAST(x AS VARCHAR) AS TIMESTAMP)) END ELSE CAST(x AS TIMESTAMP) END`,
    `bq_try_datetime(x) AS CASE WHEN typeof(x) = 'VARCHAR' THEN CASE WHEN regexp_matches(CAST(x AS VARCHAR), '^\\d{4}-\\d{1,2}-\\d{1,2}([ Tt]([01]?\\d|2[0-3]):[0-5]?\\d:([0-5]?\\d|60)(\\.\\d{1,6})?)?$') THEN TRY_CAST(bq_time_text(CAST(x AS VARCHAR)) AS TIMESTAMP) + bq_leap(CAST(x AS VARCHAR)) END ELSE TRY_CAST(x AS TIMESTAMP) END`,
    `bq_to_timestamp(x) AS CASE WHEN typeof(x) = 'VARCHAR' THEN CASE WHEN x IS NULL THEN NULL ELSE coalesce(bq_try_timestamp(x), CAST('not a TIMESTAMP: ' || CAST(x AS VARCHAR) AS TIMESTAMPTZ)) END ELSE CAST(x AS TIMESTAMPTZ) END`,
    `bq_try_timestamp(x) AS CASE WHEN typeof(x) = 'VARCHAR' THEN CASE WHEN regexp_matches(CAST(x AS VARCHAR), '^\\d{4}-\\d{1,2}-\\d{1,2}([ Tt]([01]?\\d|2[0-3]):[0-5]?\\d:([0-5]?\\d|60)(\\.\\d{1,6})?)?([zZ]|[+-](0?\\d|1[0-3])(:?[0-5]\\d)?|[+-]14(:?00)?| UTC| [A-Za-z_]+/[A-Za-z_/+-]+)?$') THEN TRY_CAST(bq_time_text(CAST(x AS VARCHAR)) AS TIMESTAMPTZ) + bq_leap(CAST(x AS VARCHAR)) END ELSE TRY_CAST(x AS TIMESTAMPTZ) END`,
    `bq_to_bytes(x) AS encode(x)`,

    // numbers
    `bq_sign(x) AS CASE WHEN x IS NULL THEN x ELSE sign(x) END`,
    `bq_round_float(x, n) AS CASE WHEN n >= 0 AND n < 16 AND abs(x) < 1e15 AND abs(abs(x * pow(10, n)) - floor(abs(x * pow(10, n))) - 0.5) < 1e-3 THEN bq_round_exact(printf('%.30f', abs(x)), n) * sign(x) ELSE round(x, n) END`,
    `bq_round_exact(t, n) AS (CAST(replace(t[:strpos(t, '.') + n], '.', '') AS BIGINT) + CASE WHEN t[strpos(t, '.') + n + 1] >= '5' THEN 1 ELSE 0 END) / pow(10, n)`,
    `bq_trunc(x) AS trunc(CAST(x AS DOUBLE))`,
    `bq_round(x) AS round(CAST(x AS DOUBLE))`,
    `bq_round2(x, n) AS CASE WHEN typeof(x) LIKE 'DECIMAL%' THEN round(x, CAST(n AS INTEGER)) ELSE bq_round_float(CAST(x AS DOUBLE), CAST(n AS INTEGER)) END`,
    `bq_trunc2(x, n) AS trunc(x, CAST(n AS INTEGER))`,
    `bq_mod(a, b) AS CASE WHEN b = 0 THEN CAST('division by zero: MOD' AS BIGINT) ELSE a % b END`,
    `bq_div(a, b) AS CASE WHEN b = 0 THEN CAST('division by zero: DIV' AS BIGINT) ELSE CAST(a // b AS BIGINT) END`,
    `bq_divide(a, b) AS CASE WHEN typeof(a) LIKE 'DECIMAL%' AND typeof(b) NOT IN ('DOUBLE', 'FLOAT') OR typeof(b) LIKE 'DECIMAL%' AND typeof(a) NOT IN ('DOUBLE', 'FLOAT') THEN round(CAST(a AS DOUBLE) / b, 9) ELSE CAST(a AS DOUBLE) / b END`,
    `bq_safe_divide(a, b) AS CASE WHEN b = 0 THEN NULL ELSE bq_divide(a, b) END`,
    `bq_times(a, b) AS CASE WHEN typeof(a) LIKE 'DECIMAL%' AND typeof(b) LIKE 'DECIMAL%' THEN CAST('NUMERIC times NUMERIC keeps other decimals in BigQuery: CAST(x AS FLOAT64) first' AS INTEGER) ELSE a * b END`,
    `bq_minus(a, b) AS CASE WHEN typeof(a) IN ('DATE', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE') AND typeof(a) = typeof(b) THEN CAST('a date minus a date is an INTERVAL in BigQuery: use DATE_DIFF or TIMESTAMP_DIFF' AS INTEGER) ELSE a - b END`,
    `bq_sum(s) AS CASE WHEN typeof(s) = 'HUGEINT' THEN CAST(s AS BIGINT) ELSE s END`,
    `bq_avg(a, type) AS CASE WHEN type LIKE 'DECIMAL%' THEN round(a, 9) ELSE a END`,

    // text
    `bq_trim(s) AS trim(s, E' \\t\\n\\x0B\\f\\r\u0085\u00A0\u2028\u2029\u3000')`,
    `bq_ltrim(s) AS ltrim(s, E' \\t\\n\\x0B\\f\\r\u0085\u00A0\u2028\u2029\u3000')`,
    `bq_rtrim(s) AS rtrim(s, E' \\t\\n\\x0B\\f\\r\u0085\u00A0\u2028\u2029\u3000')`,
    `bq_lpad(s, n, p) AS lpad(s, CAST(n AS INTEGER), p)`,
    `bq_rpad(s, n, p) AS rpad(s, CAST(n AS INTEGER), p)`,
    `bq_left(s, n) AS substr(s, 1, n)`,
    `bq_right(s, n) AS CASE WHEN n >= length(s) THEN s ELSE substr(s, length(s) - n + 1) END`,
    `bq_reverse(s) AS reverse(s)`,
    `bq_split(s, d := ',') AS string_split(s, d)`,
    `bq_pos(s, p) AS CASE WHEN p < 0 THEN greatest(length(s) + p + 1, 1) WHEN p = 0 THEN 1 ELSE p END`,
    `bq_substr2(s, p) AS substr(s, bq_pos(s, p))`,
    `bq_substr3(s, p, n) AS substr(s, bq_pos(s, p), n)`,
    `bq_regexp_extract(s, r) AS CASE WHEN regexp_matches(s, r) THEN regexp_extract(s, r, 0) END`,
    `bq_regexp_extract1(s, r) AS CASE WHEN regexp_matches(s, r) THEN regexp_extract(s, r, 1) END`,
    `bq_regexp_replace(s, r, t) AS regexp_replace(s, r, t, 'g')`,

    // arrays
    `bq_offset(a, n) AS CASE WHEN n < 0 OR n >= len(a) THEN a[CAST('array index ' || n || ' out of bounds' AS BIGINT)] ELSE a[n + 1] END`,
    `bq_safe_offset(a, n) AS CASE WHEN n >= 0 THEN a[n + 1] END`,
    `bq_ordinal(a, n) AS bq_offset(a, n - 1)`,
    `bq_safe_ordinal(a, n) AS bq_safe_offset(a, n - 1)`,
    `bq_last(a) AS CASE WHEN len(a) = 0 THEN a[CAST('the array is empty' AS BIGINT)] ELSE a[-1] END`,
    `bq_in(x, a) AS CASE WHEN a IS NULL OR len(a) = 0 THEN false WHEN x IS NULL THEN NULL WHEN list_contains(a, x) THEN true WHEN list_count(a) < len(a) THEN NULL ELSE false END`,
    `bq_array_to_string(a, s, n) AS array_to_string(list_transform(a, lambda e: coalesce(e, n)), s)`,
    `bq_array_concat(a, b) AS CASE WHEN a IS NULL OR b IS NULL THEN NULL ELSE list_concat(a, b) END`,
    `bq_generate_array(a, b, s) AS generate_series(a, b, s)`,
  ].map((macro) => `CREATE OR REPLACE MACRO ${macro}`),
];
