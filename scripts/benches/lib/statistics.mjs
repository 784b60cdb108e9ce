/** The q-quantile (0 to 1) by the nearest rank; null of nothing. */
export function quantile(values, q) {
  if (values.length === 0)
    return null
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))]
}

export function round1(value) {
  return value === null || value === undefined ? null : Math.round(value * 10) / 10
}

/** `{n, p50Ms, p95Ms}` of measured milliseconds. */
export function summary(values) {
  return { n: values.length, p50Ms: round1(quantile(values, 0.5)), p95Ms: round1(quantile(values, 0.95)) }
}

/** The median of each field of objects of numbers. */
export function medians(objects) {
  const keys = [...new Set(objects.flatMap(object => Object.keys(object)))]
  return Object.fromEntries(keys.map(key => [key, round1(quantile(objects.map(object => object[key]).filter(value => value !== undefined), 0.5))]))
}
