import { numberMacros } from "./number-macros.sql.ts";

/**
 * What BigQuery's functions do where DuckDB's differ; the rewrite of `packages/transform` calls them. Each is one statement, installed in
 * the database's main schema at each opening, so a changed text takes effect with the next start.
 *
 * Two habits keep them fast and usable: `typeof` of an argument is a constant for the optimiser, so its CASE costs nothing; and what must
 * raise does so by a cast that fails (`CAST('… is not a BOOL' AS BOOLEAN)`) rather than by `error()`, which DuckDB takes for volatile and
 * refuses inside TRY. A macro stands after those it calls, and a call stands in its text as often as its parameter: where calls nest, what
 * names one often takes it through a lambda, once; the rewrite sees to that (`once.ts`) for those whose common case should not pay for one.
 */
export const duckdbMacros: readonly string[] = [
  ...[
    ...numberMacros,

    // casts: BigQuery reads fewer spellings than DuckDB, and writes floats and fractions of seconds its own way
    `bq_hex(s) AS TRY_CAST(regexp_replace(trim(s), '^[+-]', '') AS BIGINT) * CASE WHEN trim(s) LIKE '-%' THEN -1 ELSE 1 END`,
    `bq_float_text(x) AS CASE WHEN x = 0 THEN '0' WHEN CAST(printf('%.15g', x) AS DOUBLE) = x THEN printf('%.15g', x) ELSE printf('%.17g', x) END`,
    `bq_time_text(s) AS regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(s, '^([^ tT]*)[tT]', '\\1 '), '[zZ]$', '+00'), ':60(\\D|$)', ':59\\1'), '([:.]\\d+)([+-])(\\d)(:\\d\\d)?$', '\\1\\20\\3\\4'), '([:.]\\d+[+-]\\d\\d)(\\d\\d)$', '\\1:\\2')`,
    `bq_leap(s) AS CASE WHEN regexp_matches(s, ':60(\\D|$)') THEN to_seconds(1) ELSE to_seconds(0) END`,
    `bq_fraction_text(t) AS regexp_replace(regexp_replace(regexp_replace(regexp_replace(t, '\\.(\\d)(\\+.*)?$', '.\\100\\2'), '\\.(\\d\\d)(\\+.*)?$', '.\\10\\2'), '\\.(\\d{4})(\\+.*)?$', '.\\100\\2'), '\\.(\\d{5})(\\+.*)?$', '.\\10\\2')`,
    `bq_to_string(x) AS CASE WHEN typeof(x) IN ('DOUBLE','FLOAT') THEN bq_float_text(TRY_CAST(x AS DOUBLE)) WHEN typeof(x) LIKE 'DECIMAL%' THEN regexp_replace(regexp_replace(CAST(x AS VARCHAR), '(\\.\\d*?)0+$', '\\1'), '\\.$', '') WHEN typeof(x) LIKE 'TIMESTAMP%' THEN bq_fraction_text(CAST(x AS VARCHAR)) WHEN typeof(x) = 'BLOB' THEN decode(TRY_CAST(x AS BLOB)) ELSE CAST(x AS VARCHAR) END`,
    `bq_try_int64(x) AS CASE WHEN typeof(x) IN ('DOUBLE','FLOAT') THEN TRY_CAST(round(TRY_CAST(x AS DOUBLE)) AS BIGINT) WHEN typeof(x) = 'VARCHAR' THEN CASE WHEN regexp_matches(CAST(x AS VARCHAR), '^\\s*[+-]?\\d+\\s*$') THEN TRY_CAST(trim(CAST(x AS VARCHAR)) AS BIGINT) WHEN regexp_matches(CAST(x AS VARCHAR), '^\\s*[+-]?0[xX][0-9a-fA-F]+\\s*$') THEN bq_hex(CAST(x AS VARCHAR)) END ELSE TRY_CAST(x AS BIGINT) END`,
    `bq_to_int64(x) AS CASE WHEN typeof(x) IN ('DOUBLE','FLOAT') THEN CAST(round(TRY_CAST(x AS DOUBLE)) AS BIGINT) WHEN typeof(x) = 'VARCHAR' THEN CASE WHEN x IS NULL THEN NULL ELSE coalesce(bq_try_int64(x), CAST('not an INT64: ' || CAST(x AS VARCHAR) AS BIGINT)) END ELSE CAST(x AS BIGINT) END`,
    `bq_try_float64(x) AS CASE WHEN typeof(x) = 'VARCHAR' THEN CASE WHEN regexp_matches(CAST(x AS VARCHAR), '^\\s*[+-]?((\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?|[iI][nN][fF]([iI][nN][iI][tT][yY])?|[nN][aA][nN])\\s*$') THEN TRY_CAST(trim(CAST(x AS VARCHAR)) AS DOUBLE) WHEN regexp_matches(CAST(x AS VARCHAR), '^\\s*[+-]?0[xX][0-9a-fA-F]+\\s*$') THEN CAST(bq_hex(CAST(x AS VARCHAR)) AS DOUBLE) END ELSE TRY_CAST(x AS DOUBLE) END`,
    `bq_to_float64(x) AS CASE WHEN typeof(x) = 'VARCHAR' THEN CASE WHEN x IS NULL THEN NULL ELSE coalesce(bq_try_float64(x), CAST('not a FLOAT64: ' || CAST(x AS VARCHAR) AS DOUBLE)) END ELSE CAST(x AS DOUBLE) END`,
    // Text that fits into 64 bits is read through them: read as DECIMAL(38,9) at once it takes a hundred times as long.
    `bq_try_text_numeric(x) AS CASE WHEN typeof(x) = 'VARCHAR' THEN CASE WHEN regexp_matches(CAST(x AS VARCHAR), '^[+-]?\\d{1,9}(\\.\\d{1,9})?$') THEN CAST(TRY_CAST(CAST(x AS VARCHAR) AS DECIMAL(18,9)) AS DECIMAL(38,9)) WHEN regexp_matches(CAST(x AS VARCHAR), '^\\s*[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?\\s*$') THEN TRY_CAST(trim(CAST(x AS VARCHAR)) AS DECIMAL(38,9)) END ELSE TRY_CAST(x AS DECIMAL(38,9)) END`,
    `bq_text_numeric(x) AS CASE WHEN typeof(x) = 'VARCHAR' THEN CASE WHEN x IS NULL THEN NULL ELSE coalesce(bq_try_text_numeric(x), CAST('not a NUMERIC: ' || CAST(x AS VARCHAR) AS DECIMAL(38,9))) END ELSE CAST(x AS DECIMAL(38,9)) END`,
    ...(["try", "to"] as const).flatMap((how) => {
      const [float, text] =
        how === "try"
          ? ["bq_try_float_numeric", "bq_try_text_numeric"]
          : ["bq_float_numeric", "bq_text_numeric"];
      const macro = (name: string, ofFloat: string) =>
        `bq_${how}_${name}(x) AS CASE WHEN typeof(x) IN ('DOUBLE','FLOAT') THEN ${ofFloat} ELSE ${text}(x) END`;
      return [
        macro("numeric", `${float}(TRY_CAST(x AS DOUBLE))`),
        macro("numeric_once", `list_transform([TRY_CAST(x AS DOUBLE)], lambda v: ${float}(v))[1]`),
      ];
    }),
    `bq_try_bool(x) AS CASE WHEN typeof(x) = 'VARCHAR' THEN CASE lower(CAST(x AS VARCHAR)) WHEN 'true' THEN true WHEN 'false' THEN false END ELSE TRY_CAST(x AS BOOLEAN) END`,
    `bq_to_bool(x) AS CASE WHEN typeof(x) = 'VARCHAR' THEN CASE WHEN x IS NULL THEN NULL WHEN lower(CAST(x AS VARCHAR)) = 'true' THEN true WHEN lower(CAST(x AS VARCHAR)) = 'false' THEN false ELSE CAST('not a BOOL: ' || CAST(x AS VARCHAR) AS BOOLEAN) END ELSE CAST(x AS BOOLEAN) END`,
    `bq_try_date(x) AS CASE WHEN typeof(x) = 'VARCHAR' THEN CASE WHEN regexp_matches(CAST(x AS VARCHAR), '^\\d{4}-\\d{1,2}-\\d{1,2}$') THEN TRY_CAST(CAST(x AS VARCHAR) AS DATE) END ELSE TRY_CAST(x AS DATE) END`,
    `bq_to_date(x) AS CASE WHEN typeof(x) = 'VARCHAR' THEN CASE WHEN x IS NULL THEN NULL ELSE coalesce(bq_try_date(x), CAST('not a DATE: ' || CAST(x AS VARCHAR) AS DATE)) END ELSE CAST(x AS DATE) END`,
    `bq_try_datetime(x) AS CASE WHEN typeof(x) = 'VARCHAR' THEN CASE WHEN regexp_matches(CAST(x AS VARCHAR), '^\\d{4}-\\d{2}-\\d{2}([ T]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,6})?)?$') THEN TRY_CAST(x AS TIMESTAMP) WHEN regexp_matches(CAST(x AS VARCHAR), '^\\d{4}-\\d{1,2}-\\d{1,2}([ Tt]([01]?\\d|2[0-3]):[0-5]?\\d:([0-5]?\\d|60)(\\.\\d{1,6})?)?$') THEN TRY_CAST(bq_time_text(CAST(x AS VARCHAR)) AS TIMESTAMP) + bq_leap(CAST(x AS VARCHAR)) END ELSE TRY_CAST(x AS TIMESTAMP) END`,
    `bq_to_datetime(x) AS CASE WHEN typeof(x) = 'VARCHAR' THEN CASE WHEN x IS NULL THEN NULL ELSE coalesce(bq_try_datetime(x), CAST('not a DATETIME: ' || CAST(x AS VARCHAR) AS TIMESTAMP)) END ELSE CAST(x AS TIMESTAMP) END`,
    `bq_try_timestamp(x) AS CASE WHEN typeof(x) = 'VARCHAR' THEN CASE WHEN regexp_matches(CAST(x AS VARCHAR), '^\\d{4}-\\d{2}-\\d{2}([ T]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,6})?)?([zZ]|[+-](0\\d|1[0-3])(:[0-5]\\d)?)?$') THEN TRY_CAST(x AS TIMESTAMPTZ) WHEN regexp_matches(CAST(x AS VARCHAR), '^\\d{4}-\\d{1,2}-\\d{1,2}([ Tt]([01]?\\d|2[0-3]):[0-5]?\\d:([0-5]?\\d|60)(\\.\\d{1,6})?)?([zZ]|[+-](0?\\d|1[0-3])(:?[0-5]\\d)?|[+-]14(:?00)?| UTC| [A-Za-z_]+/[A-Za-z_/+-]+)?$') THEN TRY_CAST(bq_time_text(CAST(x AS VARCHAR)) AS TIMESTAMPTZ) + bq_leap(CAST(x AS VARCHAR)) END ELSE TRY_CAST(x AS TIMESTAMPTZ) END`,
    `bq_to_timestamp(x) AS CASE WHEN typeof(x) = 'VARCHAR' THEN CASE WHEN x IS NULL THEN NULL ELSE coalesce(bq_try_timestamp(x), CAST('not a TIMESTAMP: ' || CAST(x AS VARCHAR) AS TIMESTAMPTZ)) END ELSE CAST(x AS TIMESTAMPTZ) END`,
    `bq_to_bytes(x) AS encode(x)`,

    // text
    `bq_trim(s) AS trim(s, E' \\t\\n\\x0B\\f\\r\u0085\u00A0\u2028\u2029\u3000')`,
    `bq_ltrim(s) AS ltrim(s, E' \\t\\n\\x0B\\f\\r\u0085\u00A0\u2028\u2029\u3000')`,
    `bq_rtrim(s) AS rtrim(s, E' \\t\\n\\x0B\\f\\r\u0085\u00A0\u2028\u2029\u3000')`,
    `bq_lpad(s, n, p) AS lpad(s, CAST(CASE WHEN n < 0 THEN CAST('LPAD: the length is negative' AS BIGINT) ELSE n END AS INTEGER), p)`,
    `bq_rpad(s, n, p) AS rpad(s, CAST(CASE WHEN n < 0 THEN CAST('RPAD: the length is negative' AS BIGINT) ELSE n END AS INTEGER), p)`,
    `bq_left(s, n) AS substr(s, 1, CASE WHEN n < 0 THEN CAST('LEFT: the length is negative' AS BIGINT) ELSE n END)`,
    `bq_right(s, n) AS CASE WHEN CASE WHEN n < 0 THEN CAST('RIGHT: the length is negative' AS BIGINT) ELSE n END >= length(s) THEN s ELSE substr(s, length(s) - n + 1) END`,
    `bq_reverse(s) AS array_to_string(list_reverse(regexp_extract_all(s, '(?s).')), '')`,
    `bq_repeat(s, n) AS repeat(s, CASE WHEN n < 0 THEN CAST('REPEAT: the length is negative' AS BIGINT) ELSE n END)`,
    `bq_ascii(s) AS CASE WHEN ascii(s) > 127 THEN CAST('ASCII: not an ASCII text: ' || s AS BIGINT) ELSE CAST(ascii(s) AS BIGINT) END`,
    `bq_unicode(s) AS CASE WHEN s = '' THEN 0 ELSE CAST(unicode(s) AS BIGINT) END`,
    `bq_print(x, places) AS CAST(CASE WHEN typeof(x) LIKE 'DECIMAL%' THEN CAST(round(x, places) AS DOUBLE) ELSE CAST(x AS DOUBLE) END AS DOUBLE)`,
    `bq_upper(s) AS upper(replace(s, 'ß', 'SS'))`,
    `bq_split(s, d := ',') AS CASE WHEN d IS NULL THEN NULL ELSE string_split(s, d) END`,
    `bq_pos(s, p) AS CASE WHEN p < 0 THEN greatest(length(s) + p + 1, 1) WHEN p = 0 THEN 1 ELSE p END`,
    `bq_substr2(s, p) AS substr(s, bq_pos(s, p))`,
    `bq_substr3(s, p, n) AS substr(s, bq_pos(s, p), CASE WHEN n < 0 THEN CAST('SUBSTR: the length is negative' AS BIGINT) ELSE n END)`,
    `bq_regexp_extract(s, r) AS CASE WHEN regexp_matches(s, r) THEN regexp_extract(s, r, 0) END`,
    `bq_regexp_extract1(s, r) AS CASE WHEN regexp_matches(s, r) THEN regexp_extract(s, r, 1) END`,
    `bq_regexp_replace(s, r, t) AS regexp_replace(s, r, t, 'g')`,

    // dates: BigQuery's calendar ends with the years 1 and 9999
    `bq_date_within(d) AS list_transform([d], lambda x: CASE WHEN x < DATE '0001-01-01' OR x > DATE '9999-12-31' THEN CAST('beyond the years 1 to 9999: ' || CAST(x AS VARCHAR) AS DATE) ELSE x END)[1]`,
    `bq_datetime_within(t) AS list_transform([t], lambda x: CASE WHEN x < TIMESTAMP '0001-01-01 00:00:00' OR x >= TIMESTAMP '10000-01-01 00:00:00' THEN CAST('beyond the years 1 to 9999: ' || CAST(x AS VARCHAR) AS TIMESTAMP) ELSE x END)[1]`,
    `bq_timestamp_within(t) AS list_transform([t], lambda x: CASE WHEN x < TIMESTAMPTZ '0001-01-01 00:00:00+00' OR x >= TIMESTAMPTZ '10000-01-01 00:00:00+00' THEN CAST('beyond the years 1 to 9999: ' || CAST(x AS VARCHAR) AS TIMESTAMPTZ) ELSE x END)[1]`,
    `bq_within(t) AS list_transform([t], lambda x: CASE WHEN CAST(x AS TIMESTAMP) < TIMESTAMP '0001-01-01 00:00:00' OR CAST(x AS TIMESTAMP) >= TIMESTAMP '10000-01-01 00:00:00' THEN cast_to_type(CAST('beyond the years 1 to 9999: ' || CAST(x AS VARCHAR) AS TIMESTAMP), x) ELSE x END)[1]`,
    `bq_make_datetime(y, mo, d, h, mi, s) AS bq_datetime_within(make_timestamp(y, mo, d, CASE WHEN h > 23 THEN CAST('not an hour: ' || h AS BIGINT) ELSE h END, mi, CAST(s AS DOUBLE)))`,
    `bq_date_arg(x) AS CASE WHEN typeof(x) IN ('DATE', 'VARCHAR', '"NULL"') THEN CAST(x AS DATE) ELSE CAST('a DATE was expected, not ' || typeof(x) AS DATE) END`,
    `bq_timestamp_arg(x) AS CASE WHEN typeof(x) IN ('TIMESTAMP WITH TIME ZONE', '"NULL"') THEN CAST(x AS TIMESTAMPTZ) ELSE CAST('a TIMESTAMP was expected, not ' || typeof(x) AS TIMESTAMPTZ) END`,
    `bq_datetime_arg(x) AS CASE WHEN typeof(x) IN ('TIMESTAMP', 'DATE', 'VARCHAR', '"NULL"') THEN CAST(x AS TIMESTAMP) ELSE CAST('a DATETIME was expected, not ' || typeof(x) AS TIMESTAMP) END`,
    `bq_date_trunc_week(d, first) AS CAST(CAST(d AS DATE) - CAST((dayofweek(CAST(d AS DATE)) - first + 7) % 7 AS INTEGER) AS DATE)`,
    `bq_date_diff_week(a, b, first) AS date_diff('day', bq_date_trunc_week(b, first), bq_date_trunc_week(a, first)) // 7`,
    `bq_week(d, first) AS (date_diff('day', bq_date_trunc_week(date_trunc('year', d) + INTERVAL 6 DAY, first), CAST(d AS DATE)) + 7) // 7`,
    `bq_from_local(d, z) AS CASE WHEN timezone(z, timezone(z, d) - INTERVAL 1 HOUR) = d THEN timezone(z, d) - INTERVAL 1 HOUR ELSE timezone(z, d) END`,
    `bq_timestamp_trunc_tz(u, t, z) AS bq_from_local(date_trunc(u, timezone(z, t)), z)`,
    `bq_timestamp_trunc_clock(u, t, z) AS t - (timezone(z, t) - date_trunc(u, timezone(z, t)))`,
    `bq_timestamp_trunc_week(t, first) AS CAST(bq_date_trunc_week(CAST(t AS DATE), first) AS TIMESTAMPTZ)`,
    `bq_timestamp_trunc_week_tz(t, first, z) AS bq_from_local(CAST(bq_date_trunc_week(CAST(timezone(z, t) AS DATE), first) AS TIMESTAMP), z)`,
    `bq_timestamp_diff(a, b, us) AS (epoch_us(a) - epoch_us(b)) // us`,
    `bq_unix_seconds(t) AS CAST(floor(epoch_us(t) / 1000000) AS BIGINT)`,
    `bq_unix_millis(t) AS CAST(floor(epoch_us(t) / 1000) AS BIGINT)`,
    `bq_dayofweek(d) AS dayofweek(d) + 1`,
    `bq_isoweek(d) AS weekofyear(d)`,
    `bq_timestamp(t) AS CAST(t AS TIMESTAMPTZ)`,

    // json: text or JSON in
    `bq_json_value(j, p := '$') AS json_extract_string(json_value(TRY_CAST(j AS JSON), p), '$')`,
    `bq_json_query(j, p := '$') AS CASE WHEN typeof(j) = 'VARCHAR' AND json_type(TRY_CAST(j AS JSON), p) = 'NULL' THEN NULL ELSE json_extract(TRY_CAST(j AS JSON), p) END`,
    `bq_json_value_array(j, p := '$') AS CASE WHEN json_type(TRY_CAST(j AS JSON), p) = 'ARRAY' AND len(list_filter(CAST(json_extract(TRY_CAST(j AS JSON), p) AS JSON[]), lambda e: json_type(e) IN ('OBJECT', 'ARRAY'))) = 0 THEN list_transform(CAST(json_extract(TRY_CAST(j AS JSON), p) AS JSON[]), lambda e: json_extract_string(json_value(e, '$'), '$')) END`,
    `bq_json_query_array(j, p := '$') AS CASE WHEN json_type(TRY_CAST(j AS JSON), p) = 'ARRAY' THEN list_transform(CAST(json_extract(TRY_CAST(j AS JSON), p) AS JSON[]), lambda e: coalesce(e, CAST('null' AS JSON))) END`,
    `bq_lax_string(j) AS json_extract_string(json_value(j,'$'),'$')`,
    `bq_lax_int64(j) AS CASE json_type(j) WHEN 'BOOLEAN' THEN CASE WHEN bq_lax_string(j) = 'true' THEN 1 ELSE 0 END WHEN 'NULL' THEN NULL WHEN 'OBJECT' THEN NULL WHEN 'ARRAY' THEN NULL ELSE coalesce(TRY_CAST(CASE WHEN regexp_matches(bq_lax_string(j), '^[+-]?\\d+$') THEN bq_lax_string(j) END AS BIGINT), TRY_CAST(round(TRY_CAST(bq_lax_string(j) AS DOUBLE)) AS BIGINT)) END`,
    `bq_lax_float64(j) AS CASE WHEN json_type(j) IN ('BIGINT','UBIGINT','DOUBLE','VARCHAR') THEN TRY_CAST(bq_lax_string(j) AS DOUBLE) END`,
    `bq_lax_bool(j) AS CASE json_type(j) WHEN 'BOOLEAN' THEN bq_lax_string(j) = 'true' WHEN 'VARCHAR' THEN CASE lower(bq_lax_string(j)) WHEN 'true' THEN true WHEN 'false' THEN false END WHEN 'BIGINT' THEN bq_lax_string(j) <> '0' WHEN 'UBIGINT' THEN bq_lax_string(j) <> '0' WHEN 'DOUBLE' THEN TRY_CAST(bq_lax_string(j) AS DOUBLE) <> 0 END`,
    `bq_json_int64(j) AS CASE WHEN j IS NULL THEN NULL WHEN json_type(j) IN ('BIGINT','UBIGINT') THEN CAST(json_extract_string(j,'$') AS BIGINT) WHEN json_type(j) = 'DOUBLE' AND CAST(json_extract_string(j,'$') AS DOUBLE) = trunc(CAST(json_extract_string(j,'$') AS DOUBLE)) THEN CAST(CAST(json_extract_string(j,'$') AS DOUBLE) AS BIGINT) ELSE CAST('not an INT64: ' || CAST(j AS VARCHAR) AS BIGINT) END`,
    `bq_json_float64(j) AS CASE WHEN j IS NULL THEN NULL WHEN json_type(j) IN ('BIGINT','UBIGINT','DOUBLE') THEN CAST(json_extract_string(j,'$') AS DOUBLE) ELSE CAST('not a FLOAT64: ' || CAST(j AS VARCHAR) AS DOUBLE) END`,
    `bq_json_bool(j) AS CASE WHEN j IS NULL THEN NULL WHEN json_type(j) = 'BOOLEAN' THEN json_extract_string(j,'$') = 'true' ELSE CAST('not a BOOL: ' || CAST(j AS VARCHAR) AS BOOLEAN) END`,
    `bq_json_string(j) AS CASE WHEN j IS NULL THEN NULL WHEN json_type(j) = 'VARCHAR' THEN json_extract_string(j,'$') ELSE CAST(CAST('not a STRING: ' || CAST(j AS VARCHAR) AS INTEGER) AS VARCHAR) END`,
    `bq_json_type(j) AS CASE WHEN j IS NULL THEN NULL ELSE CASE json_type(j) WHEN 'OBJECT' THEN 'object' WHEN 'ARRAY' THEN 'array' WHEN 'VARCHAR' THEN 'string' WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null' ELSE 'number' END END`,
    `bq_parse_json(s) AS json(s)`,
    `bq_to_json(x) AS CASE WHEN x IS NULL THEN CAST('null' AS JSON) WHEN regexp_matches(typeof(x), '\\b(TIMESTAMP|DECIMAL|BLOB|INTERVAL|TIME)\\b') THEN CAST(CAST(CAST('TO_JSON of this ' || typeof(x) || ' is written differently by BigQuery: CAST its parts to STRING first' AS INTEGER) AS VARCHAR) AS JSON) ELSE to_json(x) END`,
    `bq_to_json_string(x) AS CASE WHEN x IS NULL THEN 'null' WHEN typeof(x) = 'DOUBLE' THEN bq_float_text(TRY_CAST(CAST(x AS VARCHAR) AS DOUBLE)) WHEN typeof(x) = 'JSON' AND contains(CAST(x AS VARCHAR), '{') OR regexp_matches(typeof(x), '\\b(TIMESTAMP|DOUBLE|FLOAT|DECIMAL|BLOB|INTERVAL|TIME|JSON)\\b') AND typeof(x) <> 'JSON' OR regexp_matches(CAST(to_json(x) AS VARCHAR), '(^|[:,\\[])-?\\d{16,}') THEN CAST(CAST('TO_JSON_STRING of this ' || typeof(x) || ' is written differently by BigQuery: CAST its parts to STRING first' AS INTEGER) AS VARCHAR) ELSE CAST(json(to_json(x)) AS VARCHAR) END`,

    // arrays
    `bq_offset(a, n) AS CASE WHEN n < 0 OR n >= len(a) THEN a[CAST('array index ' || n || ' out of bounds' AS BIGINT)] ELSE a[n + 1] END`,
    `bq_safe_offset(a, n) AS CASE WHEN n >= 0 THEN a[n + 1] END`,
    `bq_ordinal(a, n) AS bq_offset(a, n - 1)`,
    `bq_safe_ordinal(a, n) AS bq_safe_offset(a, n - 1)`,
    `bq_last(a) AS CASE WHEN len(a) = 0 THEN a[CAST('the array is empty' AS BIGINT)] ELSE a[-1] END`,
    `bq_in(x, a) AS CASE WHEN a IS NULL OR len(a) = 0 THEN false WHEN x IS NULL THEN NULL WHEN list_contains(a, x) THEN true WHEN list_count(a) < len(a) THEN NULL ELSE false END`,
    `bq_array_to_string(a, s, n) AS array_to_string(list_transform(a, lambda e: coalesce(e, n)), s)`,
    `bq_array_concat(a, b) AS CASE WHEN a IS NULL OR b IS NULL THEN NULL ELSE list_concat(a, b) END`,
    `bq_generate_array(a, b, s) AS generate_series(a, b, CASE WHEN s = 0 THEN CAST('the step of GENERATE_ARRAY is 0' AS BIGINT) ELSE s END)`,
  ].map((macro) => `CREATE OR REPLACE MACRO ${macro}`),
];
