/**
 * Arithmetic as BigQuery has it: NUMERIC to 29 digits before the point and nine after, rounded half away from zero, and casts and rounding of
 * FLOAT64 by its exact value. DuckDB keeps DECIMAL(38,9) in 128 bits, where a division takes half a microsecond, so each macro first asks
 * whether 64 bits or a DOUBLE answer for certain, and only else takes the long way. None of the first ways is a guess: a DOUBLE's product is
 * rounded, but cannot pass a half that it does not hit.
 *
 * `…_once` is the same for an argument that should not stand in the text several times: a lambda takes it, which costs some 50 ns.
 * Types are asked outside of it, where that is free.
 *
 * `cast_to_type` gives every branch of a CASE the type that BigQuery's answer has; a NULL that stands in the text has none in sums.
 */
export const numberMacros: readonly string[] = [
  `bq_number(x) AS ceil(coalesce(x, 0)) + CAST(0 AS DECIMAL(38,9))`,
  // How far a DOUBLE within ±2⁵¹ (2.25 · 10¹⁵) is from the next whole number: a sum with 1.5 · 2⁵² has no room for decimals.
  `bq_off_whole(p) AS abs(p - ((p + 6755399441055744::DOUBLE) - 6755399441055744::DOUBLE))`,

  // FLOAT64 to NUMERIC. The long way takes the fraction times 10⁹ as two products that lose nothing (Dekker 1971: half of the bits at a time).
  `bq_high_bits(g) AS g * 134217729::DOUBLE - (g * 134217729::DOUBLE - g)`,
  `bq_billionths(g) AS floor(g * 1e9) + CASE WHEN (g - bq_high_bits(g)) * 1e9 >= floor(g * 1e9) + 0.5::DOUBLE - bq_high_bits(g) * 1e9 THEN 1::DOUBLE ELSE 0::DOUBLE END`,
  `bq_float_numeric_far(v) AS CAST(CAST(trunc(v) AS HUGEINT) AS DECIMAL(38,9)) + CAST(bq_billionths(abs(v - trunc(v))) * sign(v) AS DECIMAL(18,0)) * CAST(0.000000001 AS DECIMAL(9,9))`,
  `bq_float_numeric_or(v, otherwise) AS CASE WHEN v IS NULL THEN NULL WHEN v BETWEEN -2.25e6 AND 2.25e6 AND bq_off_whole(v * 1e9) < 0.4999::DOUBLE THEN CAST(v AS DECIMAL(38,9)) WHEN v BETWEEN -999999999 AND 999999999 AND bq_off_whole((v - trunc(v)) * 1e9) < 0.4999::DOUBLE THEN CAST(CAST(trunc(v) AS DECIMAL(18,9)) + CAST(v - trunc(v) AS DECIMAL(18,9)) AS DECIMAL(38,9)) WHEN v BETWEEN -1e29 AND 1e29 THEN bq_float_numeric_far(v) ELSE otherwise END`,
  `bq_float_numeric(v) AS bq_float_numeric_or(v, CAST('not a NUMERIC: ' || CAST(v AS VARCHAR) AS DECIMAL(38,9)))`,
  `bq_try_float_numeric(v) AS bq_float_numeric_or(v, CAST(NULL AS DECIMAL(38,9)))`,

  // parts of a NUMERIC: of one that fits into 64 bits, and the digits of any that is not negative as one whole number
  `bq_is_numeric(x) AS typeof(x) LIKE 'DECIMAL%'`,
  `bq_short(n) AS n BETWEEN -999999999 AND 999999999`,
  `bq_short_whole(n) AS CAST(trunc(CAST(n AS DECIMAL(18,9))) AS DECIMAL(9,0))`,
  `bq_short_fraction(n) AS CAST(CAST(n AS DECIMAL(18,9)) - trunc(CAST(n AS DECIMAL(18,9))) AS DECIMAL(9,9))`,
  `bq_fraction_digits(n) AS CAST((n - trunc(n)) * 1000000000 AS HUGEINT)`,
  `bq_digits(n) AS CASE WHEN n < 10000000000000000000 THEN CAST(n * 1000000000 AS HUGEINT) ELSE CAST(trunc(n) AS HUGEINT) * 1000000000 + bq_fraction_digits(n) END`,
  `bq_of_digits(d) AS CAST(d AS DECIMAL(38,0)) * CAST(0.000000001 AS DECIMAL(10,9))`,
  `bq_numeric(x) AS CAST(x AS DECIMAL(38,9))`,

  // products: part by part, of which only that of the two fractions is rounded
  `bq_times_short(a, b) AS bq_short_whole(a) * b + CAST(bq_short_fraction(a) * bq_short_whole(b) + CAST(bq_short_fraction(a) * bq_short_fraction(b) AS DECIMAL(18,9)) AS DECIMAL(38,9))`,
  `bq_times_parts(w, f, x, g) AS w * x * 1000000000 + w * g + f * x + (f * g + 500000000) // 1000000000`,
  `bq_times_far(a, b) AS bq_of_digits(list_transform([{'a': abs(a), 'b': abs(b)}], lambda p: bq_times_parts(CAST(trunc(p.a) AS HUGEINT), bq_fraction_digits(p.a), CAST(trunc(p.b) AS HUGEINT), bq_fraction_digits(p.b)))[1] * sign(a) * sign(b))`,
  `bq_times_numeric(a, b) AS CASE WHEN bq_short(a) AND bq_short(b) THEN bq_times_short(a, b) WHEN abs(CAST(a AS DOUBLE) * CAST(b AS DOUBLE)) < 9e19 THEN bq_numeric(a * b) ELSE bq_times_far(a, b) END`,
  `bq_times(a, b) AS CASE WHEN bq_is_numeric(a) AND bq_is_numeric(b) THEN cast_to_type(bq_times_numeric(bq_numeric(a), bq_numeric(b)), coalesce(a, 0) + coalesce(b, 0)) ELSE cast_to_type(a * b, coalesce(a, 0) + coalesce(b, 0)) END`,

  `bq_times_once(a, b) AS CASE WHEN bq_is_numeric(a) AND bq_is_numeric(b) THEN cast_to_type(list_transform([{'a': bq_numeric(a), 'b': bq_numeric(b)}], lambda p: bq_times_numeric(p.a, p.b))[1], coalesce(a, 0) + coalesce(b, 0)) ELSE cast_to_type(a * b, coalesce(a, 0) + coalesce(b, 0)) END`,

  // quotients: that of two DOUBLEs is off by at most 10⁻¹⁵ of itself
  `bq_quotient(a, b) AS CAST(a AS DOUBLE) / CAST(b AS DOUBLE)`,
  `bq_divide_digits(n, d) AS (n // d) * 1000000000 + ((n % d) * 1000000000) // d + CASE WHEN ((n % d) * 1000000000) % d >= d - ((n % d) * 1000000000) % d THEN 1 ELSE 0 END`,
  `bq_divide_far(a, b) AS bq_of_digits(list_transform([{'n': bq_digits(abs(a)), 'd': bq_digits(abs(b))}], lambda p: bq_divide_digits(p.n, p.d))[1] * sign(a) * sign(b))`,
  `bq_divide_numeric(a, b) AS CASE WHEN bq_off_whole(bq_quotient(a, b) * 1e9) + abs(bq_quotient(a, b)) * 1e-6 < 0.4999::DOUBLE THEN bq_numeric(bq_quotient(a, b)) ELSE bq_divide_far(bq_numeric(a), bq_numeric(b)) END`,
  `bq_divide(a, b) AS CASE WHEN bq_is_numeric(coalesce(a, 0) + coalesce(b, 0)) THEN cast_to_type(bq_divide_numeric(a, b), bq_number(coalesce(a, 0) + coalesce(b, 0))) ELSE cast_to_type(CAST(a AS DOUBLE) / b, bq_number(coalesce(a, 0) + coalesce(b, 0))) END`,
  `bq_safe_divide(a, b) AS CASE WHEN b = 0 THEN NULL ELSE bq_divide(a, b) END`,
  `bq_divide_once(a, b) AS CASE WHEN bq_is_numeric(coalesce(a, 0) + coalesce(b, 0)) THEN cast_to_type(list_transform([{'a': a, 'b': b}], lambda p: bq_divide_numeric(p.a, p.b))[1], bq_number(coalesce(a, 0) + coalesce(b, 0))) ELSE cast_to_type(CAST(a AS DOUBLE) / b, bq_number(coalesce(a, 0) + coalesce(b, 0))) END`,
  `bq_safe_divide_once(a, b) AS CASE WHEN b = 0 THEN NULL ELSE bq_divide_once(a, b) END`,
  `bq_scaled(x) AS CAST(bq_numeric(x) * 1000000000 AS HUGEINT)`,
  `bq_div(a, b) AS cast_to_type(CASE WHEN b = 0 THEN CAST('division by zero: DIV' AS BIGINT) WHEN bq_is_numeric(a) OR bq_is_numeric(b) THEN CAST(bq_scaled(a) // bq_scaled(b) AS BIGINT) ELSE CAST(a // b AS BIGINT) END, coalesce(a, 0) + coalesce(b, 0))`,
  `bq_mod(a, b) AS CASE WHEN b = 0 THEN CAST('division by zero: MOD' AS BIGINT) ELSE a % b END`,

  // rounding
  `bq_round_exact(t, n) AS (CAST(replace(t[:strpos(t, '.') + n], '.', '') AS BIGINT) + CASE WHEN t[strpos(t, '.') + n + 1] >= '5' THEN 1 ELSE 0 END) / pow(10, n)`,
  `bq_round_left(x, m) AS sign(x) * (abs(x) + CASE WHEN abs(x) % m >= m / 2 THEN m - abs(x) % m ELSE -(abs(x) % m) END)`,
  `bq_round_float_far(x, n) AS CASE WHEN NOT isfinite(x) THEN x WHEN n < 0 THEN bq_round_left(x, pow(10, -n)) WHEN abs(x) * pow(10, n) >= 9007199254740992::DOUBLE THEN x WHEN n <= 22 THEN bq_round_exact(printf('%.60f', abs(x)), n) * sign(x) ELSE round(x, n) END`,
  `bq_round_float(x, n) AS CASE WHEN n >= 0 AND x * pow(10, n) BETWEEN -2.25e15 AND 2.25e15 AND bq_off_whole(x * pow(10, n)) < 0.499::DOUBLE THEN round(x * pow(10, n)) / pow(10, n) ELSE bq_round_float_far(x, n) END`,
  `bq_round_numeric(x, n) AS CASE WHEN abs(x) < 1000000000 AND n >= 0 THEN bq_numeric(round(CAST(x AS DECIMAL(18,9)), n)) ELSE bq_numeric(round(x, n)) END`,
  `bq_round2(x, n) AS CASE WHEN bq_is_numeric(x) THEN cast_to_type(bq_round_numeric(x, CAST(n AS INTEGER)), bq_number(x)) ELSE cast_to_type(bq_round_float(CAST(x AS DOUBLE), CAST(n AS INTEGER)), bq_number(x)) END`,
  `bq_round2_once(x, n) AS CASE WHEN bq_is_numeric(x) THEN cast_to_type(list_transform([x], lambda v: bq_round_numeric(v, CAST(n AS INTEGER)))[1], bq_number(x)) ELSE cast_to_type(list_transform([CAST(x AS DOUBLE)], lambda v: bq_round_float(v, CAST(n AS INTEGER)))[1], bq_number(x)) END`,
  ...(["round", "trunc", "ceil", "floor"] as const).flatMap((name) => [
    `bq_${name}(x) AS cast_to_type(CASE WHEN bq_is_numeric(x) AND bq_short(x) THEN cast_to_type(${name}(CAST(x AS DECIMAL(18,9))), bq_number(x)) ELSE cast_to_type(${name}(x), bq_number(x)) END, bq_number(x))`,
    `bq_${name}_once(x) AS cast_to_type(${name}(x), bq_number(x))`,
  ]),
  `bq_trunc2(x, n) AS cast_to_type(trunc(x, CAST(n AS INTEGER)), bq_number(x))`,

  // the rest
  `bq_finite(r, a, b) AS CASE WHEN isfinite(r) THEN r WHEN isfinite(CAST(a AS DOUBLE)) AND isfinite(CAST(b AS DOUBLE)) THEN CAST('not a finite number' AS DOUBLE) ELSE r END`,
  `bq_finite_or_null(r, a, b) AS CASE WHEN isinf(CAST(r AS DOUBLE)) AND isfinite(CAST(a AS DOUBLE)) AND isfinite(CAST(b AS DOUBLE)) THEN NULL ELSE r END`,
  `bq_places(r, x) AS CASE WHEN bq_is_numeric(x) THEN round(r, 9) ELSE r END`,
  `bq_sign(x) AS CASE WHEN x IS NULL THEN x ELSE sign(x) END`,
  `bq_minus(a, b) AS CASE WHEN typeof(a) IN ('DATE', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE') AND typeof(a) = typeof(b) THEN CAST('a date minus a date is an INTERVAL in BigQuery: use DATE_DIFF or TIMESTAMP_DIFF' AS INTEGER) ELSE a - b END`,
  `bq_sum(s) AS CASE WHEN typeof(s) = 'HUGEINT' THEN CAST(s AS BIGINT) ELSE s END`,
  `bq_avg(a, type) AS CASE WHEN type LIKE 'DECIMAL%' THEN round(a, 9) ELSE a END`,
];
